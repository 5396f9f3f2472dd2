/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGGREGATE_BUFFER_H
#define AGGREGATE_BUFFER_H

/*
 * Bytes that a set or a sketch lives in, wherever they are: a cell of the host's table, or memory
 * of a test. They hold no pointers, so they are saved and restored as they are.
 */

#include <stdbool.h>
#include <stdint.h>

struct buffer {
    void *p;    /* aligned to 16; to be read only until resize() was called; NULL: empty */
    uint64_t n; /* bytes */
    /* Sets p and n; what was there stays, new bytes are zero. False: it failed, nothing changed. */
    bool (*resize)(struct buffer *buffer, uint64_t n);
};

#endif
