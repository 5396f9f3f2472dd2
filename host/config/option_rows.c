/* SPDX-License-Identifier: Apache-2.0 */
#include "config/option_rows.h"

#include "base/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const option_host_words[] = { "name", "plugin", "from", "errors", "isolation", NULL };

bool
option_is_host_word(const char *name)
{
    for (const char *const *word = option_host_words; *word != NULL; word++) {
        if (strcmp(*word, name) == 0)
            return true;
    }
    return strncmp(name, "stage_", 6) == 0;
}

struct levada_option
option_table_row(const struct option_table *table, uint32_t i)
{
    struct levada_option row = { 0 };
    size_t known = table->stride < sizeof(row) ? table->stride : sizeof(row);
    memcpy(&row, (const char *)table->rows + (size_t)i * table->stride, known);
    return row;
}

static bool
table_find(const struct option_table *table, const char *name, struct levada_option *row)
{
    for (uint32_t i = 0; i < table->n; i++) {
        *row = option_table_row(table, i);
        if (strcmp(row->name, name) == 0)
            return true;
    }
    return false;
}

/* Applies what earlier tables say about the row; false: one of them has an option of that name. */
static bool
row_settle(const struct option_cursor *cursor, struct levada_option *row)
{
    for (size_t t = cursor->table; t-- > 0;) {
        struct levada_option earlier;
        if (!table_find(&cursor->tables[t], row->name, &earlier))
            continue;
        if (earlier.size != 0)
            return false;
        if (earlier.fallback != NULL)
            row->fallback = earlier.fallback;
        if (earlier.help != NULL)
            row->help = earlier.help;
    }
    return true;
}

bool
option_cursor_next(struct option_cursor *cursor)
{
    for (; cursor->table < cursor->n_tables; cursor->table++, cursor->next = 0) {
        const struct option_table *table = &cursor->tables[cursor->table];
        while (cursor->next < table->n) {
            cursor->row = option_table_row(table, cursor->next++);
            if (cursor->row.size != 0 && row_settle(cursor, &cursor->row))
                return true;
        }
    }
    return false;
}

struct option_table
option_children(const struct levada_option *row, uint32_t stride)
{
    return (struct option_table){ .rows = row->children, .n = row->n_children, .stride = stride };
}

bool
option_members(const struct levada_option *row, uint32_t stride, struct option_table *members)
{
    struct levada_option group = *row;
    if (row->type == LEVADA_O_LIST) {
        struct option_table items = option_children(row, stride);
        group = option_table_row(&items, 0);
    }
    *members = option_children(&group, stride);
    return group.type == LEVADA_O_GROUP;
}

uint32_t
option_value_size(const struct levada_option *row)
{
    switch (row->type) {
    case LEVADA_O_FLOAT:
        return sizeof(double);
    case LEVADA_O_STRING:
    case LEVADA_O_FILE:
    case LEVADA_O_PATH:
        return sizeof(void *);
    case LEVADA_O_LIST:
    case LEVADA_O_MAP:
        return sizeof(struct levada_list);
    case LEVADA_O_GROUP:
        return row->size;
    default:
        return sizeof(int64_t);
    }
}

const char *
option_type_name(const struct levada_option *row, uint32_t stride, char *buf, size_t n)
{
    static const char *const names[] = {
        [LEVADA_O_BOOL] = "boolean",      [LEVADA_O_INT] = "integer", [LEVADA_O_FLOAT] = "number",
        [LEVADA_O_STRING] = "text",       [LEVADA_O_SIZE] = "size",   [LEVADA_O_PATH] = "field",
        [LEVADA_O_DURATION] = "duration", [LEVADA_O_LIST] = "list",   [LEVADA_O_GROUP] = "group",
        [LEVADA_O_MAP] = "map",           [LEVADA_O_FILE] = "file",   [LEVADA_O_CHOICE] = "choice",
    };
    if (row->type != LEVADA_O_LIST) {
        snprintf(buf, n, "%s", names[row->type]);
        return buf;
    }
    struct option_table table = option_children(row, stride);
    struct levada_option item = option_table_row(&table, 0);
    char item_name[64];
    snprintf(buf, n, "list of %ss", option_type_name(&item, stride, item_name, sizeof(item_name)));
    return buf;
}

/* ---- rules ---- */

static bool
bound_parse(uint32_t type, const char *text, int64_t *value, double *value_f)
{
    char *end;
    errno = 0;
    switch (type) {
    case LEVADA_O_DURATION:
        return units_parse_duration(text, value);
    case LEVADA_O_SIZE:
        return units_parse_size(text, value);
    case LEVADA_O_FLOAT:
        *value_f = strtod(text, &end);
        return errno == 0 && end != text && *end == '\0';
    default:
        *value = strtoll(text, &end, 10);
        return errno == 0 && end != text && *end == '\0';
    }
}

static bool
has_range(uint32_t type)
{
    return type == LEVADA_O_INT || type == LEVADA_O_FLOAT || type == LEVADA_O_DURATION ||
           type == LEVADA_O_SIZE;
}

static bool
has_length(uint32_t type)
{
    return type == LEVADA_O_STRING || type == LEVADA_O_LIST || type == LEVADA_O_MAP;
}

bool
option_range_parse(const struct levada_option *row, struct option_range *range)
{
    const char *rule = row->rule;
    *range = (struct option_range){ 0 };
    if (rule == NULL)
        return true;
    if (has_length(row->type)) {
        if (strncmp(rule, "len:", 4) != 0)
            return false;
        rule += 4;
    } else if (!has_range(row->type)) {
        return false;
    }

    const char *dots = strstr(rule, "..");
    if (dots == NULL || dots - rule >= 40)
        return false;
    range->low_text = rule;
    range->low_n = (size_t)(dots - rule);
    range->high_text = dots + 2;
    range->high_n = strlen(dots + 2);
    range->has_low = range->low_n > 0;
    range->has_high = range->high_n > 0;

    char low[40];
    memcpy(low, rule, range->low_n);
    low[range->low_n] = '\0';
    return (!range->has_low || bound_parse(row->type, low, &range->low, &range->low_f)) &&
           (!range->has_high ||
            bound_parse(row->type, range->high_text, &range->high, &range->high_f));
}

int64_t
option_choice_index(const char *rule, const char *word)
{
    size_t wanted = strlen(word);
    for (int64_t index = 0;; index++) {
        size_t n = strcspn(rule, "|");
        if (n == wanted && memcmp(rule, word, n) == 0)
            return index;
        if (rule[n] == '\0')
            return -1;
        rule += n + 1;
    }
}
