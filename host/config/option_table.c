/* SPDX-License-Identifier: Apache-2.0 */
/* Are the rows that a plugin's author wrote sane? */
#include "config/options.h"

#include "base/arena.h"
#include "config/option_rows.h"
#include "config/option_values.h"

#include <string.h>

enum {
    DEEPEST = 8,
    LONGEST_NAME = 64,
    ALL_FLAGS = LEVADA_OF_REQUIRED | LEVADA_OF_SECRET | LEVADA_OF_MAYBE | LEVADA_OF_ADDS |
                LEVADA_OF_READ | LEVADA_OF_REFER | LEVADA_OF_STREAM,
};

struct checked {
    struct levada_option row;
    uint32_t stride;
    unsigned depth;
    struct error *err;
};

#define refuse(checked, ...)                                                                       \
    (error_set((checked)->err, LEVADA_CONFIG, __VA_ARGS__),                                        \
     error_in((checked)->err, "option \"%s\"",                                                     \
              (checked)->row.name == NULL ? "" : (checked)->row.name),                             \
     LEVADA_CONFIG)

static levada_status check_level(const struct option_table *table, uint32_t self_size,
                                 unsigned depth, struct error *err);

static levada_status
check_name(const struct checked *checked)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz";
    static const char others[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    const char *name = checked->row.name;

    if (name == NULL || *name == '\0')
        return refuse(checked, "it has no name");
    if (strchr(first, *name) == NULL || name[strspn(name, others)] != '\0' ||
        strlen(name) > LONGEST_NAME)
        return refuse(checked, "a name has at most %d of a-z, 0-9 and '_', a letter first",
                      LONGEST_NAME);
    if (checked->depth == 0 && option_is_host_word(name))
        return refuse(checked, "the name is a word of the host");
    return LEVADA_OK;
}

static levada_status
check_place(const struct checked *checked, uint32_t self_size)
{
    const struct levada_option *row = &checked->row;
    if (row->size != option_value_size(row))
        return refuse(checked, "its member has %u bytes; its type needs %u", row->size,
                      option_value_size(row));
    if (row->offset % _Alignof(int64_t) != 0)
        return refuse(checked, "its member is not aligned to 8 bytes");
    if (row->offset > self_size || row->size > self_size - row->offset)
        return refuse(checked, "its member lies outside of the instance");
    return LEVADA_OK;
}

/* The row of a LIST's items has neither name nor place of its own. */
static levada_status check_type(const struct checked *checked);

static levada_status
check_list(const struct checked *checked)
{
    struct option_table table = option_children(&checked->row, checked->stride);
    if (checked->row.children == NULL || checked->row.n_children != 1)
        return refuse(checked, "a list has exactly one child row");
    struct checked item = *checked;
    item.row = option_table_row(&table, 0);
    item.row.name = checked->row.name;
    item.row.size = checked->row.item_size;
    item.depth++;
    if (item.row.type == LEVADA_O_GROUP && checked->row.item_size == 0)
        return refuse(checked, "a list of groups needs its item_size");
    return check_type(&item);
}

static levada_status
check_group(const struct checked *checked)
{
    struct option_table table = option_children(&checked->row, checked->stride);
    if (checked->row.children == NULL || checked->row.n_children == 0)
        return refuse(checked, "a group has at least one child row");
    levada_status status = check_level(&table, checked->row.size, checked->depth + 1, checked->err);
    return status == LEVADA_OK ? status
                               : error_in(checked->err, "option \"%s\"", checked->row.name);
}

static levada_status
check_choice(const struct checked *checked)
{
    const char *rule = checked->row.rule;
    if (rule == NULL || *rule == '\0' || *rule == '|' || rule[strlen(rule) - 1] == '|' ||
        strstr(rule, "||") != NULL)
        return refuse(checked, "its rule is not a list of words, such as \"table|csv\"");
    return LEVADA_OK;
}

static bool
names_streams(const struct levada_option *row)
{
    if (row->type == LEVADA_O_LIST)
        return row->children != NULL && row->children->type == LEVADA_O_STRING;
    return row->type == LEVADA_O_STRING;
}

static levada_status
check_type(const struct checked *checked)
{
    const struct levada_option *row = &checked->row;
    struct option_range range;

    if (row->type < LEVADA_O_BOOL || row->type > LEVADA_O_FILE)
        return refuse(checked, "its type %u is unknown", row->type);
    if (checked->depth > DEEPEST)
        return refuse(checked, "it is more than %d levels deep", DEEPEST);
    if ((row->flags & ~(uint32_t)ALL_FLAGS) != 0)
        return refuse(checked, "its flags %#x are unknown", row->flags);
    if ((row->flags & LEVADA_OF_REFER) != 0 && row->type != LEVADA_O_MAP)
        return refuse(checked, "its flag LEVADA_OF_REFER is only for a map");
    if ((row->flags & LEVADA_OF_STREAM) != 0 && !names_streams(row))
        return refuse(checked, "its flag LEVADA_OF_STREAM is only for texts");
    if (row->type == LEVADA_O_CHOICE)
        return check_choice(checked);
    if (!option_range_parse(row, &range))
        return refuse(checked, "its rule \"%s\" does not fit its type", row->rule);
    if (row->type == LEVADA_O_LIST)
        return check_list(checked);
    return row->type == LEVADA_O_GROUP ? check_group(checked) : LEVADA_OK;
}

/* Only whether it is set: which paths exist is for the pipeline to say. */
static const struct levada_path *
accept_any_path(void *user, const struct levada_option *row, const char *text, struct error *err)
{
    (void)row, (void)text, (void)err;
    return user;
}

/* Reads the default as a value is read. */
static levada_status
check_fallback(const struct checked *checked)
{
    struct levada_option row = checked->row;
    union {
        int64_t i;
        double f;
        const void *p;
        struct levada_list list;
    } to;
    struct arena arena = { 0 };
    struct problems problems = { 0 };
    struct option_context context = {
        .compile = accept_any_path, .user = &arena, .problems = &problems, .arena = &arena
    };
    struct setting setting = { .type = SETTING_TEXT,
                               .text = (char *)(uintptr_t)row.fallback,
                               .folder = "/" };
    struct option_value value = { .context = &context,
                                  .row = &row,
                                  .stride = checked->stride,
                                  .name = row.name,
                                  .setting = &setting };
    levada_status status = LEVADA_OK;

    row.flags &= ~LEVADA_OF_READ;
    if (row.type == LEVADA_O_GROUP || row.type == LEVADA_O_MAP)
        return refuse(checked, "a group or map has no default of its own");
    if (!option_value_fill(&value, &to))
        status = error_set(checked->err, LEVADA_CONFIG, "default: %s",
                           problems.n > 0 ? problems.items[0].message : "out of memory");
    problems_finish(&problems);
    arena_finish(&arena);
    return status;
}

static levada_status
check_unique(const struct checked *checked, const struct option_table *table, uint32_t i)
{
    for (uint32_t j = 0; j < i; j++) {
        struct levada_option other = option_table_row(table, j);
        if (strcmp(other.name, checked->row.name) == 0)
            return refuse(checked, "two rows have this name");
    }
    return LEVADA_OK;
}

static levada_status
check_instead(const struct checked *checked, const struct option_table *table)
{
    for (uint32_t i = 0; i < table->n && checked->row.instead != NULL; i++) {
        struct levada_option other = option_table_row(table, i);
        if (other.name != NULL && strcmp(other.name, checked->row.instead) == 0)
            return LEVADA_OK;
    }
    if (checked->row.instead == NULL)
        return LEVADA_OK;
    return refuse(checked, "it names \"%s\" to use instead, which is no option",
                  checked->row.instead);
}

static levada_status
check_row(const struct checked *checked, const struct option_table *table, uint32_t i,
          uint32_t self_size)
{
    levada_status status = check_name(checked);
    if (status == LEVADA_OK)
        status = check_unique(checked, table, i);
    /* A row without a place changes the default of one of the host's; there its type is known. */
    if (status != LEVADA_OK || (checked->row.size == 0 && checked->depth == 0))
        return status;
    status = check_type(checked);
    if (status == LEVADA_OK)
        status = check_place(checked, self_size);
    if (status == LEVADA_OK)
        status = check_instead(checked, table);
    if (status == LEVADA_OK && checked->row.fallback != NULL)
        status = check_fallback(checked);
    return status;
}

static levada_status
check_level(const struct option_table *table, uint32_t self_size, unsigned depth, struct error *err)
{
    for (uint32_t i = 0; i < table->n; i++) {
        struct checked checked = { option_table_row(table, i), table->stride, depth, err };
        levada_status status = check_row(&checked, table, i, self_size);
        if (status != LEVADA_OK)
            return status;
    }
    return LEVADA_OK;
}

levada_status
option_table_check(const struct option_table *table, uint32_t self_size, struct error *err)
{
    if (table->n > 0 &&
        (table->rows == NULL || table->stride < offsetof(struct levada_option, name)))
        return error_set(err, LEVADA_CONFIG, "the option rows cannot be read");
    return check_level(table, self_size, 0, err);
}
