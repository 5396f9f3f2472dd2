/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_ROW_KEYS_H
#define HOST_RUNTIME_ROW_KEYS_H

/*
 * Which rows of one table a changelog holds, by window: when a window closes its rows are gone from
 * the table, and each of them is to be deleted from the changelog, or it would keep them for ever.
 * A row is 16 bytes here, the hash of its group.
 */

#include <stdbool.h>
#include <stdint.h>

#define ROW_KEY_SIZE 16u

struct row_key {
    unsigned char bytes[ROW_KEY_SIZE]; /* all zero: an empty place */
};

struct row_window {
    int64_t start_ms;
    struct row_key *places; /* open addressing; room is a power of two */
    uint32_t n, room;
};

struct row_keys {               /* zeroed is empty */
    struct row_window *windows; /* by start */
    uint32_t n, room;
};

void row_keys_finish(struct row_keys *keys);

/* False: out of memory. */
bool row_keys_add(struct row_keys *keys, int64_t start_ms, const struct row_key *key);
void row_keys_remove(struct row_keys *keys, int64_t start_ms, const struct row_key *key);

/* The rows of a window, or NULL. Borrowed until the next call. */
const struct row_window *row_keys_find(const struct row_keys *keys, int64_t start_ms);
void row_keys_forget(struct row_keys *keys, int64_t start_ms);

bool row_key_is_empty(const struct row_key *key);

#endif
