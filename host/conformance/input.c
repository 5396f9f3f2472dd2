/* SPDX-License-Identifier: Apache-2.0 */
/* Records for the stage under test: the fields that it said it reads, in shielded memory. */
#include "base/strbuf.h"
#include "conformance/rig.h"
#include "conformance/shield.h"
#include "conformance/verdict.h"

#include <string.h>

static const char *const some_values[] = {
    "\"a\"",          "\"b\"", "1",       "2.5",   "null",      "true",
    "\"\"",           "-7",    "\"c d\"", "[1,2]", "{\"x\":1}", "12345678901234567890",
    "\"\\u00e9\\n\"", "0",     "1e300",
};

#define N_VALUES (sizeof(some_values) / sizeof(*some_values))

/* Fields that have to be there in every record, or the host itself refuses it. */
static bool
is_event_time(const struct stage *stage, const struct levada_path *path)
{
    return path == stage->table_options.event_time;
}

static void
add_value(struct instance *instance, const struct levada_path *path, const struct batch_wish *wish,
          uint32_t i, struct strbuf *out)
{
    if (is_event_time(instance->stage, path))
        strbuf_printf(out, "\"2024-05-%02uT%02u:00:00\"", 1 + i / 24 % 28, i % 24);
    else if (wish->value != NULL)
        strbuf_str(out, wish->value);
    else
        strbuf_str(out, some_values[random_below(&instance->rig->random, N_VALUES)]);
}

/* {"a":{"b":VALUE}} without its outermost braces. */
static void
add_field(struct instance *instance, const struct levada_path *path, const struct batch_wish *wish,
          uint32_t i, struct strbuf *out)
{
    for (uint32_t s = 0; s < path->n_steps; s++) {
        const struct path_step *step = &path->steps[s];
        if (step->name == NULL) {
            strbuf_char(out, '[');
            for (uint32_t k = 0; k < step->index && k < 16; k++)
                strbuf_str(out, "0,");
            continue;
        }
        if (s > 0)
            strbuf_char(out, '{');
        strbuf_json_string(out, step->name, step->name_n);
        strbuf_char(out, ':');
    }
    add_value(instance, path, wish, i, out);
    for (uint32_t s = path->n_steps; s-- > 0;) {
        if (path->steps[s].name == NULL)
            strbuf_char(out, ']');
        else if (s > 0)
            strbuf_char(out, '}');
    }
}

static void
add_record(struct instance *instance, const struct batch_wish *wish, uint32_t i, struct strbuf *out)
{
    const struct field_plan *fields = &instance->stage->fields;
    strbuf_printf(out, "{\"_n\":%u", i);
    for (uint32_t f = 0; f < fields->n_needs; f++) {
        if (fields->needs[f]->kind != PATH_FIELD)
            continue;
        strbuf_char(out, ',');
        add_field(instance, fields->needs[f], wish, i, out);
    }
    strbuf_char(out, '}');
}

static void
drop_text(void *object)
{
    shield_drop(*(const void **)object);
}

/* The odd ones: what Kafka knows as tombstones, empty values, bytes that are no JSON and no UTF-8.
 */
static void
make_hostile(struct levada_record *record, uint32_t i)
{
    static const char bytes[] = "\xff\xfe{\0\x80\xc3(";
    switch (i % 6) {
    case 0:
        record->value = (struct levada_bytes){ NULL, 0 };
        break;
    case 1:
        record->value = (struct levada_bytes){ "", 0 };
        break;
    case 2:
        record->value = (struct levada_bytes){ bytes, sizeof(bytes) - 1 };
        break;
    case 3:
        record->key = (struct levada_bytes){ bytes, sizeof(bytes) - 1 };
        return;
    case 4:
        record->key = (struct levada_bytes){ "", 0 };
        return;
    default:
        return;
    }
    record->flags |= LEVADA_R_OPAQUE;
}

static void
append_records(struct instance *instance, const struct batch_wish *wish, struct batch *batch,
               const char *text)
{
    static const struct levada_header header = { { "\xff name", 6 }, { NULL, 0 } };
    struct levada_header *headers =
        batch_alloc(batch, (wish->n_headers > 0 ? wish->n_headers : 1) * sizeof(header));
    struct error err = { .status = LEVADA_OK };
    for (uint32_t h = 0; h < wish->n_headers; h++)
        headers[h] = header;
    uint32_t stream = record_space_stream(instance->space, "", "conformance");
    for (uint32_t i = 0; i < wish->n; i++) {
        const char *end = strchr(text, '\n');
        struct levada_record record = {
            .key = { "key", 3 },
            .value = { text, (uint64_t)(end - text) },
            .timestamp_ms = 1700000000000 + instance->next_offset * 1000,
            .offset = instance->next_offset,
            .number = instance->next_offset,
            .stream = stream,
            .headers = wish->n_headers > 0 ? headers : NULL,
            .n_headers = wish->n_headers,
            .flags = LEVADA_R_BORROWED | wish->flags,
        };
        instance->next_offset++;
        text = end + 1;
        if (wish->hostile)
            make_hostile(&record, i);
        if (batch_append(batch, &record, 1, sizeof(record), &err) < 0)
            verdict_skip("no batch can be made: %s", err.text);
    }
}

void
instance_record(struct instance *instance, uint32_t i, struct strbuf *out)
{
    add_record(instance, &(struct batch_wish){ .n = 1 }, i, out);
    strbuf_char(out, '\n');
}

struct batch *
instance_batch(struct instance *instance, const struct batch_wish *wish)
{
    struct batch *batch = batch_create(instance->space, 0);
    struct strbuf text = { 0 };
    struct error err = { .status = LEVADA_OK };
    struct bad_record *bad = NULL;
    uint32_t n_bad = 0;
    for (uint32_t i = 0; i < wish->n; i++) {
        add_record(instance, wish, i, &text);
        strbuf_char(&text, '\n');
    }
    const void **kept = batch_alloc(batch, sizeof(*kept));
    *kept = shield_keep(strbuf_text(&text), text.n);
    batch_attach(batch, kept, drop_text, NULL);
    append_records(instance, wish, batch, *kept);
    strbuf_finish(&text);
    if (batch_decode(batch, instance->decoder, &bad, &n_bad, &err) < 0 || n_bad > 0)
        verdict_skip("no batch can be made: %s", n_bad > 0 ? bad[0].why : err.text);
    return batch;
}
