/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFIG_SETTINGS_H
#define HOST_CONFIG_SETTINGS_H

/*
 * levada.conf: what the one who installs levada says, whatever pipeline files say. It is written as
 * they are:
 *
 *   plugin_dirs = [ "/usr/local/lib/levada/plugins" ];
 *   allow = { kafka_sink = { kafka = [ "client_id", "ssl_*" ]; }; };
 *
 * `allow` narrows an option with free names (a map) of a stage to the names that it lists; `*`
 * stands for any letters. What the names mean the stage alone knows, and what it refuses itself
 * stays refused.
 */

#include "config/options.h"

struct settings;

/* NULL: every mistake is in @problems. */
struct settings *settings_load(const char *path, struct problems *problems);
void settings_free(struct settings *settings); /* NULL is allowed, here and below: no settings */

/* Absolute paths, in the order of the file. */
const char *const *settings_plugin_dirs(const struct settings *settings, size_t *n);

/* A stage of a pipeline, as its file has it. */
struct settings_stage {
    const char *name, *plugin;
    const struct setting *options;
    const struct option_table *table; /* of the plugin */
};

/* Names of the stage's maps that are not allowed, and what levada.conf says of options that are no
 * maps, go to @problems. True without a new error. */
bool settings_check_stage(const struct settings *settings, const struct settings_stage *stage,
                          struct problems *problems);

#endif
