/* SPDX-License-Identifier: Apache-2.0 */
#include "config/option_values.h"

#include "base/arena.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/units.h"
#include "config/option_rows.h"
#include "config/secret.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- messages ---- */

/* The setting as a message shows it. */
static void
add_value(struct strbuf *text, const struct option_value *value)
{
    const struct setting *setting = value->setting;
    if (setting->secret || (value->row->flags & LEVADA_OF_SECRET) != 0) {
        strbuf_str(text, "<secret>");
        return;
    }
    switch (setting->type) {
    case SETTING_GROUP:
        strbuf_str(text, "a group");
        return;
    case SETTING_LIST:
        strbuf_str(text, "a list");
        return;
    case SETTING_INT:
        strbuf_printf(text, "%" PRId64, setting->i);
        return;
    case SETTING_FLOAT:
        strbuf_printf(text, "%g", setting->f);
        return;
    case SETTING_BOOL:
        strbuf_str(text, setting->i != 0 ? "true" : "false");
        return;
    default:
        strbuf_printf(text, "\"%.200s\"", setting->text);
    }
}

/* option "NAME" is VALUE; SENTENCE */
static void
add_sentence(struct strbuf *text, const struct option_value *value, const char *sentence)
{
    strbuf_printf(text, "option \"%s\" is ", value->name);
    add_value(text, value);
    strbuf_printf(text, "; %s", sentence);
}

bool
option_value_refuse(const struct option_value *value, const char *suggestion, const char *format,
                    ...)
{
    struct strbuf text = { 0 };
    char sentence[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    add_sentence(&text, value, sentence);
    problems_add(value->context->problems, value->setting->value_at, SEVERITY_ERROR,
                 value->context->stage, value->name, suggestion, "%s", strbuf_text(&text));
    strbuf_finish(&text);
    return false;
}

static bool
refuse_missing_file(const struct option_value *value, const char *path, const char *why)
{
    struct strbuf text = { 0 };
    char sentence[1000];
    bool is_hidden = value->setting->secret || (value->row->flags & LEVADA_OF_SECRET) != 0;
    snprintf(sentence, sizeof(sentence), "%.900s: %s", is_hidden ? "<secret>" : path, why);
    add_sentence(&text, value, sentence);
    problems_add_missing(value->context->problems, value->setting->value_at, value->context->stage,
                         value->name, "%s", strbuf_text(&text));
    strbuf_finish(&text);
    return false;
}

static bool
refuse_range(const struct option_value *value, const struct option_range *range, const char *what)
{
    if (!range->has_high)
        return option_value_refuse(value, NULL, "%smust be at least %.*s", what, (int)range->low_n,
                                   range->low_text);
    if (!range->has_low)
        return option_value_refuse(value, NULL, "%smust be at most %s", what, range->high_text);
    return option_value_refuse(value, NULL, "%smust be between %.*s and %s", what,
                               (int)range->low_n, range->low_text, range->high_text);
}

static bool
no_memory(const struct option_value *value)
{
    return option_value_refuse(value, NULL, "there is no memory for it");
}

/* ---- plain values ---- */

static bool
has_text(const struct setting *setting)
{
    return setting->type == SETTING_STRING || setting->type == SETTING_TEXT;
}

/* @n is within the rule; @what: "", or what is counted and a space. */
static bool
check_range(const struct option_value *value, int64_t n, const char *what)
{
    struct option_range range;
    option_range_parse(value->row, &range);
    if ((range.has_low && n < range.low) || (range.has_high && n > range.high))
        return refuse_range(value, &range, what);
    return true;
}

static bool
fill_bool(const struct option_value *value, int64_t *to)
{
    const struct setting *setting = value->setting;
    if (setting->type == SETTING_BOOL) {
        *to = setting->i;
        return true;
    }
    if (setting->type == SETTING_TEXT) {
        *to = strcasecmp(setting->text, "true") == 0;
        if (*to || strcasecmp(setting->text, "false") == 0)
            return true;
    }
    return option_value_refuse(value, NULL, "must be true or false, without quotes");
}

static bool
fill_int(const struct option_value *value, int64_t *to)
{
    const struct setting *setting = value->setting;
    if (setting->type == SETTING_INT) {
        *to = setting->i;
        return check_range(value, *to, "");
    }
    if (setting->type == SETTING_TEXT && *setting->text != '\0') {
        char *end;
        errno = 0;
        *to = strtoll(setting->text, &end, 10);
        if (errno == 0 && *end == '\0')
            return check_range(value, *to, "");
    }
    return option_value_refuse(value, NULL, "must be an integer");
}

static bool
check_float(const struct option_value *value, double number)
{
    struct option_range range;
    option_range_parse(value->row, &range);
    if ((range.has_low && number < range.low_f) || (range.has_high && number > range.high_f))
        return refuse_range(value, &range, "");
    return true;
}

static bool
fill_float(const struct option_value *value, double *to)
{
    const struct setting *setting = value->setting;
    if (setting->type == SETTING_FLOAT || setting->type == SETTING_INT) {
        *to = setting->f;
        return check_float(value, *to);
    }
    if (setting->type == SETTING_TEXT && strspn(setting->text, "0123456789+-.eE") > 0) {
        char *end;
        errno = 0;
        *to = strtod(setting->text, &end);
        if (errno == 0 && *end == '\0')
            return check_float(value, *to);
    }
    return option_value_refuse(value, NULL, "must be a number");
}

static bool
is_bare_number(const struct setting *setting)
{
    if (setting->type == SETTING_INT || setting->type == SETTING_FLOAT)
        return true;
    return has_text(setting) && *setting->text != '\0' &&
           setting->text[strspn(setting->text, "0123456789.")] == '\0';
}

static bool
fill_with_unit(const struct option_value *value, int64_t *to)
{
    const struct setting *setting = value->setting;
    bool is_size = value->row->type == LEVADA_O_SIZE;
    const char *what = is_size ? "size" : "duration";
    const char *example = is_size ? "64 KiB" : "60 s";

    if (is_bare_number(setting))
        return option_value_refuse(value, NULL, "a %s needs its unit, as in \"%s\"", what, example);
    if (!has_text(setting))
        return option_value_refuse(value, NULL, "must be a %s, as in \"%s\"", what, example);
    if (is_size ? units_parse_size(setting->text, to) : units_parse_duration(setting->text, to))
        return check_range(value, *to, "");
    return option_value_refuse(value, NULL,
                               is_size ? "must be a %s, as in \"%s\" (B, kB, KiB, MB, MiB, GB, "
                                         "GiB, TB, TiB)"
                                       : "must be a %s, as in \"%s\" (ns, us, ms, s, min, h, d)",
                               what, example);
}

static bool
fill_string(const struct option_value *value, const char **to)
{
    const struct setting *setting = value->setting;
    if (!has_text(setting))
        return option_value_refuse(value, NULL, "must be a text in quotes");
    size_t n = strlen(setting->text);
    if (value->row->type == LEVADA_O_STRING && !check_range(value, (int64_t)n, "its length "))
        return false;
    *to = arena_copy(value->context->arena, setting->text, n);
    return *to != NULL || no_memory(value);
}

/* ---- choices ---- */

/* The words of a rule as a sentence has them: "a", "b" or "c". Offers each as a suggestion. */
static const char *
choice_words(const char *rule, struct arena *arena, struct suggest *suggest)
{
    struct strbuf words = { 0 };
    while (*rule != '\0') {
        size_t n = strcspn(rule, "|");
        const char *word = arena_copy(arena, rule, n);
        if (word == NULL)
            break;
        suggest_offer(suggest, word);
        bool is_last = rule[n] == '\0';
        strbuf_printf(&words, "%s\"%s\"", words.n == 0 ? "" : is_last ? " or " : ", ", word);
        rule += n + !is_last;
    }
    const char *text = arena_copy(arena, strbuf_text(&words), words.n);
    strbuf_finish(&words);
    return text == NULL ? rule : text;
}

static bool
fill_choice(const struct option_value *value, int64_t *to)
{
    const struct setting *setting = value->setting;
    struct suggest suggest;
    if (has_text(setting)) {
        *to = option_choice_index(value->row->rule, setting->text);
        if (*to >= 0)
            return true;
    }
    *to = 0;
    suggest_start(&suggest, has_text(setting) ? setting->text : "");
    const char *words = choice_words(value->row->rule, value->context->arena, &suggest);
    return option_value_refuse(value, setting->secret ? NULL : suggest_best(&suggest), "must be %s",
                               words);
}

/* ---- fields and files ---- */

static bool
fill_path(const struct option_value *value, const struct levada_path **to)
{
    const struct option_context *context = value->context;
    struct error err = { 0 };
    if (!has_text(value->setting))
        return option_value_refuse(value, NULL, "must be the name of a field in quotes");
    *to = context->compile(context->user, value->row, value->setting->text, &err);
    return *to != NULL || option_value_refuse(value, NULL, "%s", err.text);
}

static bool
check_readable(const struct option_value *value, const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return refuse_missing_file(value, path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return refuse_missing_file(value, path, "not a regular file");
    if (access(path, R_OK) != 0)
        return refuse_missing_file(value, path, strerror(errno));
    return true;
}

static bool
fill_file(const struct option_value *value, const char **to)
{
    const struct setting *setting = value->setting;
    if (!fill_string(value, to))
        return false;
    if (**to == '\0')
        return option_value_refuse(value, NULL, "must name a file");
    if (strcmp(*to, "-") == 0)
        return true;
    *to = setting_path(setting, value->context->arena);
    if (*to == NULL)
        return no_memory(value);
    return (value->row->flags & LEVADA_OF_READ) == 0 || check_readable(value, *to);
}

/* ---- lists, groups, maps ---- */

/* A setting as a list has it; a single value is a list of one. */
struct items {
    const struct setting *first;
    size_t n;
};

/* "a,b" from the command line, or a default, as settings; NULL: no memory. */
static const struct setting *
split(const struct option_value *value, size_t *n)
{
    const struct setting *setting = value->setting;
    struct arena *arena = value->context->arena;
    *n = 0;
    for (const char *p = setting->text; p != NULL && *setting->text != '\0'; p = strchr(p, ',')) {
        p += *n > 0;
        ++*n;
    }
    struct setting *items = arena_alloc(arena, *n * sizeof(*items));
    const char *p = setting->text;
    for (size_t i = 0; items != NULL && i < *n; i++) {
        size_t length = strcspn(p, ",");
        items[i] = *setting;
        items[i].text = arena_copy(arena, p, length);
        if (items[i].text == NULL)
            return NULL;
        p += length + (p[length] == ',');
    }
    return items;
}

static bool
get_items(const struct option_value *value, const struct levada_option *item_row,
          struct items *items)
{
    const struct setting *setting = value->setting;
    items->first = setting;
    items->n = 1;
    if (setting->type == SETTING_LIST) {
        items->first = setting->children;
        items->n = setting->n_children;
    } else if (setting->type == SETTING_TEXT) {
        if (item_row->type == LEVADA_O_GROUP || item_row->type == LEVADA_O_LIST ||
            item_row->type == LEVADA_O_MAP)
            return option_value_refuse(value, NULL, "a list of groups has no short form");
        items->first = split(value, &items->n);
        if (items->first == NULL)
            return no_memory(value);
    }
    return true;
}

static bool
fill_list(const struct option_value *value, struct levada_list *to)
{
    struct option_table table = option_children(value->row, value->stride);
    struct levada_option item_row = option_table_row(&table, 0);
    struct items items;

    if (item_row.type == LEVADA_O_GROUP)
        item_row.size = value->row->item_size;
    if (!get_items(value, &item_row, &items) ||
        !check_range(value, (int64_t)items.n, "its length "))
        return false;
    size_t size = option_value_size(&item_row);
    char *memory = arena_alloc(value->context->arena, items.n * size);
    if (memory == NULL)
        return no_memory(value);
    memset(memory, 0, items.n * size);
    bool filled = true;
    for (size_t i = 0; i < items.n; i++) {
        struct option_value item = *value;
        item.row = &item_row;
        item.setting = &items.first[i];
        filled &= option_value_fill(&item, memory + i * size);
    }
    *to = (struct levada_list){ .items = memory, .n = items.n };
    return filled;
}

static bool
fill_group(const struct option_value *value, void *to)
{
    if (value->setting->type != SETTING_GROUP)
        return option_value_refuse(value, NULL, "must be a group: { name = value; }");
    struct option_table table = option_children(value->row, value->stride);
    struct option_level level = { .context = value->context,
                                  .tables = &table,
                                  .n_tables = 1,
                                  .settings = value->setting,
                                  .group = value->name };
    return option_level_fill(&level, &to);
}

/* A plain setting as text; false: it is none. */
static bool
text_of(const struct setting *setting, struct strbuf *text)
{
    switch (setting->type) {
    case SETTING_STRING:
    case SETTING_TEXT:
        strbuf_str(text, setting->text);
        return true;
    case SETTING_INT:
        strbuf_printf(text, "%" PRId64, setting->i);
        return true;
    case SETTING_FLOAT: {
        char shortest[40];
        snprintf(shortest, sizeof(shortest), "%.15g", setting->f);
        if (strtod(shortest, NULL) != setting->f)
            snprintf(shortest, sizeof(shortest), "%.17g", setting->f);
        strbuf_str(text, shortest);
        return true;
    }
    case SETTING_BOOL:
        strbuf_str(text, setting->i != 0 ? "true" : "false");
        return true;
    default:
        return false;
    }
}

static bool
refuse_pair(const struct option_value *value, const struct setting *member, const char *rule)
{
    struct strbuf name = { 0 };
    struct option_value at = *value;
    struct setting shown = *member;
    shown.secret = member->secret || secret_is_named(member->name);
    at.setting = &shown;
    strbuf_printf(&name, "%s.%s", value->name, member->name);
    at.name = strbuf_text(&name);
    option_value_refuse(&at, NULL, "%s", rule);
    strbuf_finish(&name);
    return false;
}

static bool
fill_pair(const struct option_value *value, const struct setting *member, struct levada_pair *pair)
{
    struct arena *arena = value->context->arena;
    struct strbuf text = { 0 };
    bool filled = text_of(member, &text);
    if (!filled) {
        refuse_pair(value, member, "must be a text, a number, true or false");
    } else if ((value->row->flags & LEVADA_OF_REFER) != 0 && !member->secret &&
               secret_is_named(member->name)) {
        filled = refuse_pair(value, member,
                             "must be a reference, \"${env:NAME}\" or \"${file:PATH}\", so that no "
                             "secret stands in a pipeline file or on a command line");
    } else {
        pair->name = arena_copy(arena, member->name, strlen(member->name));
        pair->value = arena_copy(arena, strbuf_text(&text), text.n);
        filled = (pair->name != NULL && pair->value != NULL) || no_memory(value);
    }
    strbuf_finish(&text);
    return filled;
}

static bool
fill_map(const struct option_value *value, struct levada_list *to)
{
    const struct setting *group = value->setting;
    if (group->type != SETTING_GROUP)
        return option_value_refuse(value, NULL, "must be a group: { name = value; }");
    if (!check_range(value, (int64_t)group->n_children, "its length "))
        return false;
    struct levada_pair *pairs =
        arena_alloc(value->context->arena, group->n_children * sizeof(*pairs));
    if (pairs == NULL)
        return no_memory(value);
    bool filled = true;
    for (size_t i = 0; i < group->n_children; i++)
        filled &= fill_pair(value, &group->children[i], &pairs[i]);
    *to = (struct levada_list){ .items = pairs, .n = group->n_children };
    return filled;
}

bool
option_value_fill(const struct option_value *value, void *to)
{
    switch (value->row->type) {
    case LEVADA_O_BOOL:
        return fill_bool(value, to);
    case LEVADA_O_INT:
        return fill_int(value, to);
    case LEVADA_O_FLOAT:
        return fill_float(value, to);
    case LEVADA_O_STRING:
        return fill_string(value, to);
    case LEVADA_O_DURATION:
    case LEVADA_O_SIZE:
        return fill_with_unit(value, to);
    case LEVADA_O_PATH:
        return fill_path(value, to);
    case LEVADA_O_LIST:
        return fill_list(value, to);
    case LEVADA_O_GROUP:
        return fill_group(value, to);
    case LEVADA_O_MAP:
        return fill_map(value, to);
    case LEVADA_O_CHOICE:
        return fill_choice(value, to);
    case LEVADA_O_FILE:
        return fill_file(value, to);
    default:
        return option_value_refuse(value, NULL, "its type is unknown to this version");
    }
}
