/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/shape_options.h"

#include "record/path.h"
#include "record/value.h"
#include "runtime/stage.h"

#include <string.h>

/* Rows as the plugin has them: of its own header's size. */
struct rows {
    const struct levada_option *first;
    uint32_t n, stride;
};

static struct levada_option
row_at(const struct rows *rows, uint32_t i)
{
    struct levada_option row = { 0 };
    size_t known = rows->stride < sizeof(row) ? rows->stride : sizeof(row);
    memcpy(&row, (const char *)rows->first + (size_t)i * rows->stride, known);
    return row;
}

static struct rows
children_of(const struct levada_option *row, uint32_t stride)
{
    return (struct rows){ row->children, row->n_children, stride };
}

static void
write_text(struct strbuf *out, const char *text)
{
    strbuf_json_string(out, text, strlen(text));
}

static void
write_word(struct strbuf *out, const struct levada_option *row, int64_t number)
{
    const char *word = row->rule;
    while (number-- > 0 && (word = strchr(word, '|')) != NULL)
        word++;
    if (word != NULL)
        strbuf_printf(out, "\"%.*s\"", (int)strcspn(word, "|"), word);
}

static void
write_pairs(struct strbuf *out, const struct levada_list *list)
{
    const struct levada_pair *pairs = list->items;
    strbuf_char(out, '{');
    for (uint64_t i = 0; i < list->n; i++) {
        strbuf_str(out, i > 0 ? ", " : "");
        write_text(out, pairs[i].name);
        strbuf_str(out, ": ");
        write_text(out, pairs[i].value);
    }
    strbuf_char(out, '}');
}

static void write_value(struct strbuf *out, const struct levada_option *row, uint32_t stride,
                        const char *at);

/* Does the row say anything that the shape tells? */
static bool
is_told(const struct levada_option *row, const char *at)
{
    static const char zeros[sizeof(struct levada_list)];
    if (row->size == 0 || row->type == LEVADA_O_FILE || (row->flags & LEVADA_OF_SECRET) != 0)
        return false;
    switch (row->type) {
    case LEVADA_O_GROUP:
        return true;
    case LEVADA_O_LIST:
    case LEVADA_O_MAP:
        return ((const struct levada_list *)(const void *)at)->n > 0;
    default:
        return (row->flags & LEVADA_OF_REQUIRED) != 0 || memcmp(at, zeros, sizeof(int64_t)) != 0;
    }
}

static void
write_group(struct strbuf *out, const struct levada_option *row, uint32_t stride, const char *base)
{
    const struct rows rows = children_of(row, stride);
    const char *separator = "";
    strbuf_char(out, '{');
    for (uint32_t i = 0; i < rows.n; i++) {
        struct levada_option child = row_at(&rows, i);
        if (!is_told(&child, base + child.offset))
            continue;
        strbuf_printf(out, "%s%s: ", separator, child.name);
        write_value(out, &child, stride, base + child.offset);
        separator = ", ";
    }
    strbuf_char(out, '}');
}

static struct levada_option
item_of(const struct levada_option *row, uint32_t stride)
{
    const struct rows rows = children_of(row, stride);
    return row_at(&rows, 0);
}

static void
write_items(struct strbuf *out, const struct levada_option *row, uint32_t stride,
            const struct levada_list *list)
{
    const struct levada_option item = item_of(row, stride);
    size_t size = item.type == LEVADA_O_GROUP ? row->item_size : sizeof(int64_t);
    strbuf_char(out, '[');
    for (uint64_t i = 0; i < list->n; i++) {
        strbuf_str(out, i > 0 ? ", " : "");
        write_value(out, &item, stride, (const char *)list->items + i * size);
    }
    strbuf_char(out, ']');
}

static void
write_value(struct strbuf *out, const struct levada_option *row, uint32_t stride, const char *at)
{
    const struct levada_list *list = (const void *)at;
    char number[VALUE_F64_SIZE];
    switch (row->type) {
    case LEVADA_O_FLOAT:
        value_format_f64(*(const double *)(const void *)at, number);
        strbuf_str(out, number);
        break;
    case LEVADA_O_STRING:
        write_text(out, *(const char *const *)(const void *)at);
        break;
    case LEVADA_O_PATH:
        write_text(out, (*(const struct levada_path *const *)(const void *)at)->text);
        break;
    case LEVADA_O_CHOICE:
        write_word(out, row, *(const int64_t *)(const void *)at);
        break;
    case LEVADA_O_GROUP:
        write_group(out, row, stride, at);
        break;
    case LEVADA_O_LIST:
        write_items(out, row, stride, list);
        break;
    case LEVADA_O_MAP:
        write_pairs(out, list);
        break;
    default:
        strbuf_printf(out, "%lld", (long long)*(const int64_t *)(const void *)at);
        break;
    }
}

static void
write_line(struct strbuf *out, const struct levada_option *row, uint32_t stride, const char *at)
{
    strbuf_printf(out, "%s = ", row->name);
    write_value(out, row, stride, at);
    strbuf_char(out, '\n');
}

/* A line each, so that a difference is told of the group that has it. */
static void
write_groups(struct strbuf *out, const struct levada_option *row, uint32_t stride,
             const struct levada_list *list)
{
    const struct levada_option item = item_of(row, stride);
    for (uint64_t i = 0; i < list->n; i++) {
        strbuf_printf(out, "%s[%llu] = ", row->name, (unsigned long long)i);
        write_group(out, &item, stride, (const char *)list->items + i * row->item_size);
        strbuf_char(out, '\n');
    }
}

void
shape_write_options(const struct stage *stage, struct strbuf *out)
{
    const struct levada_stage *op = stage->op;
    const struct rows rows = { op->options, op->n_options, op->option_stride };
    for (uint32_t i = 0; i < rows.n; i++) {
        struct levada_option row = row_at(&rows, i);
        const char *at = (const char *)stage->self + row.offset;
        if (!is_told(&row, at))
            continue;
        if (row.type == LEVADA_O_LIST && item_of(&row, rows.stride).type == LEVADA_O_GROUP)
            write_groups(out, &row, rows.stride, (const void *)at);
        else
            write_line(out, &row, rows.stride, at);
    }
}
