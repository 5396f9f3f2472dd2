/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFIG_OVERRIDE_H
#define HOST_CONFIG_OVERRIDE_H

/* --set: settings from the command line, put into the tree before anything is checked. */

#include "config/config.h"

struct arena;

/*
 * Applies @override to every one of the pipelines @trees (groups as written) that it names; @folder
 * is the working directory. False: out of memory.
 */
bool override_apply(struct config_override *override, struct setting *const *trees, size_t n_trees,
                    const char *folder, struct arena *arena, struct problems *problems);

#endif
