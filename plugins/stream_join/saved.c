/* SPDX-License-Identifier: Apache-2.0 */
#include "saved.h"

#include <levada/levada.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first byte of each key says what the entry is. */
#define KEY_CLOSED 'c'    /* side */
#define KEY_SHAPE 'o'     /* nothing more; before those whose meaning depends on it */
#define KEY_PARTITION 'p' /* side, number */
#define KEY_ROW 'r'       /* slot */

struct state_key {
    unsigned char bytes[6];
    uint32_t n;
};

static const struct levada_state_v1 *
state(void)
{
    return levada->ext("levada.state/1");
}

bool
saved_is_possible(void)
{
    return state() != NULL;
}

void
saved_finish(struct saved *saved)
{
    packer_finish(&saved->shape);
    packer_finish(&saved->value);
    free(saved->free_slots);
}

static levada_status
out_of_memory(struct levada_call *call)
{
    return levada->fail(call, LEVADA_RETRY, "out of memory");
}

static levada_status
damaged(struct levada_call *call)
{
    return levada->fail(call, LEVADA_FATAL, "an entry of the checkpoint is damaged");
}

/* Big-endian, so that keys are in the order of their numbers. */
static void
add_number(struct state_key *key, uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        key->bytes[key->n++] = (unsigned char)(number >> shift);
}

static struct state_key
row_key(uint32_t slot)
{
    struct state_key key = { .bytes = { KEY_ROW }, .n = 1 };
    add_number(&key, slot);
    return key;
}

static struct levada_bytes
key_bytes(const struct state_key *key)
{
    return (struct levada_bytes){ key->bytes, key->n };
}

static levada_status
put(const struct saved *saved, struct levada_call *call, const struct state_key *key)
{
    if (saved->value.failed)
        return out_of_memory(call);
    return state()->put(call, key_bytes(key),
                        (struct levada_bytes){ saved->value.bytes, saved->value.n });
}

/* ---- slots ---- */

static bool
free_slot(struct saved *saved, uint32_t slot)
{
    if (saved->n_free == saved->room_free) {
        uint32_t room = saved->room_free > 0 ? saved->room_free * 2 : 64;
        uint32_t *slots = realloc(saved->free_slots, room * sizeof(*slots));
        if (slots == NULL)
            return false;
        saved->free_slots = slots;
        saved->room_free = room;
    }
    saved->free_slots[saved->n_free++] = slot;
    return true;
}

static uint32_t
take_slot(struct saved *saved)
{
    return saved->n_free > 0 ? saved->free_slots[--saved->n_free] : saved->n_slots++;
}

/* ---- rows ---- */

#define MATCHED_AT 1u /* the byte of an entry that says whether its row has met another */

static void
pack_record(struct packer *packer, const struct levada_record *record)
{
    pack_i64(packer, record->timestamp_ms);
    pack_u32(packer, record->flags & LEVADA_R_OPAQUE);
    pack_bytes(packer, record->key);
    pack_bytes(packer, record->value);
    pack_u32(packer, record->n_headers);
    for (uint32_t h = 0; h < record->n_headers; h++) {
        pack_bytes(packer, record->headers[h].name);
        pack_bytes(packer, record->headers[h].value);
    }
}

static void
pack_values(struct packer *packer, const struct levada_scalar *values, uint32_t n)
{
    pack_u32(packer, n);
    for (uint32_t v = 0; v < n; v++) {
        pack_u8(packer, (uint8_t)values[v].type);
        if (levada_has_bytes(&values[v]))
            pack_bytes(packer, (struct levada_bytes){ values[v].u.s, values[v].len });
        else
            pack_i64(packer, values[v].u.i); /* or the bits of a T_F64 */
    }
}

levada_status
saved_add(struct saved *saved, struct levada_call *call, struct saved_row *row)
{
    struct packer *packer = &saved->value;
    row->row.arrival = saved->next_arrival++;
    row->row.slot = take_slot(saved);
    packer_clear(packer);
    pack_u8(packer, (uint8_t)row->side);
    pack_u8(packer, row->row.matched);
    pack_i64(packer, (int64_t)row->row.arrival);
    pack_i64(packer, row->row.time_ms);
    pack_bytes(packer, row->key);
    if (row->side == LEFT)
        pack_record(packer, row->left);
    else
        pack_values(packer, row->values, row->n_values);
    struct state_key key = row_key(row->row.slot);
    return put(saved, call, &key);
}

static bool
unpack_head(struct unpacker *from, struct saved_row *row)
{
    row->side = unpack_u8(from);
    row->row.matched = unpack_u8(from) != 0;
    row->row.arrival = (uint64_t)unpack_i64(from);
    row->row.time_ms = unpack_i64(from);
    row->key = unpack_bytes(from);
    return !from->failed && row->side < N_SIDES;
}

static bool
unpack_record(struct unpacker *from, struct levada_call *call, struct levada_record *record)
{
    *record = (struct levada_record){ .offset = -1, .number = -1 };
    record->timestamp_ms = unpack_i64(from);
    record->flags = unpack_u32(from);
    record->key = unpack_bytes(from);
    record->value = unpack_bytes(from);
    record->n_headers = unpack_u32(from);
    if (from->failed || record->n_headers > from->n)
        return false;
    struct levada_header *headers = levada->scratch(call, record->n_headers * sizeof(*headers));
    if (headers == NULL)
        return false;
    for (uint32_t h = 0; h < record->n_headers; h++) {
        headers[h].name = unpack_bytes(from);
        headers[h].value = unpack_bytes(from);
    }
    record->headers = headers;
    return !from->failed;
}

static bool
unpack_values(struct unpacker *from, struct levada_scalar *values, uint32_t n)
{
    if (unpack_u32(from) != n)
        return false;
    for (uint32_t v = 0; v < n; v++) {
        values[v].type = unpack_u8(from);
        values[v].len = 0;
        if (levada_has_bytes(&values[v])) {
            struct levada_bytes bytes = unpack_bytes(from);
            values[v].u.s = bytes.p;
            values[v].len = (uint32_t)bytes.n;
        } else {
            values[v].u.i = unpack_i64(from);
        }
    }
    return !from->failed;
}

/* The entry of a slot, which is there. */
static levada_status
get(struct levada_call *call, uint32_t slot, struct levada_bytes *value)
{
    struct state_key key = row_key(slot);
    levada_status status = state()->get(call, key_bytes(&key), value);
    if (status >= 0 && value->p == NULL)
        return damaged(call);
    return status;
}

/* The reader of a row's own part. */
static levada_status
open_row(struct levada_call *call, uint32_t slot, uint32_t side, struct unpacker *from)
{
    struct levada_bytes value;
    struct saved_row head;
    levada_status status = get(call, slot, &value);
    if (status < 0)
        return status;
    *from = unpacker(value);
    return unpack_head(from, &head) && head.side == side ? LEVADA_OK : damaged(call);
}

levada_status
saved_get_left(struct levada_call *call, uint32_t slot, struct levada_record *record)
{
    struct unpacker from;
    levada_status status = open_row(call, slot, LEFT, &from);
    if (status < 0)
        return status;
    return unpack_record(&from, call, record) ? LEVADA_OK : damaged(call);
}

levada_status
saved_get_right(struct levada_call *call, uint32_t slot, struct levada_scalar *values, uint32_t n)
{
    struct unpacker from;
    levada_status status = open_row(call, slot, RIGHT, &from);
    if (status < 0)
        return status;
    return unpack_values(&from, values, n) ? LEVADA_OK : damaged(call);
}

levada_status
saved_set_matched(struct saved *saved, struct levada_call *call, uint32_t slot)
{
    struct levada_bytes value;
    struct state_key key = row_key(slot);
    levada_status status = get(call, slot, &value);
    if (status < 0)
        return status;
    if (value.n <= MATCHED_AT)
        return damaged(call);
    packer_clear(&saved->value);
    pack_raw(&saved->value, value.p, value.n);
    if (!saved->value.failed)
        saved->value.bytes[MATCHED_AT] = 1;
    return put(saved, call, &key);
}

levada_status
saved_drop(struct saved *saved, struct levada_call *call, uint32_t slot)
{
    struct state_key key = row_key(slot);
    if (!free_slot(saved, slot))
        return out_of_memory(call);
    return state()->put(call, key_bytes(&key), (struct levada_bytes){ NULL, 0 });
}

/* ---- watermarks ---- */

static levada_status
put_partition(struct saved *saved, struct levada_call *call, uint32_t side, uint32_t number,
              const struct partition *partition)
{
    struct state_key key = { .bytes = { KEY_PARTITION, (unsigned char)side }, .n = 2 };
    add_number(&key, number);
    packer_clear(&saved->value);
    pack_i64(&saved->value, partition->max_ms);
    pack_u32(&saved->value, (uint32_t)partition->number);
    pack_bytes(&saved->value, (struct levada_bytes){ partition->name, strlen(partition->name) });
    return put(saved, call, &key);
}

levada_status
saved_put_partitions(struct saved *saved, struct levada_call *call, uint32_t side,
                     struct partitions *partitions)
{
    levada_status status = LEVADA_OK;
    for (uint32_t p = 0; p < partitions->n && status >= 0; p++) {
        if (partitions->items[p].changed)
            status = put_partition(saved, call, side, p, &partitions->items[p]);
        partitions->items[p].changed = false;
    }
    return status;
}

levada_status
saved_put_closed(struct saved *saved, struct levada_call *call, uint32_t side, int64_t closed_ms)
{
    struct state_key key = { .bytes = { KEY_CLOSED, (unsigned char)side }, .n = 2 };
    packer_clear(&saved->value);
    pack_i64(&saved->value, closed_ms);
    return put(saved, call, &key);
}

/* ---- loading ---- */

/* Rows come in the order of their slots; those between are free. */
static levada_status
load_row(struct saved *saved, struct levada_call *call, const struct side_memory *sides,
         const struct state_key *key, struct unpacker *from)
{
    struct saved_row row = { .row.slot = 0 };
    for (uint32_t i = 1; i < key->n; i++)
        row.row.slot = row.row.slot << 8 | key->bytes[i];
    if (key->n != 5 || row.row.slot < saved->n_slots || !unpack_head(from, &row))
        return damaged(call);
    for (; saved->n_slots < row.row.slot; saved->n_slots++) {
        if (!free_slot(saved, saved->n_slots))
            return out_of_memory(call);
    }
    saved->n_slots++;
    if (row.row.arrival >= saved->next_arrival)
        saved->next_arrival = row.row.arrival + 1;
    return row_index_add(sides[row.side].rows, row.key, &row.row) ? LEVADA_OK : out_of_memory(call);
}

static levada_status
load_partition(struct levada_call *call, struct partitions *partitions, struct unpacker *from)
{
    int64_t max_ms = unpack_i64(from);
    int32_t number = (int32_t)unpack_u32(from);
    struct levada_bytes name = unpack_bytes(from);
    if (from->failed || name.p == NULL)
        return damaged(call);
    return partitions_add(partitions, name, number, max_ms) ? LEVADA_OK : out_of_memory(call);
}

static levada_status
compare_shape(const struct saved *saved, struct levada_call *call, struct levada_bytes was)
{
    char text[1000];
    if (was.n == saved->shape.n && memcmp(was.p, saved->shape.bytes, was.n) == 0)
        return LEVADA_OK;
    snprintf(text, sizeof(text),
             "the join has changed and its state no longer fits: it was %.*s, and is %.*s; give "
             "the pipeline another `checkpoint`, or undo the change",
             (int)(was.n < 400 ? was.n : 400), (const char *)was.p,
             (int)(saved->shape.n < 400 ? saved->shape.n : 400), (const char *)saved->shape.bytes);
    return levada->fail(call, LEVADA_CONFIG, text);
}

static levada_status
load_entry(struct saved *saved, struct levada_call *call, const struct side_memory *sides,
           const struct state_key *key, struct levada_bytes value)
{
    struct unpacker from = unpacker(value);
    if (key->bytes[0] == KEY_SHAPE)
        return compare_shape(saved, call, value);
    if (key->bytes[0] == KEY_ROW)
        return load_row(saved, call, sides, key, &from);
    if (key->n < 2 || key->bytes[1] >= N_SIDES)
        return damaged(call);
    struct partitions *partitions = sides[key->bytes[1]].partitions;
    if (key->bytes[0] == KEY_PARTITION)
        return load_partition(call, partitions, &from);
    partitions->closed_ms = unpack_i64(&from);
    return from.failed ? damaged(call) : LEVADA_OK;
}

/* What is saved from now on is of this shape. */
static levada_status
put_shape(const struct saved *saved, struct levada_call *call)
{
    const struct state_key key = { .bytes = { KEY_SHAPE }, .n = 1 };
    return state()->put(call, key_bytes(&key),
                        (struct levada_bytes){ saved->shape.bytes, saved->shape.n });
}

levada_status
saved_load(struct saved *saved, struct levada_call *call, const struct side_memory *sides)
{
    struct state_key at = { .n = 0 };
    saved->n_free = saved->n_slots = 0;
    saved->next_arrival = 0;
    for (uint32_t s = 0; s < N_SIDES; s++) {
        partitions_clear(sides[s].partitions);
        row_index_finish(sides[s].rows);
    }
    for (;;) {
        struct levada_bytes after = { at.n > 0 ? at.bytes : NULL, at.n }, key, value;
        levada_status status = state()->next(call, after, &key, &value);
        if (status < 0)
            return status;
        if (key.p == NULL)
            return at.n == 0 ? put_shape(saved, call) : LEVADA_OK;
        if (key.n == 0 || key.n > sizeof(at.bytes))
            return damaged(call);
        memcpy(at.bytes, key.p, key.n); /* borrowed no longer than till the next */
        at.n = (uint32_t)key.n;
        status = load_entry(saved, call, sides, &at, value);
        if (status < 0)
            return status;
    }
}
