/* SPDX-License-Identifier: Apache-2.0 */
#include "arrival.h"

#include <stdio.h>

#define LATE_PORT 1u
#define QUOTE_BYTES 40

struct arrival {
    struct stream_join *self;
    struct levada_call *call;
    uint32_t side;
    struct levada_batch *batch;
    const int64_t *times;
    const struct levada_record *records;
    const struct levada_scalar **keys;   /* a column of each item of on */
    const struct levada_scalar **fields; /* of the right side: a column of each item of add */
    struct levada_scalar *values;        /* those of one right record */
    struct joined joined;
    uint32_t *late, n_late;
};

static bool
read_columns(struct arrival *a, const struct side *side)
{
    const struct stream_join *self = a->self;
    const struct right_field *add = self->add.items;
    uint64_t n_fields = a->side == RIGHT ? self->add.n : 0;
    a->keys = levada->scratch(a->call, self->on.n * sizeof(*a->keys));
    a->fields = levada->scratch(a->call, n_fields * sizeof(*a->fields));
    a->values = levada->scratch(a->call, self->add.n * sizeof(*a->values));
    a->late = levada->scratch(a->call, a->batch->n * sizeof(*a->late));
    a->times = levada->times(a->call, a->batch, side->time);
    a->records = levada->records(a->call, a->batch);
    if (a->keys == NULL || a->fields == NULL || a->values == NULL || a->late == NULL ||
        a->times == NULL || a->records == NULL)
        return false;
    for (uint64_t k = 0; k < self->on.n; k++) {
        a->keys[k] = levada->column(a->call, a->batch, side->keys[k]);
        if (a->keys[k] == NULL)
            return false;
    }
    for (uint64_t f = 0; f < n_fields; f++) {
        a->fields[f] = levada->column(a->call, a->batch, add[f].right);
        if (a->fields[f] == NULL)
            return false;
    }
    return true;
}

/* Says why record @i has no event time. */
static levada_status
reject(struct arrival *a, const struct side *side, uint32_t i)
{
    char why[400];
    uint64_t n;
    const struct levada_scalar *values = levada->column(a->call, a->batch, side->time);
    if (values == NULL)
        return LEVADA_RETRY;
    const char *name = levada->name_of(side->time);
    const char *text = levada->text(a->call, &values[i], &n);
    if (text == NULL)
        return LEVADA_RETRY;
    if (values[i].type <= LEVADA_T_NULL) {
        snprintf(why, sizeof(why), "field \"%.200s\", the event time, is %s", name,
                 values[i].type == LEVADA_T_NULL ? "null" : "missing");
    } else {
        uint64_t shown = n < QUOTE_BYTES ? n : QUOTE_BYTES;
        while (shown < n && shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80)
            shown--; /* between two characters */
        snprintf(why, sizeof(why), "field \"%.200s\", the event time, is no time: \"%.*s%s\"", name,
                 (int)shown, text, shown < n ? "..." : "");
    }
    return levada->fail_at(a->call, a->batch, i, LEVADA_REJECT, why);
}

/* The key of record @i, as texts, each behind its length; p NULL where one of them is null. */
static levada_status
read_key(struct arrival *a, uint32_t i, struct levada_bytes *key)
{
    struct packer *packer = &a->self->key;
    *key = (struct levada_bytes){ NULL, 0 };
    packer_clear(packer);
    for (uint64_t k = 0; k < a->self->on.n; k++) {
        struct levada_bytes text;
        if (a->keys[k][i].type <= LEVADA_T_NULL)
            return LEVADA_OK;
        text.p = levada->text(a->call, &a->keys[k][i], &text.n);
        if (text.p == NULL)
            return LEVADA_RETRY;
        pack_bytes(packer, text);
    }
    if (packer->failed)
        return levada->fail(a->call, LEVADA_RETRY, "out of memory");
    *key = (struct levada_bytes){ packer->bytes, packer->n };
    return LEVADA_OK;
}

static levada_status
join_with_right(struct arrival *a, const struct row *other, const struct saved_row *incoming)
{
    levada_status status =
        saved_get_right(a->call, other->slot, a->values, (uint32_t)a->self->add.n);
    return status < 0 ? status : joined_add(&a->joined, a->call, incoming->left, a->values);
}

static levada_status
join_with_left(struct arrival *a, struct row *other, const struct saved_row *incoming)
{
    struct levada_record left;
    levada_status status = saved_get_left(a->call, other->slot, &left);
    if (status >= 0)
        status = joined_add(&a->joined, a->call, &left, incoming->values);
    if (status < 0 || other->matched || a->self->type != JOIN_LEFT)
        return status;
    other->matched = true;
    return saved_set_matched(&a->self->saved, a->call, other->slot);
}

static int64_t
shifted(int64_t time_ms, int64_t by_ms)
{
    int64_t result;
    if (!__builtin_add_overflow(time_ms, by_ms, &result))
        return result;
    return by_ms < 0 ? INT64_MIN : INT64_MAX;
}

/* Meets the rows that are there, then waits for those to come. */
static levada_status
meet(struct arrival *a, const struct side *side, struct saved_row *incoming)
{
    struct stream_join *self = a->self;
    int64_t time_ms = incoming->row.time_ms;
    uint32_t n = 0;
    levada_status status = LEVADA_OK;
    struct row *others = NULL;
    if (incoming->key.p != NULL)
        others = row_index_find(&self->sides[1 - a->side].rows, incoming->key,
                                shifted(time_ms, -side->earlier_ms),
                                shifted(time_ms, side->later_ms), &n);
    for (uint32_t o = 0; o < n && status >= 0; o++)
        status = a->side == LEFT ? join_with_right(a, &others[o], incoming)
                                 : join_with_left(a, &others[o], incoming);
    if (status < 0)
        return status;
    incoming->row.matched = a->side == LEFT && n > 0;
    status = saved_add(&self->saved, a->call, incoming);
    if (status < 0)
        return status;
    if (!row_index_add(&self->sides[a->side].rows, incoming->key, &incoming->row))
        return levada->fail(a->call, LEVADA_RETRY, "out of memory");
    return LEVADA_OK;
}

static levada_status
take_record(struct arrival *a, struct side *side, uint32_t i)
{
    struct saved_row row = { .side = a->side, .row.time_ms = a->times[i] };
    if (row.row.time_ms == LEVADA_NO_TIME)
        return reject(a, side, i);
    row.left = levada_at(a->batch, a->records, i);
    struct partition *partition = partitions_enter(&side->partitions, a->call, row.left);
    if (partition == NULL)
        return levada->fail(a->call, LEVADA_RETRY, "out of memory");
    if (partitions_is_late(&side->partitions, partition, row.row.time_ms)) {
        a->late[a->n_late++] = i;
        return LEVADA_OK;
    }
    levada_status status = read_key(a, i, &row.key);
    if (status < 0)
        return status;
    side->n_seen++;
    side->n_with_key += row.key.p != NULL;
    if (row.key.p == NULL && (a->side == RIGHT || a->self->type == JOIN_INNER))
        return LEVADA_OK; /* it meets nothing, and nobody misses it */
    if (a->side == RIGHT) {
        for (uint64_t f = 0; f < a->self->add.n; f++)
            a->values[f] = a->fields[f][i];
        row.values = a->values;
        row.n_values = (uint32_t)a->self->add.n;
    }
    return meet(a, side, &row);
}

static levada_status
emit_late(struct arrival *a)
{
    if (a->n_late == 0)
        return LEVADA_OK;
    struct levada_batch *late = levada->select(a->call, a->batch, a->late, a->n_late);
    return late != NULL ? levada->emit(a->call, LATE_PORT, late) : LEVADA_RETRY;
}

levada_status
arrival_join(struct stream_join *self, struct levada_call *call, uint32_t port,
             struct levada_batch *batch, uint32_t *n_late)
{
    struct side *side = &self->sides[port];
    struct arrival a = {
        .self = self,
        .call = call,
        .side = port,
        .batch = batch,
        .joined = { .fields = self->fields, .n_fields = (uint32_t)self->add.n },
    };
    levada_status status = read_columns(&a, side) ? LEVADA_OK : LEVADA_RETRY;
    for (uint32_t i = 0; i < batch->n && status >= 0; i++)
        status = take_record(&a, side, i);
    if (status >= 0)
        status = joined_emit(&a.joined, call);
    if (status >= 0)
        status = emit_late(&a);
    if (status >= 0)
        status = saved_put_partitions(&self->saved, call, port, &side->partitions);
    *n_late = a.n_late;
    return status;
}
