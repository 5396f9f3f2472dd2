/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_STATE_VERBS_H
#define HOST_CLI_STATE_VERBS_H

/*
 * `levada state ...`: what a checkpoint holds. All but import only read, also while the pipeline
 * runs. Each returns the exit code; docs/state.md shows what they print.
 */

#include <stdbool.h>
#include <stddef.h>

int state_ls(const char *folder, bool json);

struct state_get {
    const char *folder, *stage;
    const char *prefix; /* of a key, or of a row's first group; NULL: all */
    const char *window; /* the start of one, ISO 8601; NULL: all */
    bool json;
};
int state_get(const struct state_get *wanted);

int state_check(const char *folder, bool json);

/* To standard output. */
int state_export(const char *folder);
/* From standard input. @force: also into a checkpoint that holds something, which is then gone. */
int state_import(const char *folder, bool force);

#endif
