/* SPDX-License-Identifier: Apache-2.0 */
#include "stream_join.h"

#include "arrival.h"
#include "shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS_BEFORE_JUDGING 1000u /* whether a side has its key at all */

static bool
init_side(struct stream_join *self, uint32_t number)
{
    const struct path_pair *on = self->on.items;
    struct side *side = &self->sides[number];
    bool left = number == LEFT;
    int64_t delay = left ? self->watermark.left : self->watermark.right;

    side->time = left ? self->event_time.left : self->event_time.right;
    side->is_row_time = strcmp(levada->name_of(side->time), "meta:timestamp") == 0;
    side->earlier_ms = (left ? self->before : self->after) / NS_PER_MS;
    side->later_ms = (left ? self->after : self->before) / NS_PER_MS;
    partitions_init(&side->partitions, delay / NS_PER_MS);
    side->keys = calloc(self->on.n + 1, sizeof(*side->keys));
    for (uint64_t k = 0; side->keys != NULL && k < self->on.n; k++)
        side->keys[k] = left ? on[k].left : on[k].right;
    return side->keys != NULL;
}

bool
stream_join_init(struct stream_join *self, struct levada_ctx *ctx)
{
    self->ctx = ctx;
    self->fields = calloc(self->add.n + 1, sizeof(*self->fields));
    bool left = init_side(self, LEFT), right = init_side(self, RIGHT);
    shape_write(self, &self->saved.shape);
    return self->fields != NULL && left && right && !self->saved.shape.failed;
}

void
stream_join_finish(struct stream_join *self)
{
    for (uint32_t s = 0; s < N_SIDES; s++) {
        partitions_clear(&self->sides[s].partitions);
        row_index_finish(&self->sides[s].rows);
        free(self->sides[s].keys);
    }
    saved_finish(&self->saved);
    packer_finish(&self->key);
    free(self->fields);
}

/* ---- memory and state ---- */

static levada_status
begin(struct stream_join *self, struct levada_call *call)
{
    const struct side_memory sides[N_SIDES] = {
        { &self->sides[LEFT].partitions, &self->sides[LEFT].rows },
        { &self->sides[RIGHT].partitions, &self->sides[RIGHT].rows },
    };
    bool in_memory = self->in_memory;
    self->in_memory = false; /* until the callback is known to be good */
    return in_memory ? LEVADA_OK : saved_load(&self->saved, call, sides);
}

/* Nothing of the host's failed, so the memory is what the state will be. */
static void
end(struct stream_join *self)
{
    self->in_memory = true;
    __atomic_store_n(self->rows_kept,
                     (uint64_t)self->sides[LEFT].rows.n + self->sides[RIGHT].rows.n,
                     __ATOMIC_RELAXED);
}

/* A misspelt key would give a quiet, empty join: told once there was enough to judge by. */
static void
judge_key(struct stream_join *self, uint32_t number, uint64_t enough)
{
    struct side *side = &self->sides[number];
    char facts[100];
    if (side->judged || side->n_seen < enough)
        return;
    side->judged = true;
    if (side->n_with_key > 0)
        return;
    snprintf(facts, sizeof(facts), "side=%s records=%llu reason=\"none has every field of on\"",
             number == LEFT ? "left" : "right", (unsigned long long)side->n_seen);
    levada->log(self->ctx, 2, "key not seen", facts);
}

levada_status
stream_join_process(void *object, struct levada_call *call, uint32_t port,
                    struct levada_batch *batch)
{
    struct stream_join *self = object;
    uint32_t n_late = 0;
    levada_status status = begin(self, call);
    if (status >= 0)
        status = arrival_join(self, call, port, batch, &n_late);
    if (status < 0)
        return status;
    end(self);
    levada_count(self->late, n_late);
    judge_key(self, port, RECORDS_BEFORE_JUDGING);
    return LEVADA_ABSORBED;
}

/* ---- what leaves ---- */

/* Rows of @number that nothing on time can meet any more; left ones that met nothing are emitted.
 */
static levada_status
drop_rows(struct stream_join *self, struct levada_call *call, uint32_t number,
          struct joined *joined, uint64_t *n_unmatched)
{
    struct side *side = &self->sides[number];
    int64_t closed_ms = self->sides[1 - number].partitions.closed_ms;
    const struct row *row;
    levada_status status = LEVADA_OK;
    while (status >= 0 && (row = row_index_oldest(&side->rows)) != NULL) {
        int64_t last_ms;
        if (__builtin_add_overflow(row->time_ms, side->later_ms, &last_ms))
            last_ms = INT64_MAX;
        if (last_ms >= closed_ms && closed_ms != INT64_MAX) /* the end of the input is behind all */
            break;
        if (number == LEFT && self->type == JOIN_LEFT && !row->matched) {
            struct levada_record left;
            status = saved_get_left(call, row->slot, &left);
            if (status >= 0)
                status = joined_add(joined, call, &left, NULL);
            ++*n_unmatched;
        }
        if (status >= 0)
            status = saved_drop(&self->saved, call, row->slot);
        if (status >= 0)
            row_index_drop_oldest(&side->rows);
    }
    return status;
}

static levada_status
close_sides(struct stream_join *self, struct levada_call *call, bool ended)
{
    levada_status status = LEVADA_OK;
    for (uint32_t s = 0; s < N_SIDES && status >= 0; s++) {
        struct partitions *partitions = &self->sides[s].partitions;
        bool later =
            ended ? partitions_close_until(partitions, INT64_MAX) : partitions_close(partitions);
        if (later)
            status = saved_put_closed(&self->saved, call, s, partitions->closed_ms);
    }
    return status;
}

static levada_status
let_go(struct stream_join *self, struct levada_call *call, bool ended)
{
    struct joined joined = { .fields = self->fields, .n_fields = (uint32_t)self->add.n };
    uint64_t n_unmatched = 0;
    levada_status status = begin(self, call);
    if (status >= 0)
        status = close_sides(self, call, ended);
    for (uint32_t s = 0; s < N_SIDES && status >= 0; s++)
        status = drop_rows(self, call, s, &joined, &n_unmatched);
    if (status >= 0)
        status = joined_emit(&joined, call);
    if (status < 0)
        return status;
    end(self);
    levada_count(self->unmatched, n_unmatched);
    return LEVADA_OK;
}

/*
 * The stages above promise that no row before @time_ms will come: true of the times of rows, so of
 * sides whose event time is that. It is all there is to go by while a side brings none.
 */
static levada_status
take_promise(struct stream_join *self, struct levada_call *call, int64_t time_ms)
{
    levada_status status = begin(self, call);
    for (uint32_t s = 0; s < N_SIDES && status >= 0; s++) {
        struct side *side = &self->sides[s];
        if (side->is_row_time && partitions_close_until(&side->partitions, time_ms))
            status = saved_put_closed(&self->saved, call, s, time_ms);
    }
    if (status >= 0)
        end(self);
    return status;
}

static levada_status
load(struct stream_join *self, struct levada_call *call)
{
    self->in_memory = false;
    levada_status status = begin(self, call);
    if (status >= 0)
        end(self);
    return status;
}

levada_status
stream_join_signal(void *object, struct levada_call *call, const struct levada_signal *signal)
{
    struct stream_join *self = object;
    switch (signal->kind) {
    case LEVADA_SIG_WATERMARK:
        if (signal->time_ms != INT64_MAX)
            return take_promise(self, call, signal->time_ms);
        judge_key(self, LEFT, 1);
        judge_key(self, RIGHT, 1);
        return self->on_end == JOIN_HOLD ? LEVADA_OK : let_go(self, call, true);
    case LEVADA_SIG_TRIGGER:
        return let_go(self, call, false);
    case LEVADA_SIG_RESTORE:
        return load(self, call);
    case LEVADA_SIG_ABORT:
        self->in_memory = false;
        return LEVADA_OK;
    default:
        return LEVADA_OK;
    }
}
