/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/state_verbs.h"

#include "base/strbuf.h"
#include "cli/state_entry.h"
#include "cli/state_output.h"
#include "record/value.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* The document of --json; the text is made from it. */
struct listing {
    json_t *root, *stages;
};

/* Bytes that may be no UTF-8, as a text that is. */
static json_t *
json_bytes(struct levada_bytes bytes)
{
    struct strbuf quoted = { 0 };
    strbuf_json_string(&quoted, bytes.p, bytes.n);
    json_t *text = json_loads(strbuf_text(&quoted), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    strbuf_finish(&quoted);
    return text;
}

/* No time is null; the end of the input, at which all is closed, is "end". */
static json_t *
json_time(int64_t time_ms)
{
    char text[VALUE_TIME_SIZE];
    if (time_ms == LEVADA_NO_TIME)
        return json_null();
    if (time_ms == INT64_MAX)
        return json_string("end");
    value_format_time(time_ms, text);
    return json_string(text);
}

static void
add_to(json_t *object, const char *name, uint64_t n)
{
    json_object_set_new(
        object, name,
        json_integer(json_integer_value(json_object_get(object, name)) + (json_int_t)n));
}

static json_t *
list_in(json_t *object, const char *name)
{
    if (json_object_get(object, name) == NULL)
        json_object_set_new(object, name, json_array());
    return json_object_get(object, name);
}

static json_t *
stage_of(const struct listing *listing, const struct state_shape *shape)
{
    size_t i;
    json_t *stage;
    json_array_foreach(listing->stages, i, stage)
    {
        if (strcmp(json_string_value(json_object_get(stage, "name")), shape->stage) == 0)
            return stage;
    }
    stage = json_pack("{s:s, s:s}", "name", shape->stage, "plugin", shape->plugin);
    json_array_append_new(listing->stages, stage);
    return stage;
}

static void
add_meta(json_t *root, const struct state_entry *entry)
{
    struct levada_bytes name = entry->key;
    if (name.n == strlen("epoch") && memcmp(name.p, "epoch", name.n) == 0)
        json_object_set_new(root, "epoch", json_integer((json_int_t)entry->number));
    else if (name.n == strlen("id") && memcmp(name.p, "id", name.n) == 0)
        json_object_set_new(root, "id", json_bytes(entry->value));
    else if (name.n == strlen("written_by") && memcmp(name.p, "written_by", name.n) == 0)
        json_object_set_new(root, "written_by", json_bytes(entry->value));
}

static void
add_row(json_t *stage, const struct state_entry *entry)
{
    add_to(stage, "rows", 1);
    add_to(stage, "row_bytes", entry->bytes);
    if (!entry->shape->has_window)
        return;
    json_t *windows = list_in(stage, "windows");
    json_t *start = json_time(entry->time_ms);
    json_t *window = json_array_get(windows, json_array_size(windows) - 1);
    if (window == NULL || !json_equal(json_object_get(window, "start"), start)) {
        window = json_pack("{s:O}", "start", start);
        json_array_append_new(windows, window);
    }
    json_decref(start);
    add_to(window, "rows", 1);
    add_to(window, "bytes", entry->bytes);
}

static void
add_watermark(json_t *stage, const struct state_entry *entry)
{
    if (entry->key.p == NULL)
        json_object_set_new(stage, "closed_until", json_time(entry->time_ms));
    else
        json_array_append_new(list_in(stage, "partitions"),
                              json_pack("{s:o, s:i, s:o}", "stream", json_bytes(entry->key),
                                        "partition", entry->partition, "largest_event_time",
                                        json_time(entry->time_ms)));
}

static void
add_position(json_t *stage, const struct state_entry *entry)
{
    json_array_append_new(list_in(stage, "positions"),
                          json_pack("{s:o, s:i, s:I, s:I}", "stream", json_bytes(entry->key),
                                    "partition", entry->partition, "next", (json_int_t)entry->next,
                                    "latest", (json_int_t)entry->latest));
}

static levada_status
add_entry(void *user, const struct state_entry *entry, struct error *err)
{
    const struct listing *listing = user;
    json_t *stage = entry->shape != NULL ? stage_of(listing, entry->shape) : NULL;
    (void)err;
    switch (entry->kind) {
    case CODEC_META:
        add_meta(listing->root, entry);
        break;
    case CODEC_KEYED:
        add_to(stage, "keys", 1);
        add_to(stage, "key_bytes", entry->bytes);
        break;
    case CODEC_POSITION:
        add_position(stage, entry);
        break;
    case CODEC_WATERMARK:
        add_watermark(stage, entry);
        break;
    case CODEC_ROW:
        add_row(stage, entry);
        break;
    case CODEC_LOG:
    case CODEC_SHAPE:
    case CODEC_ORIGIN:
        break;
    }
    return LEVADA_OK;
}

/* ---- text ---- */

static const char *
text_in(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "-";
}

static long long
number_in(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static const char *
size_text(long long bytes, char *text, size_t n)
{
    if (bytes < 1024)
        snprintf(text, n, "%lld B", bytes);
    else if (bytes < 1024 * 1024)
        snprintf(text, n, "%.1f KiB", (double)bytes / 1024);
    else
        snprintf(text, n, "%.1f MiB", (double)bytes / 1024 / 1024);
    return text;
}

static void
print_stage(const json_t *stage)
{
    size_t i;
    const json_t *item;
    char size[32];
    printf("\n%s (%s)\n", text_in(stage, "name"), text_in(stage, "plugin"));
    json_array_foreach(json_object_get(stage, "positions"), i, item)
        printf("  position      %s, partition %lld: %lld of %lld\n", text_in(item, "stream"),
               number_in(item, "partition"), number_in(item, "next"), number_in(item, "latest"));
    json_array_foreach(json_object_get(stage, "partitions"), i, item)
        printf("  event time    %s, partition %lld: %s\n", text_in(item, "stream"),
               number_in(item, "partition"), text_in(item, "largest_event_time"));
    if (json_object_get(stage, "closed_until") != NULL)
        printf("  closed until  %s\n", text_in(stage, "closed_until"));
    json_array_foreach(json_object_get(stage, "windows"), i, item)
        printf("  window        %s  %7lld rows  %10s\n", text_in(item, "start"),
               number_in(item, "rows"), size_text(number_in(item, "bytes"), size, sizeof(size)));
    if (json_object_get(stage, "rows") != NULL)
        printf("  rows          %lld, %s\n", number_in(stage, "rows"),
               size_text(number_in(stage, "row_bytes"), size, sizeof(size)));
    if (json_object_get(stage, "keys") != NULL)
        printf("  keys          %lld, %s\n", number_in(stage, "keys"),
               size_text(number_in(stage, "key_bytes"), size, sizeof(size)));
}

static void
print_text(const json_t *root)
{
    size_t i;
    const json_t *stage;
    char size[32];
    printf(
        "id          %s\nepoch       %lld\nwritten by  %s, format %lld\nsize        %lld entries, "
        "%s\n",
        text_in(root, "id"), number_in(root, "epoch"), text_in(root, "written_by"),
        number_in(root, "format"), number_in(root, "entries"),
        size_text(number_in(root, "bytes"), size, sizeof(size)));
    json_array_foreach(json_object_get(root, "stages"), i, stage) print_stage(stage);
}

int
state_ls(const char *folder, bool json)
{
    int code;
    struct error err = { .status = LEVADA_OK };
    struct store_stats stats;
    struct store *store = state_open(folder, STORE_READ, &code);
    if (store == NULL)
        return code;
    struct listing listing = { json_object(), json_array() };
    levada_status status = store_get_stats(store, &stats, &err);
    if (status >= 0)
        status = state_entries(store, add_entry, &listing, &err);
    if (status >= 0) {
        json_object_set_new(listing.root, "format", json_integer(STORE_FORMAT));
        json_object_set_new(listing.root, "entries", json_integer((json_int_t)stats.entries));
        json_object_set_new(listing.root, "bytes", json_integer((json_int_t)stats.bytes));
        json_object_set(listing.root, "stages", listing.stages);
        if (json)
            json_dumpf(listing.root, stdout, JSON_COMPACT);
        else
            print_text(listing.root);
        if (json)
            status = state_put_line("", &err);
    }
    json_decref(listing.root);
    json_decref(listing.stages);
    return state_done(store, status, &err);
}
