/* SPDX-License-Identifier: Apache-2.0 */
#include "column_list.h"

#include <string.h>

static void
append(struct column_list *list, const char *text, size_t n)
{
    memcpy(list->text + list->n, text, n);
    list->n += n;
}

void
column_list_add(struct column_list *list, const char *name, size_t n)
{
    static const char more[] = ", ...";
    size_t room = sizeof(list->text) - sizeof(more);
    if (list->n > room)
        return; /* says "..." already */
    if (list->n + 2 + n > room) {
        append(list, more, sizeof(more) - 1);
        list->n = sizeof(list->text);
        return;
    }
    if (list->n > 0)
        append(list, ", ", 2);
    append(list, name, n);
}

bool
column_list_complain(const struct column_list *list, const char *name, struct complaint *complaint)
{
    complain(complaint, "the table has no column \"%s\"; it has %s", name, list->text);
    complaint->column = name;
    return false;
}
