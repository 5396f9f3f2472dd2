/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_ARGUMENTS_H
#define HOST_CLI_ARGUMENTS_H

/* Command line arguments, read once: a verb, its options, its operands. */

#include "config/config.h"
#include "log/log.h"

#include <stdbool.h>
#include <stddef.h>

struct verb;

struct arguments {
    const struct verb *verb;
    const char *group; /* the first word of verbs of two, such as "plugin", where it stands alone */
    char **operands;
    size_t n_operands;
    struct config_override *overrides; /* --set */
    size_t n_overrides;
    const char **plugin_dirs; /* --plugin-dir */
    size_t n_plugin_dirs;
    const char *settings;                       /* --settings: a file, or NULL: the installed one */
    const char *progress;                       /* a file, "-" for stderr, or NULL */
    const char *status;                         /* of run: where its socket is to be; or NULL */
    const char *socket;                         /* of status: the one host that is asked; or NULL */
    const char *window;                         /* the start of one, or NULL */
    const char *kind, *language;                /* of plugin new */
    const char *options, *format, *seed, *only, *except; /* of plugin test */
    bool json, markdown, man, print, connect, dot, force, in_process, until_caught_up, help,
        version;
    enum log_level log_level;
};

struct verb {
    const char *name;    /* "run", "plugin list" */
    const char *summary; /* one line */
    const char *usage;   /* what follows the name */
    const char *help;    /* examples first, then the options */
    const char *options; /* the long options it takes beside the common ones, with spaces between */
    size_t least_operands, most_operands;
    int (*run)(struct arguments *arguments);
};

/*
 * Fills @arguments from argv; @verbs ends with a NULL name. Returns 0 or exit code 64, with the
 * reason and the nearest name on stderr.
 */
int arguments_parse(struct arguments *arguments, int argc, char **argv, const struct verb *verbs);
void arguments_finish(struct arguments *arguments);

#endif
