/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin's options as paragraphs of a manual page. */
#include "config/options.h"

#include "base/strbuf.h"
#include "config/option_rows.h"

#include <string.h>

void
options_print_man_text(const char *text, FILE *out)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out); /* else the line would be a request */
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
    }
}

/* The words of a choice stand apart, so that the line can be broken between them. */
static void
print_rule(const struct levada_option *row, FILE *out)
{
    char one[2] = "";
    const char *rule = row->rule;
    if (rule == NULL)
        return;
    fputs(", ", out);
    if (row->type != LEVADA_O_CHOICE) {
        options_print_man_text(rule, out);
        return;
    }
    for (; *rule != '\0'; rule++) {
        one[0] = *rule;
        options_print_man_text(*rule == '|' ? " | " : one, out);
    }
}

static void
describe_row(const struct levada_option *row, uint32_t stride, const char *prefix, FILE *out)
{
    char type[64];
    fputs(".TP\n\\fB", out);
    options_print_man_text(prefix, out);
    options_print_man_text(row->name, out);
    fprintf(out, "\\fP  %s", option_type_name(row, stride, type, sizeof(type)));
    print_rule(row, out);
    fputc('\n', out);
    options_print_man_text(row->help == NULL ? "" : row->help, out);
    if (row->fallback != NULL) {
        fputs("\nDefault: ", out);
        options_print_man_text(*row->fallback == '\0' ? "\"\"" : row->fallback, out);
        fputc('.', out);
    } else if ((row->flags & LEVADA_OF_REQUIRED) != 0) {
        fputs("\nRequired.", out);
    }
    if (row->instead != NULL) {
        fputs("\nDeprecated: use ", out);
        options_print_man_text(row->instead, out);
        fputc('.', out);
    }
    fputc('\n', out);
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
options_describe_man(const struct option_table *tables, size_t n_tables, FILE *out)
{
    describe_level(tables, n_tables, "", out);
}
