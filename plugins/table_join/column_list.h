/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TABLE_JOIN_COLUMN_LIST_H
#define TABLE_JOIN_COLUMN_LIST_H

/* The names of a table's columns in words, for whoever asked for another one. */

#include "complaint.h"

#include <stddef.h>

struct column_list { /* zeroed at first */
    char text[160];
    size_t n;
};

/* What no longer fits is "...". */
void column_list_add(struct column_list *list, const char *name, size_t n);

/* Returns false: complains that there is no column @name. */
bool column_list_complain(const struct column_list *list, const char *name,
                          struct complaint *complaint);

#endif
