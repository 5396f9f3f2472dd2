/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFIG_OPTION_ROWS_H
#define HOST_CONFIG_OPTION_ROWS_H

/* Walking through option rows, whoever compiled them, and reading what their rules say. */

#include "config/options.h"

/*
 * The rows of several tables as one list: rows without a place are merged into the row that they
 * change, rows whose name an earlier table has are left out. Start with .tables and .n_tables set.
 */
struct option_cursor {
    const struct option_table *tables;
    size_t n_tables;
    size_t table;             /* of the row */
    struct levada_option row; /* as it counts */
    uint32_t next;
};

bool option_cursor_next(struct option_cursor *cursor);

/* The children of a row of a table with that stride. */
struct option_table option_children(const struct levada_option *row, uint32_t stride);

/* The group that a row's members make: its own, or that of a list's items. False: it has none. */
bool option_members(const struct levada_option *row, uint32_t stride, struct option_table *members);

/* Bytes of one value in memory: a member of the instance, an item of a list. */
uint32_t option_value_size(const struct levada_option *row);

/* "integer", "list of text"; in @buf. */
const char *option_type_name(const struct levada_option *row, uint32_t stride, char *buf, size_t n);

/* What a rule allows. Numbers are in the option's unit: ns, bytes; of "len:" bytes or items. */
struct option_range {
    bool has_low, has_high;
    int64_t low, high;
    double low_f, high_f;             /* FLOAT */
    const char *low_text, *high_text; /* as the rule spells them, not terminated */
    size_t low_n, high_n;
};

/* False: the rule of @row cannot be read, or does not fit its type. Not for CHOICE. */
bool option_range_parse(const struct levada_option *row, struct option_range *range);

/* The index of @word among the words of a CHOICE's @rule, or -1. */
int64_t option_choice_index(const char *rule, const char *word);

/* Does a stage use this word for the host? */
bool option_is_host_word(const char *name);
extern const char *const option_host_words[]; /* ends in NULL */

#endif
