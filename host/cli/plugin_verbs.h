/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_PLUGIN_VERBS_H
#define HOST_CLI_PLUGIN_VERBS_H

/* `levada plugin list` and `levada plugin info`. Both return the exit code. */

#include <stdbool.h>

struct loader;

/*
 * One line a stage, by the notes of the files alone; files that cannot be used as warnings on
 * stderr, or with @json, one object a line, in the member "problem".
 */
int plugin_list(const struct loader *loader, bool json);

enum plugin_info_format {
    PLUGIN_INFO_TEXT,
    PLUGIN_INFO_JSON,
    PLUGIN_INFO_MARKDOWN,
};

/* The manual of a stage, from its descriptor and option rows. Loads its module. */
int plugin_info(struct loader *loader, const char *name, enum plugin_info_format format);

#endif
