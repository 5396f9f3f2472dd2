/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/state_verbs.h"

#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "cli/state_entry.h"
#include "cli/state_output.h"
#include "record/value.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* One entry as names and values; printed as CSV or as an object. */
struct getter {
    const struct state_get *wanted;
    int64_t window_ms;
    struct suggest suggest;
    char nearest[256]; /* what it found so far */
    bool found;
    enum codec_kind last_kind; /* whose header was printed; 0: none yet */
    struct strbuf header, line;
    struct arena arena;
};

static void
csv_field(struct strbuf *out, const char *text, size_t n)
{
    bool plain = true;
    for (size_t i = 0; i < n && plain; i++)
        plain = text[i] != '"' && text[i] != ',' && text[i] != '\n' && text[i] != '\r';
    if (plain) {
        strbuf_add(out, text, n);
        return;
    }
    strbuf_char(out, '"');
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"')
            strbuf_char(out, '"');
        strbuf_char(out, text[i]);
    }
    strbuf_char(out, '"');
}

static void
add_json(struct strbuf *line, const char *name, const struct levada_scalar *value)
{
    strbuf_char(line, line->n == 0 ? '{' : ',');
    strbuf_json_string(line, name, strlen(name));
    strbuf_char(line, ':');
    value_write_json(value, line);
}

/* The text of @value as it stands in CSV; bytes that are no text, as in JSON: base64. */
static void
add_csv(struct getter *getter, const struct levada_scalar *value)
{
    struct strbuf json = { 0 };
    uint64_t n = 0;
    const char *text = value_text(value, &getter->arena, &n);
    if (value->type == LEVADA_T_BIN) {
        value_write_json(value, &json);
        text = json.n >= 2 ? json.text + 1 : NULL;
        n = json.n - 2;
    }
    if (text != NULL)
        csv_field(&getter->line, text, n);
    else
        getter->line.failed = true;
    strbuf_finish(&json);
}

static void
add_column(struct getter *getter, const char *name, const struct levada_scalar *value)
{
    if (getter->wanted->json) {
        add_json(&getter->line, name, value);
        return;
    }
    if (getter->header.n > 0) {
        strbuf_char(&getter->header, ',');
        strbuf_char(&getter->line, ',');
    }
    csv_field(&getter->header, name, strlen(name));
    add_csv(getter, value);
}

static void
add_number(struct getter *getter, const char *name, int64_t number)
{
    add_column(getter, name, &(struct levada_scalar){ .type = LEVADA_T_I64, .u.i = number });
}

/* Text where it is one, else base64, and then the name says so. */
static void
add_bytes(struct getter *getter, const char *name, const char *name_base64,
          struct levada_bytes bytes)
{
    bool is_text = utf8_is_valid(bytes.p, bytes.n);
    struct levada_scalar value = { .type = is_text ? LEVADA_T_STR : LEVADA_T_BIN,
                                   .len = (uint32_t)bytes.n };
    value.u.s = bytes.p;
    add_column(getter, is_text || !getter->wanted->json ? name : name_base64, &value);
}

static void
add_row(struct getter *getter, const struct state_entry *entry)
{
    const struct state_shape *shape = entry->shape;
    if (shape->has_window)
        add_column(getter, "window_start",
                   &(struct levada_scalar){ .type = LEVADA_T_TIME, .u.i = entry->time_ms });
    for (uint32_t g = 0; g < shape->n_groups; g++)
        add_column(getter, shape->groups[g], &entry->groups[g]);
    for (uint32_t c = 0; c < shape->n_cells; c++) {
        char unnamed[24];
        snprintf(unnamed, sizeof(unnamed), "cell %u", c);
        add_column(getter, shape->cells[c].name != NULL ? shape->cells[c].name : unnamed,
                   &entry->cells[c]);
    }
}

/* False: this kind of entry has nothing to show. */
static bool
add_columns(struct getter *getter, const struct state_entry *entry)
{
    switch (entry->kind) {
    case CODEC_ROW:
        add_row(getter, entry);
        return true;
    case CODEC_KEYED:
        add_bytes(getter, "key", "key_base64", entry->key);
        add_bytes(getter, "value", "value_base64", entry->value);
        return true;
    case CODEC_POSITION:
        add_bytes(getter, "stream", "stream_base64", entry->key);
        add_number(getter, "partition", entry->partition);
        add_number(getter, "next", entry->next);
        add_number(getter, "latest", entry->latest);
        return true;
    case CODEC_LOG:
    case CODEC_META:
    case CODEC_SHAPE:
    case CODEC_WATERMARK:
    case CODEC_ORIGIN:
        break;
    }
    return false;
}

static bool
begins_with(const char *text, uint64_t n, const char *prefix)
{
    size_t prefix_n = strlen(prefix);
    return text != NULL && n >= prefix_n && memcmp(text, prefix, prefix_n) == 0;
}

static bool
is_wanted(struct getter *getter, const struct state_entry *entry)
{
    const struct state_get *wanted = getter->wanted;
    if (wanted->window != NULL && (entry->kind != CODEC_ROW || entry->time_ms != getter->window_ms))
        return false;
    if (wanted->prefix == NULL)
        return true;
    if (entry->kind != CODEC_ROW)
        return begins_with(entry->key.p, entry->key.n, wanted->prefix);
    uint64_t n = 0;
    const char *text =
        entry->shape->n_groups > 0 ? value_text(&entry->groups[0], &getter->arena, &n) : NULL;
    return begins_with(text, n, wanted->prefix);
}

static levada_status
print_line(struct getter *getter, enum codec_kind kind, struct error *err)
{
    levada_status status = LEVADA_OK;
    if (getter->wanted->json)
        strbuf_char(&getter->line, '}');
    if (strbuf_failed(&getter->line) || strbuf_failed(&getter->header))
        return error_set(err, LEVADA_FATAL, "out of memory");
    if (!getter->wanted->json && kind != getter->last_kind) {
        if (getter->last_kind != 0)
            status = state_put_line("", err);
        if (status >= 0)
            status = state_put_line(strbuf_text(&getter->header), err);
        getter->last_kind = kind;
    }
    return status >= 0 ? state_put_line(strbuf_text(&getter->line), err) : status;
}

static void
offer(struct getter *getter, const char *stage)
{
    suggest_offer(&getter->suggest, stage);
    if (suggest_best(&getter->suggest) == stage)
        snprintf(getter->nearest, sizeof(getter->nearest), "%s", stage);
}

static levada_status
get_entry(void *user, const struct state_entry *entry, struct error *err)
{
    struct getter *getter = user;
    if (entry->shape == NULL)
        return LEVADA_OK;
    if (entry->kind == CODEC_SHAPE)
        offer(getter, entry->shape->stage);
    if (strcmp(entry->shape->stage, getter->wanted->stage) != 0)
        return LEVADA_OK;
    getter->found = true;
    strbuf_clear(&getter->header);
    strbuf_clear(&getter->line);
    levada_status status = LEVADA_OK;
    if (is_wanted(getter, entry) && add_columns(getter, entry))
        status = print_line(getter, entry->kind, err);
    arena_reset(&getter->arena);
    return status;
}

static levada_status
not_found(const struct getter *getter, struct error *err)
{
    error_set(err, LEVADA_NO_INPUT, "checkpoint %s: has no stage \"%s\"", getter->wanted->folder,
              getter->wanted->stage);
    if (getter->nearest[0] != '\0')
        error_set(err, LEVADA_NO_INPUT, "%s; did you mean \"%s\"?", err->text, getter->nearest);
    return LEVADA_NO_INPUT;
}

int
state_get(const struct state_get *wanted)
{
    int code;
    struct error err = { .status = LEVADA_OK };
    struct getter getter = { .wanted = wanted };
    if (wanted->window != NULL) {
        getter.window_ms = value_parse_time(wanted->window, strlen(wanted->window));
        if (getter.window_ms == LEVADA_NO_TIME) {
            fprintf(stderr, "levada: --window is a time such as 2018-12-31T23:00, not: %s\n",
                    wanted->window);
            return EX_USAGE;
        }
    }
    struct store *store = state_open(wanted->folder, STORE_READ, &code);
    if (store == NULL)
        return code;
    suggest_start(&getter.suggest, wanted->stage);
    levada_status status = state_entries(store, get_entry, &getter, &err);
    if (status >= 0 && !getter.found)
        status = not_found(&getter, &err);
    strbuf_finish(&getter.header);
    strbuf_finish(&getter.line);
    arena_finish(&getter.arena);
    return state_done(store, status, &err);
}
