/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_POSITIONS_H
#define HOST_RUNTIME_POSITIONS_H

/* How far each source has read each of its partitions. One thread. */

#include "base/lookup.h"
#include "runtime/stage.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct partition {
    const struct stage *source;
    struct levada_position position;    /* texts are owned */
    int64_t quiet_next, quiet_since_ns; /* since when nothing came: partitions.c */
    int64_t target; /* what `latest` was when it was first known: the end for "available_now" */
    bool is_aimed;  /* positions_aim() said it, and `latest` does not count */
    bool is_kept;   /* as positions_mark() says */
};

struct positions {
    struct partition *items;
    uint32_t n, room;
    struct lookup index; /* of the items */
};

void positions_finish(struct positions *positions);

/* Sets where @source reads on; texts are copied. False: out of memory. */
bool positions_set(struct positions *positions, const struct stage *source,
                   const struct levada_position *position);

/* The partition, if it is known, is read on where @to says. */
void positions_move(struct positions *positions, const struct stage *source,
                    const struct levada_position *to);

/*
 * For "available_now" the partition ends there and nowhere else, if it is known: what its reader
 * takes for the end may be less.
 */
void positions_aim(struct positions *positions, const struct stage *source, const char *stream,
                   int32_t partition, int64_t target);

/* Do both say the same of how far each partition is? */
bool positions_equal(const struct positions *a, const struct positions *b);

/* Where @source reads on, or NULL. Borrowed until the next positions_set. */
const struct levada_position *positions_find(const struct positions *positions,
                                             const struct stage *source, const char *stream,
                                             int32_t partition);

/* Makes @copy equal to @positions. False: out of memory. */
bool positions_copy(struct positions *copy, const struct positions *positions);

/*
 * Makes @positions those of @then, but for what a partition's end was when it was first seen.
 * False: out of memory.
 */
bool positions_go_back(struct positions *positions, const struct positions *then);

/* All are kept but those of @source that are not among @all: others read them on. */
void positions_mark(struct positions *positions, const struct stage *source,
                    const struct levada_position *all, uint32_t n);
/* Forgets those that are not kept. */
void positions_keep_only(struct positions *positions, const struct stage *source,
                         const struct levada_position *all, uint32_t n);

/* Has @source told of its partitions, and read each to where it ended when it was first seen? */
bool positions_reached(const struct positions *positions, const struct stage *source);

#endif
