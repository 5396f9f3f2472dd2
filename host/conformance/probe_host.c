/* SPDX-License-Identifier: Apache-2.0 */
/* The host's functions as a plugin under test gets them: checked, counted, made to fail. */
#include "conformance/probe.h"

#include "conformance/probe_private.h"
#include "conformance/shield.h"
#include "conformance/verdict.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define NEWER_STRIDE (sizeof(struct levada_record) + 24)

/* ---- data that is only read ---- */

static const void *
shield(const void *bytes, size_t n, size_t align)
{
    return probe_setup.shield ? shield_copy(bytes, n, align) : bytes;
}

/* The records of a host whose struct is longer, what is new not zero. */
static const struct levada_record *
longer_records(const struct levada_batch *batch, const struct levada_record *records)
{
    char *copy = probe_scratch((size_t)batch->n * NEWER_STRIDE);
    memset(copy, 0x5a, (size_t)batch->n * NEWER_STRIDE);
    for (uint32_t i = 0; i < batch->n; i++) {
        struct levada_record *record = (void *)(copy + i * NEWER_STRIDE);
        *record = records[i];
        record->flags |= 1u << 30;
    }
    return (const void *)copy;
}

static struct levada_record *
record_at(void *records, uint32_t stride, uint32_t i)
{
    return (struct levada_record *)(void *)((char *)records + (size_t)i * stride);
}

static void
copy_bytes(char *block, uint64_t *used, const struct levada_bytes *bytes)
{
    if (bytes->n > 0)
        memcpy(block + *used, bytes->p, bytes->n);
    *used += bytes->n;
}

static void
point_into(const char *block, uint64_t *used, struct levada_bytes *bytes)
{
    if (bytes->n > 0)
        bytes->p = block + *used;
    *used += bytes->n;
}

/* Keys and values of the copies point into one block that is shielded, too. */
static void
shield_payload(void *records, const struct levada_batch *batch)
{
    uint64_t n = 0, used = 0;
    for (uint32_t i = 0; i < batch->n; i++) {
        const struct levada_record *record = record_at(records, batch->stride, i);
        n += record->key.n + record->value.n;
    }
    char *block = probe_scratch(n);
    for (uint32_t i = 0; i < batch->n; i++) {
        copy_bytes(block, &used, &record_at(records, batch->stride, i)->key);
        copy_bytes(block, &used, &record_at(records, batch->stride, i)->value);
    }
    const char *shielded = shield(block, n, 1);
    used = 0;
    for (uint32_t i = 0; i < batch->n; i++) {
        point_into(shielded, &used, &record_at(records, batch->stride, i)->key);
        point_into(shielded, &used, &record_at(records, batch->stride, i)->value);
    }
}

static const struct levada_record *
shield_records(struct levada_batch *batch, const struct levada_record *records)
{
    if (records == NULL)
        return NULL;
    batch->stride = sizeof(*records);
    if (probe_setup.newer) {
        records = longer_records(batch, records);
        batch->stride = NEWER_STRIDE;
    }
    if (!probe_setup.shield)
        return records;
    void *copy = probe_scratch((size_t)batch->n * batch->stride);
    memcpy(copy, records, (size_t)batch->n * batch->stride);
    shield_payload(copy, batch);
    return shield(copy, (size_t)batch->n * batch->stride, alignof(struct levada_record));
}

/* A dictionary is the same object as long as its generation is; only its entries may be guarded. */
static const struct levada_dict *
shield_dict(const struct levada_dict *dict)
{
    if (!probe_setup.shield)
        return dict;
    struct levada_dict *copy = probe_scratch(sizeof(*copy));
    *copy = *dict;
    copy->entry =
        shield(dict->entry, dict->n * sizeof(*dict->entry), alignof(struct levada_scalar));
    return copy;
}

/* ---- the functions ---- */

static levada_status
plugin_fail(struct levada_call *call, levada_status code, const char *text)
{
    struct levada_call *real = probe_check(call, "fail");
    probe_check_secret(text);
    return call_host.fail(real, code, text);
}

static levada_status
plugin_fail_at(struct levada_call *call, struct levada_batch *batch, uint32_t i, levada_status code,
               const char *text)
{
    struct levada_call *real = probe_enter(call, "fail_at");
    if (real == NULL)
        return LEVADA_RETRY;
    probe_check_secret(text);
    return call_host.fail_at(real, batch, i, code, text);
}

static void *
plugin_scratch(struct levada_call *call, uint64_t n)
{
    struct levada_call *real = probe_enter(call, "scratch");
    if (real == NULL)
        return NULL;
    return call_host.scratch(real, n);
}

static levada_status
plugin_problem(struct levada_call *call, const char *option, const char *text)
{
    struct levada_call *real = probe_enter(call, "problem");
    if (real == NULL)
        return LEVADA_RETRY;
    probe_check_secret(text);
    return call_host.problem(real, option, text);
}

static const struct levada_path *
plugin_path(struct levada_call *call, const char *text)
{
    struct levada_call *real = probe_enter(call, "path");
    if (real == NULL)
        return NULL;
    return call_host.path(real, text);
}

static const struct levada_path *
plugin_needs(struct levada_call *call, const char *text)
{
    struct levada_call *real = probe_enter(call, "needs");
    if (real == NULL)
        return NULL;
    return call_host.needs(real, text);
}

static const struct levada_path *
plugin_adds(struct levada_call *call, const char *text, const struct levada_path *after)
{
    struct levada_call *real = probe_enter(call, "adds");
    if (real == NULL)
        return NULL;
    return call_host.adds(real, text, after);
}

static levada_status
plugin_drops(struct levada_call *call, const struct levada_path *path)
{
    struct levada_call *real = probe_enter(call, "drops");
    if (real == NULL)
        return LEVADA_RETRY;
    return call_host.drops(real, path);
}

static levada_status
plugin_only(struct levada_call *call)
{
    struct levada_call *real = probe_enter(call, "only");
    if (real == NULL)
        return LEVADA_RETRY;
    return call_host.only(real);
}

static levada_status
plugin_endless(struct levada_call *call)
{
    struct levada_call *real = probe_enter(call, "endless");
    if (real == NULL)
        return LEVADA_RETRY;
    return call_host.endless(real);
}

static uint64_t *
plugin_counter(struct levada_call *call, const char *name, const char *unit, const char *help)
{
    struct levada_call *real = probe_enter(call, "counter");
    if (real == NULL)
        return NULL;
    return call_host.counter(real, name, unit, help);
}

static uint32_t
plugin_cell(struct levada_call *call, const char *name, uint32_t type, uint32_t size)
{
    struct levada_call *real = probe_enter(call, "cell");
    if (real == NULL)
        return 0;
    return call_host.cell(real, name, type, size);
}

static const struct levada_record *
plugin_records(struct levada_call *call, struct levada_batch *batch)
{
    struct levada_call *real = probe_enter(call, "records");
    if (real == NULL)
        return NULL;
    return shield_records(batch, call_host.records(real, batch));
}

static const struct levada_field *
plugin_fields(struct levada_call *call, struct levada_batch *batch, uint32_t *n)
{
    struct levada_call *real = probe_enter(call, "fields");
    *n = 0;
    if (real == NULL)
        return NULL;
    const struct levada_field *fields = call_host.fields(real, batch, n);
    return shield(fields, *n * sizeof(*fields), alignof(struct levada_field));
}

static const struct levada_scalar *
plugin_column(struct levada_call *call, struct levada_batch *batch, const struct levada_path *path)
{
    struct levada_call *real = probe_enter(call, "column");
    if (real == NULL)
        return NULL;
    const struct levada_scalar *values = call_host.column(real, batch, path);
    return values == NULL
               ? NULL
               : shield(values, batch->n * sizeof(*values), alignof(struct levada_scalar));
}

static const uint32_t *
plugin_ids(struct levada_call *call, struct levada_batch *batch, const struct levada_path *path,
           const struct levada_dict **dict)
{
    struct levada_call *real = probe_enter(call, "ids");
    if (real == NULL)
        return NULL;
    const uint32_t *ids = call_host.ids(real, batch, path, dict);
    if (ids == NULL)
        return NULL;
    *dict = shield_dict(*dict);
    return shield(ids, batch->n * sizeof(*ids), alignof(uint32_t));
}

static const int64_t *
plugin_times(struct levada_call *call, struct levada_batch *batch, const struct levada_path *path)
{
    struct levada_call *real = probe_enter(call, "times");
    if (real == NULL)
        return NULL;
    const int64_t *times = call_host.times(real, batch, path);
    return times == NULL ? NULL : shield(times, batch->n * sizeof(*times), alignof(int64_t));
}

static const char *
plugin_text(struct levada_call *call, const struct levada_scalar *value, uint64_t *n)
{
    struct levada_call *real = probe_enter(call, "text");
    *n = 0;
    if (real == NULL)
        return NULL;
    return call_host.text(real, value, n);
}

static const char *
plugin_stream_name(struct levada_call *call, uint32_t stream)
{
    struct levada_call *real = probe_enter(call, "stream_name");
    if (real == NULL)
        return NULL;
    return call_host.stream_name(real, stream);
}

static const struct levada_slots *
plugin_slots(struct levada_call *call, struct levada_batch *batch)
{
    struct levada_call *real = probe_enter(call, "slots");
    if (real == NULL)
        return NULL;
    return probe_newer_slots(call_host.slots(real, batch));
}

static levada_status
plugin_set_column(struct levada_call *call, struct levada_batch *batch,
                  const struct levada_path *path, const struct levada_scalar *values)
{
    struct levada_call *real = probe_enter(call, "set_column");
    if (real == NULL)
        return LEVADA_RETRY;
    return call_host.set_column(real, batch, path, values);
}

static levada_status
plugin_set_ids(struct levada_call *call, struct levada_batch *batch, const struct levada_path *path,
               const uint32_t *ids, const struct levada_dict *dict)
{
    struct levada_call *real = probe_enter(call, "set_ids");
    if (real == NULL)
        return LEVADA_RETRY;
    return call_host.set_ids(real, batch, path, ids, dict);
}

static levada_status
plugin_set_fields(struct levada_call *call, struct levada_batch *batch,
                  const struct levada_path *const *paths, uint32_t n)
{
    struct levada_call *real = probe_enter(call, "set_fields");
    if (real == NULL)
        return LEVADA_RETRY;
    return call_host.set_fields(real, batch, paths, n);
}

static levada_status
plugin_unset(struct levada_call *call, struct levada_batch *batch, const struct levada_path *path)
{
    struct levada_call *real = probe_enter(call, "unset");
    if (real == NULL)
        return LEVADA_RETRY;
    return call_host.unset(real, batch, path);
}

static struct levada_batch *
plugin_select(struct levada_call *call, struct levada_batch *batch, const uint32_t *indexes,
              uint32_t n)
{
    struct levada_call *real = probe_enter(call, "select");
    if (real == NULL)
        return NULL;
    return call_host.select(real, batch, indexes, n);
}

static struct levada_batch *
plugin_batch(struct levada_call *call, uint32_t n)
{
    struct levada_call *real = probe_enter(call, "batch");
    if (real == NULL)
        return NULL;
    return call_host.batch(real, n);
}

static levada_status
plugin_emit(struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    struct levada_call *real = probe_enter(call, "emit");
    if (real == NULL)
        return LEVADA_RETRY;
    return call_host.emit(real, port, batch);
}

static uint32_t
plugin_stream(struct levada_call *call, const char *name)
{
    struct levada_call *real = probe_enter(call, "stream");
    if (real == NULL)
        return 0;
    return call_host.stream(real, name);
}

static levada_status
plugin_append(struct levada_call *call, struct levada_batch *batch,
              const struct levada_record *records, uint32_t n, uint32_t stride)
{
    struct levada_call *real = probe_enter(call, "append");
    if (real == NULL)
        return LEVADA_RETRY;
    return call_host.append(real, batch, records, n, stride);
}

static levada_status
plugin_append_json(struct levada_call *call, struct levada_batch *batch,
                   const struct levada_record *first, struct levada_bytes text, uint32_t flags,
                   uint32_t max_records, uint64_t *used)
{
    struct levada_call *real = probe_enter(call, "append_json");
    *used = 0;
    if (real == NULL)
        return LEVADA_RETRY;
    return call_host.append_json(real, batch, first, text, flags, max_records, used);
}

static levada_status
plugin_position(struct levada_call *call, struct levada_batch *batch,
                const struct levada_position *position)
{
    struct levada_call *real = probe_enter(call, "position");
    if (real == NULL)
        return LEVADA_RETRY;
    return call_host.position(real, batch, position);
}

static const struct levada_position *
plugin_stored(struct levada_call *call, const char *stream, int32_t partition)
{
    return call_host.stored(probe_check(call, "stored"), stream, partition);
}

static levada_status
plugin_assigned(struct levada_call *call, const struct levada_position *all, uint32_t n)
{
    struct levada_call *real = probe_enter(call, "assigned");
    if (real == NULL)
        return LEVADA_RETRY;
    return call_host.assigned(real, all, n);
}

static void *
plugin_resize_cell(struct levada_call *call, uint32_t cell, uint32_t slot, uint64_t n)
{
    struct levada_call *real = probe_enter(call, "resize_cell");
    if (real == NULL)
        return NULL;
    return call_host.resize_cell(real, cell, slot, n);
}

/* ---- what any thread may call ---- */

static void
plugin_log(struct levada_ctx *ctx, int32_t level, const char *event, const char *facts)
{
    probe_check_secret(event);
    probe_check_secret(facts);
    call_host.log(ctx, level, event, facts);
}

/* ---- extensions ---- */

static levada_status
plugin_state_get(struct levada_call *call, struct levada_bytes key, struct levada_bytes *value)
{
    const struct levada_state_v1 *state = call_host.ext("levada.state/1");
    struct levada_call *real = probe_enter(call, "get");
    *value = (struct levada_bytes){ NULL, 0 };
    return real == NULL ? LEVADA_RETRY : state->get(real, key, value);
}

static levada_status
plugin_state_put(struct levada_call *call, struct levada_bytes key, struct levada_bytes value)
{
    const struct levada_state_v1 *state = call_host.ext("levada.state/1");
    struct levada_call *real = probe_enter(call, "put");
    return real == NULL ? LEVADA_RETRY : state->put(real, key, value);
}

static levada_status
plugin_state_next(struct levada_call *call, struct levada_bytes after, struct levada_bytes *key,
                  struct levada_bytes *value)
{
    const struct levada_state_v1 *state = call_host.ext("levada.state/1");
    struct levada_call *real = probe_enter(call, "next");
    *key = *value = (struct levada_bytes){ NULL, 0 };
    return real == NULL ? LEVADA_RETRY : state->next(real, after, key, value);
}

static const struct levada_state_v1 plugin_state = {
    .struct_size = sizeof(plugin_state),
    .get = plugin_state_get,
    .put = plugin_state_put,
    .next = plugin_state_next,
};

static const char *
plugin_pipeline_name(struct levada_call *call)
{
    const struct levada_pipeline_v1 *pipeline = call_host.ext("levada.pipeline/1");
    return pipeline->name(probe_check(call, "name"));
}

static uint32_t
plugin_pipeline_memory(struct levada_call *call)
{
    const struct levada_pipeline_v1 *pipeline = call_host.ext("levada.pipeline/1");
    return pipeline->memory(probe_check(call, "memory"));
}

static const char *
plugin_pipeline_identity(struct levada_call *call)
{
    const struct levada_pipeline_v1 *pipeline = call_host.ext("levada.pipeline/1");
    return pipeline->identity(probe_check(call, "identity"));
}

static const struct levada_pipeline_v1 plugin_pipeline = {
    .struct_size = sizeof(plugin_pipeline),
    .name = plugin_pipeline_name,
    .identity = plugin_pipeline_identity,
    .memory = plugin_pipeline_memory,
};

static int32_t
plugin_batch_is_set(struct levada_call *call, struct levada_batch *batch,
                    const struct levada_path *path)
{
    const struct levada_batch_v1 *extension = call_host.ext("levada.batch/1");
    return extension->is_set(probe_check(call, "is_set"), batch, path);
}

static const struct levada_batch_v1 plugin_batch_v1 = {
    .struct_size = sizeof(plugin_batch_v1),
    .is_set = plugin_batch_is_set,
};

/* Others are told to be absent, as they are in older hosts. */
static const void *
plugin_ext(const char *id)
{
    if (probe_setup.bare)
        return NULL;
    if (strcmp(id, "levada.state/1") == 0)
        return &plugin_state;
    if (strcmp(id, "levada.batch/1") == 0)
        return &plugin_batch_v1;
    return strcmp(id, "levada.pipeline/1") == 0 ? &plugin_pipeline : NULL;
}

static void
not_of_this_host(void)
{
    verdict_end("skew", "called a function that its host does not have");
}

const struct levada_host *
probe_host(void)
{
    /* Room for what newer hosts have behind their table; calling it is a fault. */
    static struct {
        struct levada_host host;
        void (*later[8])(void);
    } table;
    const struct levada_host mine = {
        .struct_size = sizeof(mine),
        .abi_minor = LEVADA_ABI_MINOR,
        .name = "levada",
        .version = "conformance",
        .ext = plugin_ext,
        .log = plugin_log,
        .name_of = call_host.name_of,
        .retain = probe_retain,
        .release = probe_release,
        .alloc = call_host.alloc,
        .attach = call_host.attach,
        .fail = plugin_fail,
        .fail_at = plugin_fail_at,
        .scratch = plugin_scratch,
        .problem = plugin_problem,
        .path = plugin_path,
        .needs = plugin_needs,
        .adds = plugin_adds,
        .drops = plugin_drops,
        .only = plugin_only,
        .endless = plugin_endless,
        .counter = plugin_counter,
        .cell = plugin_cell,
        .records = plugin_records,
        .fields = plugin_fields,
        .column = plugin_column,
        .ids = plugin_ids,
        .times = plugin_times,
        .text = plugin_text,
        .stream_name = plugin_stream_name,
        .slots = plugin_slots,
        .set_column = plugin_set_column,
        .set_ids = plugin_set_ids,
        .set_fields = plugin_set_fields,
        .unset = plugin_unset,
        .select = plugin_select,
        .batch = plugin_batch,
        .emit = plugin_emit,
        .stream = plugin_stream,
        .append = plugin_append,
        .append_json = plugin_append_json,
        .position = plugin_position,
        .stored = plugin_stored,
        .assigned = plugin_assigned,
        .resize_cell = plugin_resize_cell,
    };
    table.host = mine;
    for (size_t i = 0; i < sizeof(table.later) / sizeof(*table.later); i++)
        table.later[i] = not_of_this_host;
    if (probe_setup.newer) {
        table.host.struct_size = sizeof(table);
        table.host.abi_minor = LEVADA_ABI_MINOR + 1;
    }
    return &table.host;
}
