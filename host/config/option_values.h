/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFIG_OPTION_VALUES_H
#define HOST_CONFIG_OPTION_VALUES_H

/* One setting, read as its row wants it. */

#include "config/options.h"

struct option_value {
    const struct option_context *context;
    const struct levada_option *row;
    uint32_t stride;  /* of the row's children */
    const char *name; /* with the groups around it: "kafka.linger_ms" */
    const struct setting *setting;
};

/* Writes the value to @to. False: a problem was added. */
bool option_value_fill(const struct option_value *value, void *to);

/* Adds: option "NAME" is VALUE; SENTENCE. Returns false. */
__attribute__((format(printf, 3, 4))) bool option_value_refuse(const struct option_value *value,
                                                               const char *suggestion,
                                                               const char *format, ...);

/* The options of a stage, or the members of a group. */
struct option_level {
    const struct option_context *context;
    const struct option_table *tables;
    size_t n_tables;
    const struct setting *settings; /* a GROUP */
    bool is_absent;    /* the group is not written: defaults count, nothing is asked for */
    const char *group; /* with the groups around it; NULL: the top */
};

/* options_fill for one level. */
bool option_level_fill(const struct option_level *level, void *const *selves);

#endif
