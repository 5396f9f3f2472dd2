/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_HOST_TABLE_FIXTURE_H
#define TESTS_UNIT_HOST_TABLE_FIXTURE_H

/* A table over calls, fed from arrays; what it emits becomes text. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/batch.h"
#include "table/table.h"

#define MS 1000000 /* in ns, as options are */

struct call {
    int64_t time_ms;                /* LEVADA_NO_TIME: missing */
    const char *type, *disposition; /* NULL: missing */
    int32_t partition;
};

struct fixture {
    struct record_space *space;
    struct table_options options;
    const struct levada_path *groups[8];
    struct table *table;
    struct table_slots_result result; /* of the last feed */
    struct error err;
    uint32_t stream;
    int64_t wall_ms;
    char rows[20000]; /* what the last trigger emitted: "start end type disposition count sum\n" */
    uint32_t emits_until_failure; /* 0: none fails */
    uint32_t n_emits;
};

/* A space and options: event_time "time". */
void fixture_init(struct fixture *fixture);
void fixture_group_by(struct fixture *fixture, const char *name);
/* Cells: count, sum (F64, of the times), and "last", 3 bytes without a column. */
void fixture_create(struct fixture *fixture, bool finite_input);
void fixture_finish(struct fixture *fixture);

extern const struct table_cell fixture_cells[3];

struct batch *fixture_batch(struct fixture *fixture, const struct call *calls, uint32_t n);
/* slots() and a fold; the transaction stays open. */
levada_status fixture_fold(struct fixture *fixture, const struct call *calls, uint32_t n);
/* The same, committed. */
void fixture_feed(struct fixture *fixture, const struct call *calls, uint32_t n);
/* Triggers, and gives what was emitted. */
const char *fixture_trigger(struct fixture *fixture);
struct table_stats fixture_stats(const struct fixture *fixture);
void fixture_assign(struct fixture *fixture, const int32_t *partitions, uint32_t n);

#define FEED(fixture, ...)                                                                         \
    fixture_feed(fixture, (const struct call[]){ __VA_ARGS__ },                                    \
                 sizeof((const struct call[]){ __VA_ARGS__ }) / sizeof(struct call))

#endif
