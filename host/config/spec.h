/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFIG_SPEC_H
#define HOST_CONFIG_SPEC_H

/* A pipeline's group, as written -> struct pipeline_spec: the words of the host, read and checked.
 */

#include "config/config.h"

struct arena;

/* Mistakes go to @problems; false: out of memory. Texts and lists live in @arena. */
bool spec_fill(struct pipeline_spec *spec, const struct setting *group, struct arena *arena,
               struct problems *problems);

#endif
