/* SPDX-License-Identifier: Apache-2.0 */
/* Options as a pipeline file holds them. */
#include "config/options.h"

#include "base/arena.h"
#include "base/strbuf.h"
#include "config/option_rows.h"
#include "config/secret.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct printer {
    struct strbuf text;
    uint32_t stride;
};

static void print_value(struct printer *printer, const struct levada_option *row,
                        const struct setting *setting);

/* As the pre-reader understands it again: "${" would be a reference. */
static void
print_string(struct strbuf *text, const char *value, size_t n)
{
    strbuf_char(text, '"');
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)value[i];
        if (c == '"' || c == '\\')
            strbuf_printf(text, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            strbuf_printf(text, "\\x%02x", c);
        else if (c == '$' && i + 1 < n && value[i + 1] == '{')
            strbuf_str(text, "$$");
        else
            strbuf_char(text, (char)c);
    }
    strbuf_char(text, '"');
}

/* With a point or an exponent, so that it stays a float. */
static void
print_float(struct strbuf *text, double value)
{
    char digits[40];
    snprintf(digits, sizeof(digits), "%.15g", value);
    if (strtod(digits, NULL) != value)
        snprintf(digits, sizeof(digits), "%.17g", value);
    strbuf_str(text, digits);
    if (strpbrk(digits, ".e") == NULL)
        strbuf_str(text, ".0");
}

/* A plain value as it was written. Of another the row wants nothing: it was refused. */
static void
print_plain(struct strbuf *text, const struct setting *setting)
{
    switch (setting->type) {
    case SETTING_GROUP:
        strbuf_str(text, "{ }");
        break;
    case SETTING_LIST:
        strbuf_str(text, "( )");
        break;
    case SETTING_INT:
        strbuf_printf(text, "%" PRId64, setting->i);
        break;
    case SETTING_FLOAT:
        print_float(text, setting->f);
        break;
    case SETTING_BOOL:
        strbuf_str(text, setting->i != 0 ? "true" : "false");
        break;
    default:
        print_string(text, setting->text, strlen(setting->text));
    }
}

/* A value that came as text from --set or from a default. */
static void
print_text(struct printer *printer, const struct levada_option *row, const char *value, size_t n)
{
    bool is_bare =
        row->type == LEVADA_O_BOOL || row->type == LEVADA_O_INT || row->type == LEVADA_O_FLOAT;
    if (is_bare)
        strbuf_add(&printer->text, value, n);
    else
        print_string(&printer->text, value, n);
}

static void
print_text_list(struct printer *printer, const struct levada_option *item, const char *value)
{
    strbuf_str(&printer->text, "[ ");
    while (*value != '\0') {
        size_t n = strcspn(value, ",");
        print_text(printer, item, value, n);
        value += n;
        if (*value == ',') {
            strbuf_str(&printer->text, ", ");
            value++;
        }
    }
    strbuf_str(&printer->text, " ]");
}

/* May such values stand in [ ]? A FLOAT may be written as an integer, beside others that are not.
 */
static bool
is_one_plain_type(const struct levada_option *item)
{
    return item->type != LEVADA_O_GROUP && item->type != LEVADA_O_LIST &&
           item->type != LEVADA_O_MAP && item->type != LEVADA_O_FLOAT;
}

static void
print_list(struct printer *printer, const struct levada_option *row, const struct setting *setting)
{
    struct option_table table = option_children(row, printer->stride);
    struct levada_option item = option_table_row(&table, 0);
    if (setting->type == SETTING_TEXT) {
        print_text_list(printer, &item, setting->text);
        return;
    }
    bool is_list = setting->type == SETTING_LIST;
    const struct setting *items = is_list ? setting->children : setting;
    size_t n = is_list ? setting->n_children : 1;
    bool is_array = is_one_plain_type(&item);
    strbuf_str(&printer->text, is_array ? "[ " : "( ");
    for (size_t i = 0; i < n; i++) {
        strbuf_str(&printer->text, i == 0 ? "" : ", ");
        print_value(printer, &item, &items[i]);
    }
    strbuf_str(&printer->text, n == 0 ? "" : " ");
    strbuf_char(&printer->text, is_array ? ']' : ')');
}

/* One "name = value;" of an effective row, or nothing where there is neither value nor default. */
static bool
print_row(struct printer *printer, const struct levada_option *row, const struct setting *group)
{
    const struct setting *setting = setting_find(group, row->name);
    struct setting fallback = { .type = SETTING_TEXT,
                                .text = (char *)(uintptr_t)row->fallback,
                                .folder = group->folder };
    if (setting == NULL && row->fallback == NULL)
        return false;
    strbuf_printf(&printer->text, "%s = ", row->name);
    print_value(printer, row, setting != NULL ? setting : &fallback);
    strbuf_char(&printer->text, ';');
    return true;
}

static void
print_group(struct printer *printer, const struct levada_option *row, const struct setting *group)
{
    struct option_table table = option_children(row, printer->stride);
    struct option_cursor cursor = { .tables = &table, .n_tables = 1 };
    strbuf_str(&printer->text, "{ ");
    while (option_cursor_next(&cursor)) {
        if (print_row(printer, &cursor.row, group))
            strbuf_char(&printer->text, ' ');
    }
    strbuf_char(&printer->text, '}');
}

static void
print_map(struct printer *printer, const struct setting *group)
{
    strbuf_str(&printer->text, "{ ");
    for (size_t i = 0; i < group->n_children; i++) {
        const struct setting *member = &group->children[i];
        strbuf_printf(&printer->text, "%s = ", member->name);
        if (member->secret || secret_is_named(member->name))
            strbuf_str(&printer->text, "\"<secret>\"");
        else
            print_plain(&printer->text, member);
        strbuf_str(&printer->text, "; ");
    }
    strbuf_char(&printer->text, '}');
}

static void
print_file(struct printer *printer, const struct setting *setting)
{
    struct arena arena = { 0 };
    const char *path = strcmp(setting->text, "-") == 0 ? "-" : setting_path(setting, &arena);
    if (path != NULL)
        print_string(&printer->text, path, strlen(path));
    arena_finish(&arena);
}

static void
print_value(struct printer *printer, const struct levada_option *row, const struct setting *setting)
{
    bool has_text = setting->type == SETTING_STRING || setting->type == SETTING_TEXT;
    if (setting->secret || (row->flags & LEVADA_OF_SECRET) != 0)
        strbuf_str(&printer->text, "\"<secret>\"");
    else if (row->type == LEVADA_O_LIST)
        print_list(printer, row, setting);
    else if (row->type == LEVADA_O_MAP && setting->type == SETTING_GROUP)
        print_map(printer, setting);
    else if (setting->type == SETTING_GROUP)
        print_group(printer, row, setting);
    else if (row->type == LEVADA_O_FILE && has_text)
        print_file(printer, setting);
    else if (setting->type == SETTING_TEXT)
        print_text(printer, row, setting->text, strlen(setting->text));
    else
        print_plain(&printer->text, setting);
}

void
options_print(const struct option_table *tables, size_t n_tables, const struct setting *settings,
              FILE *out, unsigned indent)
{
    struct option_cursor cursor = { .tables = tables, .n_tables = n_tables };
    struct printer printer = { 0 };
    while (option_cursor_next(&cursor)) {
        printer.stride = tables[cursor.table].stride;
        strbuf_clear(&printer.text);
        if (print_row(&printer, &cursor.row, settings))
            fprintf(out, "%*s%s\n", (int)indent, "", strbuf_text(&printer.text));
    }
    strbuf_finish(&printer.text);
}

void
options_print_text(const char *text, FILE *out)
{
    struct strbuf quoted = { 0 };
    print_string(&quoted, text, strlen(text));
    fputs(strbuf_text(&quoted), out);
    strbuf_finish(&quoted);
}
