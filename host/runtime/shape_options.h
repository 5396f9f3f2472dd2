/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_SHAPE_OPTIONS_H
#define HOST_RUNTIME_SHAPE_OPTIONS_H

/* The options of a plugin's own, as lines of its stage's shape. */

#include "base/strbuf.h"

struct stage;

/*
 * One "name = value" a line, one "name[0] = {...}" for each group of a list. Left out: what is
 * absent or zero, so that an option that comes with a later version changes nothing; files, which
 * may move; secrets.
 */
void shape_write_options(const struct stage *stage, struct strbuf *out);

#endif
