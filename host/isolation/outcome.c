/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/outcome.h"

#include "runtime/keyed_state.h"

#include <stdlib.h>

enum failed_where {
    FAILED_GIVEN,    /* a record of what the callback was given */
    FAILED_EMISSION, /* of a batch that it emits */
    FAILED_OTHER,    /* of neither: comes along as a batch of one record */
};

/* ---- the helper's side ---- */

static void
put_counters(const struct outcome_out *from, struct wire_out *out)
{
    struct told_counters *told = from->counters;
    uint32_t n = 0;
    for (const struct metric *m = from->stage->metrics.own; m != NULL; m = m->next)
        n++;
    if (n > told->n) {
        uint64_t *values = realloc(told->values, n * sizeof(*values));
        if (values == NULL) {
            out->failed = true;
            return;
        }
        memset(values + told->n, 0, (n - told->n) * sizeof(*values));
        told->values = values;
        told->n = n;
    }
    wire_put(out, n);
    uint32_t i = 0;
    for (const struct metric *m = from->stage->metrics.own; m != NULL; m = m->next, i++) {
        uint64_t value = metrics_get(&m->value);
        wire_put(out, value - told->values[i]);
        told->values[i] = value;
    }
}

static void
put_positions(const struct levada_position *positions, uint32_t n, struct wire_out *out)
{
    wire_put(out, n);
    for (uint32_t i = 0; i < n; i++) {
        wire_put_bytes(out, positions[i].stream.p, positions[i].stream.n);
        wire_put(out, (uint64_t)(int64_t)positions[i].partition);
        wire_put(out, positions[i].flags);
        wire_put(out, (uint64_t)positions[i].next);
        wire_put(out, (uint64_t)positions[i].latest);
        wire_put_bytes(out, positions[i].detail.p, positions[i].detail.n);
    }
}

static bool
put_emissions(const struct outcome_out *from, struct wire_out *out, struct error *err)
{
    const struct levada_call *call = from->stage->call;
    wire_put(out, call->n_emissions);
    for (uint32_t e = 0; e < call->n_emissions; e++) {
        wire_put(out, call->emissions[e].port);
        if (!transfer_put_view(from->transfer, out, from->given, call->emissions[e].batch, err))
            return false;
    }
    return true;
}

static uint32_t
find_emission(const struct levada_call *call, const struct batch *batch)
{
    for (uint32_t e = 0; e < call->n_emissions; e++) {
        if (batch_same_records(call->emissions[e].batch, batch))
            return e;
    }
    return UINT32_MAX;
}

static bool
put_other_record(const struct outcome_out *from, const struct failed_record *failed,
                 struct wire_out *out, struct error *err)
{
    struct batch *one = batch_select(failed->batch, &failed->record, 1, err);
    wire_put(out, FAILED_OTHER);
    bool done = one != NULL && transfer_put_view(from->transfer, out, NULL, one, err);
    batch_release(one);
    return done;
}

static bool
put_failed(const struct outcome_out *from, struct wire_out *out, struct error *err)
{
    const struct levada_call *call = from->stage->call;
    wire_put(out, call->n_failed);
    for (uint32_t i = 0; i < call->n_failed; i++) {
        const struct failed_record *failed = &call->failed[i];
        uint32_t record = from->given != NULL
                              ? batch_find_record(from->given, failed->batch, failed->record)
                              : UINT32_MAX;
        uint32_t emission = find_emission(call, failed->batch);
        wire_put(out, (uint64_t)(int64_t)failed->code);
        wire_put_text(out, failed->why);
        if (record != UINT32_MAX) {
            wire_put(out, FAILED_GIVEN);
            wire_put(out, record);
        } else if (emission != UINT32_MAX) {
            wire_put(out, FAILED_EMISSION);
            wire_put(out, emission);
            wire_put(out, failed->record);
        } else if (!put_other_record(from, failed, out, err)) {
            return false;
        }
    }
    return true;
}

static levada_status
put_change(void *user, struct levada_bytes key, struct levada_bytes value, struct error *err)
{
    struct wire_out *out = user;
    (void)err;
    wire_put_bytes(out, key.p, key.n);
    wire_put_bytes(out, value.p, value.n);
    return LEVADA_OK;
}

static bool
put_effects(const struct outcome_out *from, struct wire_out *out, struct error *err)
{
    struct stage *stage = from->stage;
    const struct levada_call *call = stage->call;
    helper_cells_put(from->cells, out);
    if (!put_emissions(from, out, err) || !put_failed(from, out, err))
        return false;
    put_positions(call->positions, call->n_positions, out);
    wire_put(out, call->assigned != NULL);
    if (call->assigned != NULL)
        put_positions(call->assigned, call->n_assigned, out);
    if (keyed_state_changes(stage->keyed, put_change, out, err) < 0)
        return false;
    wire_put_bytes(out, NULL, 0);
    keyed_state_saved(stage->keyed);
    if (from->given != NULL)
        transfer_put_decoded(from->transfer, out, from->given);
    else
        transfer_put_path(from->transfer, out, NULL);
    return true;
}

static void
put_failure(struct wire_out *out, levada_status status, const char *text)
{
    wire_put(out, (uint64_t)(int64_t)status);
    wire_put_text(out, text);
}

void
outcome_put(const struct outcome_out *from, struct wire_out *out, levada_status status)
{
    struct error err = { .status = LEVADA_OK };
    put_counters(from, out);
    struct wire_out before = *out;
    if (status < 0) {
        put_failure(out, status, from->stage->call->err.text);
        return;
    }
    put_failure(out, status, "");
    if (status == LEVADA_AGAIN || (put_effects(from, out, &err) && !out->failed))
        return;
    bool full = out->failed;
    *out = before;
    transfer_take_back(from->transfer);
    put_failure(out, LEVADA_FATAL,
                full ? "what the callback did has no room in the memory shared with its process"
                     : err.text);
}

void
problems_put(const struct problems *problems, struct wire_out *out)
{
    wire_put(out, problems->n);
    for (size_t i = 0; i < problems->n; i++) {
        wire_put_text(out, problems->items[i].option);
        wire_put_text(out, problems->items[i].message);
    }
}

void
declarations_put(const struct outcome_out *from, const struct declared *before,
                 struct wire_out *out)
{
    const struct stage *stage = from->stage;
    const struct field_plan *fields = &stage->fields;
    wire_put(out, fields->n_needs - before->n_needs);
    for (uint32_t i = before->n_needs; i < fields->n_needs; i++)
        transfer_put_path(from->transfer, out, fields->needs[i]);
    wire_put(out, fields->n_adds - before->n_adds);
    for (uint32_t i = before->n_adds; i < fields->n_adds; i++) {
        transfer_put_path(from->transfer, out, fields->adds[i].path);
        transfer_put_path(from->transfer, out, fields->adds[i].after);
    }
    wire_put(out, fields->n_drops);
    for (uint32_t i = 0; i < fields->n_drops; i++)
        transfer_put_path(from->transfer, out, fields->drops[i]);
    wire_put(out, fields->only);
    wire_put(out, stage->endless);
    wire_put(out, stage->n_cells);
    for (uint32_t c = 0; c < stage->n_cells; c++) {
        wire_put_text(out, stage->cells[c].name);
        wire_put(out, stage->cells[c].type);
        wire_put(out, stage->cells[c].size);
    }
    for (const struct metric *m = stage->metrics.own; m != NULL; m = m->next) {
        wire_put_text(out, m->name);
        wire_put_text(out, m->unit);
        wire_put_text(out, m->help);
    }
    wire_put_text(out, NULL);
}

/* ---- the host's ---- */

static void
get_counters(struct outcome_in *to, struct wire_in *in)
{
    struct metric *m = to->stage->metrics.own;
    uint64_t n = wire_get(in);
    for (uint64_t i = 0; i < n && !in->failed; i++) {
        uint64_t delta = wire_get(in);
        if (m == NULL)
            continue; /* of a create() that is not taken yet */
        metrics_add(&m->value, delta);
        m = m->next;
    }
}

static struct batch *
get_view(struct outcome_in *to, struct wire_in *in)
{
    struct error err = { .status = LEVADA_OK };
    bool kept;
    struct batch *batch =
        transfer_get_view(to->transfer, in, to->given, hold_ref(to->hold), hold_drop, &kept, &err);
    if (!kept)
        hold_drop(to->hold);
    if (batch == NULL && err.status < 0)
        call_fail_with(to->stage->call, &err);
    return batch;
}

static bool
get_emissions(struct outcome_in *to, struct wire_in *in)
{
    struct levada_call *call = to->stage->call;
    uint64_t n = wire_get(in);
    for (uint64_t e = 0; e < n && !in->failed; e++) {
        uint64_t port = wire_get(in);
        struct batch *batch = get_view(to, in);
        if (batch == NULL)
            return false;
        if (port >= to->stage->n_ports ||
            !call_room(call, &call->emissions, call->n_emissions, &call->room_emissions,
                       sizeof(*call->emissions))) {
            batch_release(batch);
            return false;
        }
        call->emissions[call->n_emissions++] =
            (struct emission){ .port = (uint32_t)port, .batch = batch };
    }
    return !in->failed;
}

/* The batch that a failed record is of, for the caller to release, and its number there. */
static struct batch *
get_failed_batch(struct outcome_in *to, struct wire_in *in, uint32_t first_emission,
                 uint32_t *record)
{
    const struct levada_call *call = to->stage->call;
    uint64_t where = wire_get(in);
    struct batch *batch = NULL;
    if (where == FAILED_GIVEN) {
        batch = to->given != NULL ? batch_retain(to->given) : NULL;
    } else if (where == FAILED_EMISSION) {
        uint64_t e = first_emission + wire_get(in);
        batch = e < call->n_emissions ? batch_retain(call->emissions[e].batch) : NULL;
    } else {
        *record = 0;
        return get_view(to, in);
    }
    uint64_t number = wire_get(in);
    if (batch != NULL && number >= batch_public(batch)->n) {
        batch_release(batch);
        return NULL;
    }
    *record = (uint32_t)number;
    return batch;
}

static bool
get_failed(struct outcome_in *to, struct wire_in *in, uint32_t first_emission)
{
    struct levada_call *call = to->stage->call;
    uint64_t n = wire_get(in);
    for (uint64_t i = 0; i < n && !in->failed; i++) {
        levada_status code = (levada_status)wire_get(in);
        const char *text = wire_get_text(in);
        const char *why = text != NULL ? arena_copy(&call->scratch, text, strlen(text)) : NULL;
        uint32_t record;
        struct batch *batch = get_failed_batch(to, in, first_emission, &record);
        if (batch == NULL || why == NULL ||
            !call_room(call, &call->failed, call->n_failed, &call->room_failed,
                       sizeof(*call->failed))) {
            batch_release(batch);
            return false;
        }
        call->failed[call->n_failed++] =
            (struct failed_record){ .batch = batch, .record = record, .code = code, .why = why };
    }
    return !in->failed;
}

/* NULL: @in has failed, or out of memory. Borrowed from the call and the message. */
static struct levada_position *
get_positions(struct levada_call *call, struct wire_in *in, uint32_t *n)
{
    uint64_t count = wire_get(in);
    if (in->failed || count > in->n)
        return NULL;
    struct levada_position *positions =
        arena_alloc(&call->scratch, (count + 1) * sizeof(*positions));
    for (uint64_t i = 0; positions != NULL && i < count; i++) {
        struct levada_position *position = &positions[i];
        position->stream.p = wire_get_bytes(in, &position->stream.n);
        position->partition = (int32_t)wire_get(in);
        position->flags = (uint32_t)wire_get(in);
        position->next = (int64_t)wire_get(in);
        position->latest = (int64_t)wire_get(in);
        position->detail.p = wire_get_bytes(in, &position->detail.n);
    }
    *n = (uint32_t)count;
    return in->failed ? NULL : positions;
}

static bool
get_all_positions(struct levada_call *call, struct wire_in *in)
{
    uint32_t n;
    const struct levada_position *positions = get_positions(call, in, &n);
    if (positions == NULL)
        return false;
    for (uint32_t i = 0; i < n; i++)
        call_host.position(call, NULL, &positions[i]);
    if (wire_get(in) == 0)
        return !in->failed;
    positions = get_positions(call, in, &n);
    if (positions == NULL)
        return false;
    call_host.assigned(call, positions, n);
    return true;
}

static bool
get_state(struct outcome_in *to, struct wire_in *in)
{
    struct levada_call *call = to->stage->call;
    for (;;) {
        struct levada_bytes key, value;
        struct error err;
        key.p = wire_get_bytes(in, &key.n);
        if (key.p == NULL)
            return !in->failed;
        value.p = wire_get_bytes(in, &value.n);
        if (in->failed)
            return false;
        if (keyed_state_put(to->stage->keyed, key, value, &err) < 0)
            call_fail_with(call, &err);
    }
}

bool
outcome_get(struct outcome_in *to, struct wire_in *in, levada_status *status)
{
    struct levada_call *call = to->stage->call;
    uint32_t first_emission = call->n_emissions; /* the table's late records are there already */
    get_counters(to, in);
    *status = (levada_status)wire_get(in);
    const char *text = wire_get_text(in);
    if (in->failed || text == NULL)
        return false;
    if (*status < 0) {
        *status = call_fail(call, *status, "%s", text);
        return true;
    }
    if (*status == LEVADA_AGAIN)
        return true;
    return host_cells_take(to->cells, call, in) && get_emissions(to, in) &&
           get_failed(to, in, first_emission) && get_all_positions(call, in) && get_state(to, in) &&
           transfer_get_decoded(to->transfer, in);
}

/* ---- what create() declares ---- */

bool
problems_get(struct outcome_in *to, struct wire_in *in)
{
    struct levada_call *call = to->stage->call;
    uint64_t n = wire_get(in);
    for (uint64_t i = 0; i < n && !in->failed; i++) {
        const char *option = wire_get_text(in), *text = wire_get_text(in);
        if (text != NULL && call->plan != NULL)
            call_host.problem(call, option, text);
    }
    return !in->failed;
}

static void
get_fields(struct outcome_in *to, struct wire_in *in, bool again)
{
    struct levada_call *call = to->stage->call;
    uint64_t n_needs = wire_get(in);
    for (uint64_t i = 0; i < n_needs && !in->failed; i++) {
        const struct levada_path *path = transfer_get_path(to->transfer, in);
        if (path != NULL && !again)
            call_host.needs(call, path->text);
    }
    uint64_t n_adds = wire_get(in);
    for (uint64_t i = 0; i < n_adds && !in->failed; i++) {
        const struct levada_path *path = transfer_get_path(to->transfer, in);
        const struct levada_path *after = transfer_get_path(to->transfer, in);
        if (path != NULL && !again)
            call_host.adds(call, path->text, after);
    }
    uint64_t n_drops = wire_get(in);
    for (uint64_t i = 0; i < n_drops && !in->failed; i++) {
        const struct levada_path *path = transfer_get_path(to->transfer, in);
        if (path != NULL && !again)
            call_host.drops(call, path);
    }
    bool only = wire_get(in) != 0, endless = wire_get(in) != 0;
    if (only && !again)
        call_host.only(call);
    if (endless && !again)
        call_host.endless(call);
}

bool
declarations_get(struct outcome_in *to, struct wire_in *in, bool again)
{
    struct levada_call *call = to->stage->call;
    get_fields(to, in, again);
    uint64_t n_cells = wire_get(in);
    for (uint64_t c = 0; c < n_cells && !in->failed; c++) {
        const char *name = wire_get_text(in);
        uint64_t type = wire_get(in), size = wire_get(in);
        if (!again)
            call_host.cell(call, name, (uint32_t)type, (uint32_t)size);
    }
    for (const char *name; (name = wire_get_text(in)) != NULL;) {
        const char *unit = wire_get_text(in), *help = wire_get_text(in);
        if (!again)
            call_host.counter(call, name, unit, help);
    }
    return !in->failed;
}
