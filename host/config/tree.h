/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFIG_TREE_H
#define HOST_CONFIG_TREE_H

/* Checked text -> libconfig -> settings that know where they stood. */

#include "config/config.h"
#include "config/reader.h"

/*
 * Fills @root, a GROUP, from what @reader read; all in the reader's arena. @references: whether
 * ${env:NAME} and its like are resolved. False: nothing useful; see the problems.
 */
bool tree_build(const struct reader *reader, bool references, struct setting *root);

/* The child of @group, made if there is none; NULL: out of memory. Its name is copied. */
struct setting *tree_child(struct setting *group, const char *name, struct arena *arena);

#endif
