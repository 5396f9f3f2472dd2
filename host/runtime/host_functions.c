/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that plugins call, as plugin.h describes them. Each is thin: it records or passes
 * on. */
#include "record/value.h"
#include "runtime/call.h"

#include <stdlib.h>
#include <string.h>

#ifndef LEVADA_VERSION
#define LEVADA_VERSION "0.0"
#endif

/* ---- general ---- */

static void
host_log(struct levada_ctx *ctx, int32_t level, const char *event, const char *facts)
{
    const struct stage *stage = (const struct stage *)(void *)ctx;
    if (level < LOG_ERROR || level > LOG_TRACE)
        level = LOG_INFO;
    log_at(&stage->logger, (enum log_level)level, event, "%s", facts != NULL ? facts : "");
}

static levada_status
host_fail(struct levada_call *call, levada_status code, const char *text)
{
    return call_fail(call, code < 0 ? code : LEVADA_FATAL, "%s", text != NULL ? text : "");
}

/* Is there a place for records? Nothing is read before all stages have started and were restored.
 */
static bool
can_emit(struct levada_call *call, const char *function)
{
    if (call->err.status < 0)
        return false;
    if (call->plan == NULL && !call->is_start && !call->is_merge)
        return true;
    call_fail(call, LEVADA_FATAL, "%s() is not for create(), start() and merge()", function);
    return false;
}

static levada_status
host_fail_at(struct levada_call *call, struct levada_batch *batch, uint32_t i, levada_status code,
             const char *text)
{
    if (!can_emit(call, "fail_at"))
        return call->err.status;
    if (batch == NULL || i >= batch->n)
        return call_fail(call, LEVADA_FATAL, "fail_at() of a record that is not in the batch");
    if (code != LEVADA_RETRY && code != LEVADA_REJECT)
        return call_fail(call, LEVADA_FATAL, "fail_at() with code %d; RETRY or REJECT is expected",
                         code);
    const char *why = arena_copy(&call->scratch, text, text != NULL ? strlen(text) : 0);
    if (why == NULL)
        return call_fail(call, LEVADA_FATAL, "out of memory");
    if (!call_room(call, &call->failed, call->n_failed, &call->room_failed, sizeof(*call->failed)))
        return call->err.status;
    call->failed[call->n_failed++] = (struct failed_record){
        .batch = batch_retain(batch_of(batch)), .record = i, .code = code, .why = why
    };
    return LEVADA_OK;
}

static void *
host_scratch(struct levada_call *call, uint64_t n)
{
    void *memory = arena_alloc(&call->scratch, n);
    if (memory == NULL)
        call_fail(call, LEVADA_FATAL, "out of memory");
    return memory;
}

static const char *
host_name_of(const struct levada_path *path)
{
    return path != NULL ? path->text : "";
}

/* ---- create() ---- */

static bool
is_planning(struct levada_call *call, const char *function)
{
    if (call->plan != NULL)
        return true;
    call_fail(call, LEVADA_FATAL, "%s() is only for create()", function);
    return false;
}

static levada_status
host_problem(struct levada_call *call, const char *option, const char *text)
{
    if (!is_planning(call, "problem"))
        return call->err.status;
    struct stage *stage = call->stage;
    struct place at = stage->at;
    if (option != NULL && call->plan->option_at != NULL)
        at = call->plan->option_at(call->plan->user, option);
    problems_add(call->plan->problems, at, SEVERITY_ERROR, stage->name, option, NULL, "%s", text);
    return LEVADA_OK;
}

static const struct levada_path *
host_path(struct levada_call *call, const char *text)
{
    if (!is_planning(call, "path"))
        return NULL;
    struct error err = { .status = LEVADA_OK };
    const struct levada_path *path =
        path_set_get(record_space_paths(call->stage->space), text, &err);
    if (path == NULL)
        call_fail_with(call, &err);
    return path;
}

static const struct levada_path *
host_needs(struct levada_call *call, const char *text)
{
    const struct levada_path *path = host_path(call, text);
    if (path != NULL && !stage_needs(call->stage, path)) {
        call_fail(call, LEVADA_FATAL, "out of memory");
        return NULL;
    }
    return path;
}

static const struct levada_path *
host_adds(struct levada_call *call, const char *text, const struct levada_path *after)
{
    const struct levada_path *path = host_path(call, text);
    if (path != NULL && !stage_adds(call->stage, path, after)) {
        call_fail(call, LEVADA_FATAL, "out of memory");
        return NULL;
    }
    return path;
}

static levada_status
host_drops(struct levada_call *call, const struct levada_path *path)
{
    if (!is_planning(call, "drops") || path == NULL)
        return call->err.status;
    if (!stage_drops(call->stage, path))
        return call_fail(call, LEVADA_FATAL, "out of memory");
    return LEVADA_OK;
}

static levada_status
host_only(struct levada_call *call)
{
    if (!is_planning(call, "only"))
        return call->err.status;
    call->stage->fields.only = true;
    return LEVADA_OK;
}

static levada_status
host_endless(struct levada_call *call)
{
    if (!is_planning(call, "endless"))
        return call->err.status;
    call->stage->endless = true;
    return LEVADA_OK;
}

static uint64_t *
host_counter(struct levada_call *call, const char *name, const char *unit, const char *help)
{
    if (!is_planning(call, "counter"))
        return NULL;
    uint64_t *counter = metrics_own(&call->stage->metrics, name, unit, help);
    if (counter == NULL)
        call_fail(call, LEVADA_FATAL, "out of memory");
    return counter;
}

static uint32_t
host_cell(struct levada_call *call, const char *name, uint32_t type, uint32_t size)
{
    struct stage *stage = call->stage;
    if (!is_planning(call, "cell"))
        return 0;
    if ((stage->op->caps & LEVADA_CAP_TABLE) == 0)
        call_fail(call, LEVADA_FATAL, "cell() needs LEVADA_CAP_TABLE");
    else if (type != LEVADA_T_I64 && type != LEVADA_T_F64 && type != LEVADA_T_BIN)
        call_fail(call, LEVADA_FATAL, "cell() takes T_I64, T_F64 or T_BIN");
    else if (!stage_add_cell(stage, name, type, size))
        call_fail(call, LEVADA_FATAL, "out of memory");
    return stage->n_cells > 0 ? stage->n_cells - 1 : 0;
}

/* ---- reading ---- */

/* May the callback go on? NULL batches come from calls that failed: their error is sticky already.
 */
static bool
can_use(struct levada_call *call, const void *batch, const void *path)
{
    if (call->err.status < 0)
        return false;
    if (batch != NULL && path != NULL)
        return true;
    call_fail(call, LEVADA_FATAL, "a host function was given NULL");
    return false;
}

static const struct levada_record *
host_records(struct levada_call *call, struct levada_batch *batch)
{
    struct error err = { .status = LEVADA_OK };
    if (!can_use(call, batch, call))
        return NULL;
    const struct levada_record *records = batch_records(batch_of(batch), &err);
    if (records == NULL)
        call_fail_with(call, &err);
    return records;
}

static const struct levada_field *
host_fields(struct levada_call *call, struct levada_batch *batch, uint32_t *n)
{
    struct error err = { .status = LEVADA_OK };
    *n = 0;
    if (!can_use(call, batch, call))
        return NULL;
    const struct levada_field *fields = batch_fields(batch_of(batch), n, &err);
    if (fields == NULL)
        call_fail_with(call, &err);
    return fields;
}

static const struct levada_scalar *
host_column(struct levada_call *call, struct levada_batch *batch, const struct levada_path *path)
{
    struct error err = { .status = LEVADA_OK };
    if (!can_use(call, batch, path))
        return NULL;
    const struct levada_scalar *values = batch_column(batch_of(batch), path, &err);
    if (values == NULL)
        call_fail_with(call, &err);
    return values;
}

static const uint32_t *
host_ids(struct levada_call *call, struct levada_batch *batch, const struct levada_path *path,
         const struct levada_dict **dict)
{
    struct error err = { .status = LEVADA_OK };
    if (!can_use(call, batch, path))
        return NULL;
    const uint32_t *ids = batch_ids(batch_of(batch), path, dict, &err);
    if (ids == NULL)
        call_fail_with(call, &err);
    return ids;
}

static const int64_t *
host_times(struct levada_call *call, struct levada_batch *batch, const struct levada_path *path)
{
    struct error err = { .status = LEVADA_OK };
    if (!can_use(call, batch, path))
        return NULL;
    const int64_t *times = batch_times(batch_of(batch), path, &err);
    if (times == NULL)
        call_fail_with(call, &err);
    return times;
}

static const char *
host_text(struct levada_call *call, const struct levada_scalar *value, uint64_t *n)
{
    *n = 0;
    if (!can_use(call, value, call))
        return NULL;
    const char *text = value_text(value, &call->scratch, n);
    if (text == NULL)
        call_fail(call, LEVADA_FATAL, "out of memory");
    return text;
}

static const char *
host_stream_name(struct levada_call *call, uint32_t stream)
{
    return record_space_stream_name(call->stage->space, stream);
}

static bool
take_slots(struct levada_call *call, struct levada_batch *batch,
           const struct table_slots_result *result)
{
    struct error err = { .status = LEVADA_OK };
    for (uint32_t i = 0; i < result->n_rejects; i++)
        host_fail_at(call, batch, result->rejects[i].record, LEVADA_REJECT, result->rejects[i].why);
    call->n_late += result->n_late;
    if (result->n_late == 0 || call->stage->ports[STAGE_LATE_PORT].n_edges == 0)
        return call->err.status >= 0;
    struct batch *late = batch_select(batch_of(batch), result->late, result->n_late, &err);
    if (late == NULL) {
        call_fail_with(call, &err);
        return false;
    }
    if (!call_room(call, &call->emissions, call->n_emissions, &call->room_emissions,
                   sizeof(*call->emissions))) {
        batch_release(late);
        return false;
    }
    call->emissions[call->n_emissions++] =
        (struct emission){ .port = STAGE_LATE_PORT, .batch = late };
    return call->err.status >= 0;
}

static const struct levada_slots *
host_slots(struct levada_call *call, struct levada_batch *batch)
{
    struct error err = { .status = LEVADA_OK };
    struct table_slots_result result = { .slots = NULL };
    if (!can_use(call, batch, call))
        return NULL;
    if (call->services != NULL && call->services->slots != NULL)
        return call->services->slots(call->services->user, call, batch);
    if (call->stage->table == NULL) {
        call_fail(call, LEVADA_FATAL, "slots() needs LEVADA_CAP_TABLE and comes after create()");
        return NULL;
    }
    call->table_open = true;
    int64_t wall_ms = call->services->wall_ms(call->services->user);
    if (table_slots(call->stage->table, batch_of(batch), wall_ms, &result, &err) < 0) {
        call_fail_with(call, &err);
        return NULL;
    }
    return take_slots(call, batch, &result) ? result.slots : NULL;
}

static void *
host_resize_cell(struct levada_call *call, uint32_t cell, uint32_t slot, uint64_t n)
{
    struct error err = { .status = LEVADA_OK };
    if (call->err.status < 0)
        return NULL;
    if (call->services != NULL && call->services->resize_cell != NULL)
        return call->services->resize_cell(call->services->user, call, cell, slot, n);
    if (!call->table_open && !call->is_merge) {
        call_fail(call, LEVADA_FATAL,
                  "resize_cell() comes after slots(), in process(), or in merge()");
        return NULL;
    }
    void *p = table_resize_cell(call->stage->table, cell, slot, n, &err);
    if (p == NULL)
        call_fail_with(call, &err);
    return p;
}

/* ---- writing ---- */

static levada_status
host_set_column(struct levada_call *call, struct levada_batch *batch,
                const struct levada_path *path, const struct levada_scalar *values)
{
    struct error err = { .status = LEVADA_OK };
    if (!can_use(call, batch, path) || !can_use(call, values, call))
        return call->err.status;
    const struct levada_path *after = stage_added_after(call->stage, path);
    if (batch_set_column(batch_of(batch), path, values, after, &err) < 0)
        return call_fail_with(call, &err);
    return LEVADA_OK;
}

static levada_status
host_set_ids(struct levada_call *call, struct levada_batch *batch, const struct levada_path *path,
             const uint32_t *ids, const struct levada_dict *dict)
{
    struct error err = { .status = LEVADA_OK };
    if (!can_use(call, batch, path) || !can_use(call, ids, dict))
        return call->err.status;
    struct dict *mirror = stage_mirror(call->stage, path, dict);
    if (mirror == NULL)
        return call_fail(call, LEVADA_FATAL, "out of memory");
    const struct levada_path *after = stage_added_after(call->stage, path);
    if (batch_set_ids(batch_of(batch), path, ids, mirror, after, &err) < 0)
        return call_fail_with(call, &err);
    return LEVADA_OK;
}

static levada_status
host_set_fields(struct levada_call *call, struct levada_batch *batch,
                const struct levada_path *const *paths, uint32_t n)
{
    struct error err = { .status = LEVADA_OK };
    if (!can_use(call, batch, call))
        return call->err.status;
    if (batch_set_fields(batch_of(batch), paths, n, &err) < 0)
        return call_fail_with(call, &err);
    return LEVADA_OK;
}

static levada_status
host_unset(struct levada_call *call, struct levada_batch *batch, const struct levada_path *path)
{
    struct error err = { .status = LEVADA_OK };
    if (!can_use(call, batch, path))
        return call->err.status;
    if (batch_unset(batch_of(batch), path, &err) < 0)
        return call_fail_with(call, &err);
    return LEVADA_OK;
}

static struct levada_batch *
host_select(struct levada_call *call, struct levada_batch *batch, const uint32_t *indexes,
            uint32_t n)
{
    struct error err = { .status = LEVADA_OK };
    if (!can_use(call, batch, indexes))
        return NULL;
    struct batch *selected = batch_select(batch_of(batch), indexes, n, &err);
    if (selected == NULL)
        call_fail_with(call, &err);
    return call_give(call, selected);
}

static struct levada_batch *
host_batch(struct levada_call *call, uint32_t n)
{
    if (call->err.status < 0)
        return NULL;
    struct batch *batch = batch_create(call->stage->space, n);
    if (batch == NULL)
        call_fail(call, LEVADA_FATAL, "out of memory");
    return call_give(call, batch);
}

static levada_status
host_emit(struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    if (!can_emit(call, "emit") || !can_use(call, batch, call))
        return call->err.status;
    if (port >= call->stage->n_ports)
        return call_fail(call, LEVADA_FATAL, "emit() to port %u; the stage has %u", port,
                         call->stage->n_ports);
    if (!call_room(call, &call->emissions, call->n_emissions, &call->room_emissions,
                   sizeof(*call->emissions)))
        return call->err.status;
    struct batch *clone = batch_clone(batch_of(batch));
    if (clone == NULL)
        return call_fail(call, LEVADA_FATAL, "out of memory");
    call->emissions[call->n_emissions++] = (struct emission){ .port = port, .batch = clone };
    return LEVADA_OK;
}

static struct levada_batch *
host_retain(struct levada_batch *batch)
{
    return batch_public(batch_retain(batch_of(batch)));
}

static void
host_release(struct levada_batch *batch)
{
    if (batch != NULL)
        batch_release(batch_of(batch));
}

/* ---- sources ---- */

static uint32_t
host_stream(struct levada_call *call, const char *name)
{
    if (call->services != NULL && call->services->stream != NULL)
        return call->services->stream(call->services->user, call, name);
    uint32_t stream = record_space_stream(call->stage->space, call->stage->name, name);
    if (stream == UINT32_MAX) {
        call_fail(call, LEVADA_FATAL, "out of memory");
        return 0;
    }
    return stream;
}

static levada_status
host_append(struct levada_call *call, struct levada_batch *batch,
            const struct levada_record *records, uint32_t n, uint32_t stride)
{
    struct error err = { .status = LEVADA_OK };
    if (!can_use(call, batch, records))
        return call->err.status;
    if (batch_append(batch_of(batch), records, n, stride, &err) < 0)
        return call_fail_with(call, &err);
    return LEVADA_OK;
}

static levada_status
host_append_json(struct levada_call *call, struct levada_batch *batch,
                 const struct levada_record *first, struct levada_bytes text, uint32_t flags,
                 uint32_t max_records, uint64_t *used)
{
    struct error err = { .status = LEVADA_OK };
    const struct batch_json json = { text, flags, max_records };
    *used = 0;
    if (!can_use(call, batch, first))
        return call->err.status;
    if (call->stage->op->kind != LEVADA_SOURCE)
        return call_fail(call, LEVADA_FATAL, "append_json() is for sources");
    if (batch_append_json(batch_of(batch), call->stage->decoder, first, &json, used, &err) < 0)
        return call_fail_with(call, &err);
    return LEVADA_OK;
}

static void *
host_alloc(struct levada_batch *batch, uint64_t n)
{
    return batch != NULL ? batch_alloc(batch_of(batch), n) : NULL;
}

static levada_status
host_attach(struct levada_batch *batch, void *object, void (*drop)(void *object))
{
    return batch != NULL ? batch_attach(batch_of(batch), object, drop, NULL) : LEVADA_FATAL;
}

/* Only a source reads, and not before it was started. */
static bool
is_reading(struct levada_call *call, const char *function)
{
    if (call->err.status < 0)
        return false;
    if (call->stage->op->kind == LEVADA_SOURCE && call->plan == NULL)
        return true;
    call_fail(call, LEVADA_FATAL, "%s() is for sources, and comes after create()", function);
    return false;
}

static bool
copy_position(struct levada_call *call, const struct levada_position *from,
              struct levada_position *to)
{
    *to = *from;
    to->stream.p = arena_copy(&call->scratch, from->stream.p, from->stream.n);
    if (from->detail.p != NULL)
        to->detail.p = arena_copy(&call->scratch, from->detail.p, from->detail.n);
    if (to->stream.p != NULL && (from->detail.p == NULL || to->detail.p != NULL))
        return true;
    call_fail(call, LEVADA_FATAL, "out of memory");
    return false;
}

static levada_status
host_position(struct levada_call *call, struct levada_batch *batch,
              const struct levada_position *position)
{
    if (!is_reading(call, "position") || !can_use(call, position, position->stream.p))
        return call->err.status;
    if (!call_room(call, &call->positions, call->n_positions, &call->room_positions,
                   sizeof(*call->positions)))
        return call->err.status;
    /* A position counts once all that the callback emitted is done, so it needs no batch of its
     * own. */
    (void)batch;
    if (!copy_position(call, position, &call->positions[call->n_positions]))
        return call->err.status;
    call->n_positions++;
    return LEVADA_OK;
}

static const struct levada_position *
host_stored(struct levada_call *call, const char *stream, int32_t partition)
{
    if (call->services == NULL)
        return NULL;
    return call->services->stored(call->services->user, call->stage, stream, partition);
}

static levada_status
host_assigned(struct levada_call *call, const struct levada_position *all, uint32_t n)
{
    if (!is_reading(call, "assigned"))
        return call->err.status;
    call->assigned = arena_alloc(&call->scratch, n * sizeof(*all));
    if (call->assigned == NULL)
        return call_fail(call, LEVADA_FATAL, "out of memory");
    for (uint32_t i = 0; i < n; i++) {
        if (all[i].partition < 0)
            return call_fail(call, LEVADA_FATAL, "assigned() names partition %d, which is none",
                             all[i].partition);
        if (!copy_position(call, &all[i], &call->assigned[i]))
            return call->err.status;
    }
    call->n_assigned = n;
    return LEVADA_OK;
}

const struct levada_host call_host = {
    .struct_size = sizeof(call_host),
    .abi_minor = LEVADA_ABI_MINOR,
    .name = "levada",
    .version = LEVADA_VERSION,
    .ext = call_extension,
    .log = host_log,
    .fail = host_fail,
    .fail_at = host_fail_at,
    .scratch = host_scratch,
    .problem = host_problem,
    .path = host_path,
    .needs = host_needs,
    .adds = host_adds,
    .drops = host_drops,
    .only = host_only,
    .endless = host_endless,
    .counter = host_counter,
    .cell = host_cell,
    .name_of = host_name_of,
    .records = host_records,
    .fields = host_fields,
    .column = host_column,
    .ids = host_ids,
    .times = host_times,
    .text = host_text,
    .stream_name = host_stream_name,
    .slots = host_slots,
    .set_column = host_set_column,
    .set_ids = host_set_ids,
    .set_fields = host_set_fields,
    .unset = host_unset,
    .select = host_select,
    .batch = host_batch,
    .emit = host_emit,
    .retain = host_retain,
    .release = host_release,
    .stream = host_stream,
    .append = host_append,
    .append_json = host_append_json,
    .alloc = host_alloc,
    .attach = host_attach,
    .position = host_position,
    .stored = host_stored,
    .assigned = host_assigned,
    .resize_cell = host_resize_cell,
};
