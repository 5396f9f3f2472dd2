/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_PIPELINE_STAGE_OPTIONS_H
#define HOST_PIPELINE_STAGE_OPTIONS_H

/* The options of one stage: where the rows of its plugin, and those of its table, get their values. */

#include "config/options.h"
#include "runtime/stage.h"

struct stage_options {
    struct option_table tables[2]; /* the plugin's own and, with a table, the host's */
    void *selves[2];
    size_t n;
};

/* @stage may be NULL: rows without a place. */
struct stage_options stage_options(const struct levada_stage *op, struct stage *stage);

/* Fills the stage's options from @settings; mistakes go to @problems. True without a new error. */
bool stage_options_fill(struct stage *stage, const struct setting *settings,
                        struct problems *problems);

#endif
