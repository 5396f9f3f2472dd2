/* SPDX-License-Identifier: Apache-2.0 */
/* The manual of a plugin's options, from their rows. */
#include "config/options.h"

#include "base/strbuf.h"
#include "config/option_rows.h"

#include <string.h>

enum {
    TEXT_WIDTH = 78,
    HELP_INDENT = 6,
};

static const char *
help_of(const struct levada_option *row)
{
    return row->help == NULL ? "" : row->help;
}

/* ---- plain text ---- */

static void
print_wrapped(FILE *out, const char *text)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t n = strcspn(text, " ");
        if (column > 0 && HELP_INDENT + column + 1 + n > TEXT_WIDTH) {
            fputc('\n', out);
            column = 0;
        }
        fprintf(out, "%*s%.*s", column == 0 ? HELP_INDENT : 1, "", (int)n, text);
        column += n + (column > 0);
        text += n + (text[n] == ' ');
    }
    if (column > 0)
        fputc('\n', out);
}

static void
describe_row(const struct levada_option *row, uint32_t stride, const char *prefix, FILE *out)
{
    char type[64];
    fprintf(out, "  %s%s  %s", prefix, row->name,
            option_type_name(row, stride, type, sizeof(type)));
    if (row->rule != NULL)
        fprintf(out, " %s", row->rule);
    if (row->fallback != NULL)
        fprintf(out, ", default %s", *row->fallback == '\0' ? "\"\"" : row->fallback);
    else if ((row->flags & LEVADA_OF_REQUIRED) != 0)
        fputs(", required", out);
    if ((row->flags & LEVADA_OF_SECRET) != 0)
        fputs(", secret", out);
    fputc('\n', out);
    print_wrapped(out, help_of(row));
    if (row->instead != NULL)
        fprintf(out, "%*sDeprecated: use %s.\n", HELP_INDENT, "", row->instead);
}

static void
describe_level(const struct option_table *tables, size_t n_tables, const char *prefix, FILE *out)
{
    struct option_cursor cursor = { .tables = tables, .n_tables = n_tables };
    while (option_cursor_next(&cursor)) {
        struct option_table members;
        uint32_t stride = tables[cursor.table].stride;
        describe_row(&cursor.row, stride, prefix, out);
        if (!option_members(&cursor.row, stride, &members))
            continue;
        struct strbuf inner = { 0 };
        strbuf_printf(&inner, "%s%s.", prefix, cursor.row.name);
        describe_level(&members, 1, strbuf_text(&inner), out);
        strbuf_finish(&inner);
    }
}

void
options_describe(const struct option_table *tables, size_t n_tables, FILE *out)
{
    describe_level(tables, n_tables, "", out);
}

/* ---- JSON ---- */

static void
add_text(struct strbuf *json, const char *name, const char *text)
{
    strbuf_printf(json, ",\"%s\":", name);
    if (text == NULL)
        strbuf_str(json, "null");
    else
        strbuf_json_string(json, text, strlen(text));
}

static void
add_flag(struct strbuf *json, const char *name, bool is_set)
{
    strbuf_printf(json, ",\"%s\":%s", name, is_set ? "true" : "false");
}

static void add_level(struct strbuf *json, const struct option_table *tables, size_t n_tables);

static void
add_row(struct strbuf *json, const struct levada_option *row, uint32_t stride)
{
    struct option_table members;
    char type[64];
    strbuf_str(json, "{\"name\":");
    strbuf_json_string(json, row->name, strlen(row->name));
    add_text(json, "type", option_type_name(row, stride, type, sizeof(type)));
    add_text(json, "default", row->fallback);
    add_text(json, "rule", row->rule);
    add_flag(json, "required", (row->flags & LEVADA_OF_REQUIRED) != 0 && row->fallback == NULL);
    add_flag(json, "secret", (row->flags & LEVADA_OF_SECRET) != 0);
    add_text(json, "instead", row->instead);
    add_text(json, "help", help_of(row));
    if (option_members(row, stride, &members)) {
        strbuf_str(json, ",\"members\":");
        add_level(json, &members, 1);
    }
    strbuf_char(json, '}');
}

static void
add_level(struct strbuf *json, const struct option_table *tables, size_t n_tables)
{
    struct option_cursor cursor = { .tables = tables, .n_tables = n_tables };
    const char *between = "";
    strbuf_char(json, '[');
    while (option_cursor_next(&cursor)) {
        strbuf_str(json, between);
        add_row(json, &cursor.row, tables[cursor.table].stride);
        between = ",";
    }
    strbuf_char(json, ']');
}

void
options_describe_json(const struct option_table *tables, size_t n_tables, FILE *out)
{
    struct strbuf json = { 0 };
    add_level(&json, tables, n_tables);
    fputs(strbuf_text(&json), out);
    strbuf_finish(&json);
}

/* ---- Markdown ---- */

/* A bar would end the cell. */
static void
print_cell(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        fprintf(out, *text == '|' ? "\\%c" : "%c", *text);
}

static void
markdown_row(const struct levada_option *row, uint32_t stride, const char *prefix, FILE *out)
{
    char type[64];
    fprintf(out, "| `%s%s` | %s", prefix, row->name,
            option_type_name(row, stride, type, sizeof(type)));
    if (row->rule != NULL) {
        fputs(", `", out);
        print_cell(out, row->rule);
        fputc('`', out);
    }
    fputs(" | ", out);
    if (row->fallback != NULL)
        fprintf(out, "`%s`", *row->fallback == '\0' ? "\"\"" : row->fallback);
    else if ((row->flags & LEVADA_OF_REQUIRED) != 0)
        fputs("required", out);
    fputs(" | ", out);
    print_cell(out, help_of(row));
    fputs(" |\n", out);
}

static void
markdown_level(const struct option_table *tables, size_t n_tables, const char *prefix, FILE *out)
{
    struct option_cursor cursor = { .tables = tables, .n_tables = n_tables };
    while (option_cursor_next(&cursor)) {
        struct option_table members;
        uint32_t stride = tables[cursor.table].stride;
        markdown_row(&cursor.row, stride, prefix, out);
        if (!option_members(&cursor.row, stride, &members))
            continue;
        struct strbuf inner = { 0 };
        strbuf_printf(&inner, "%s%s.", prefix, cursor.row.name);
        markdown_level(&members, 1, strbuf_text(&inner), out);
        strbuf_finish(&inner);
    }
}

void
options_describe_markdown(const struct option_table *tables, size_t n_tables, FILE *out)
{
    fputs("| option | type | default | what it does |\n|---|---|---|---|\n", out);
    markdown_level(tables, n_tables, "", out);
}
