/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_STREAM_JOIN_JOIN_STAGE_H
#define TESTS_STREAM_JOIN_JOIN_STAGE_H

/*
 * The join on the host's own records, calls and keyed state, with what a test of it needs beside
 * tests/support/real_stage.h: two inputs with partitions, signals, restarts, and host functions
 * that fail when told to. A callback that fails is given again, as the engine does.
 */

#include "base/strbuf.h"
#include "stream_join.h"

struct join_stage;

struct join_options {
    int64_t left_delay_ms, right_delay_ms, before_ms, after_ms;
    int64_t type, on_end;
    bool by_timestamp; /* no event_time */
};

/* A record {"k":…,"t":…} of one side; on k, time t, the right one's field "r" is added. */
struct join_record {
    const char *json;
    const char *stream; /* NULL: "s" */
    int32_t partition;
    int64_t timestamp_ms;
    const char *key;
};

/* Without create(): options can be changed in join_stage_self(). */
struct join_stage *join_stage_make(const struct join_options *options);
struct stream_join *join_stage_self(struct join_stage *stage);
const struct levada_path *join_stage_path(struct join_stage *stage, const char *text);
/* Runs create(): the problems, one a line. */
const char *join_stage_plan(struct join_stage *stage);
/* All of that, without a problem. */
struct join_stage *join_stage_create(const struct join_options *options);
void join_stage_destroy(struct join_stage *stage);

/* One batch. What leaves is added to the outputs, "record 3: why" for what fails to @out. */
void join_stage_process(struct join_stage *stage, uint32_t port, const struct join_record *records,
                        uint32_t n);
/* The same for JSON lines of the stream "s". */
void join_stage_lines(struct join_stage *stage, uint32_t port, const char *lines);

void join_stage_trigger(struct join_stage *stage);
void join_stage_watermark(struct join_stage *stage, int64_t time_ms);
void join_stage_end(struct join_stage *stage); /* of the input: WATERMARK, then TRIGGER */

/* Another process goes on with the saved state. */
struct join_stage *join_stage_restart(struct join_stage *stage, const struct join_options *options);

/* The same where it cannot: with which words. */
const char *join_stage_restart_fails(struct join_stage **stage, const struct join_options *options);

/* What left since the last call, one a line. */
const char *join_stage_out(struct join_stage *stage);
const char *join_stage_late(struct join_stage *stage);
/* The same: meta fields of joined records as "key timestamp stream partition header=value". */
const char *join_stage_meta(struct join_stage *stage);

uint64_t join_stage_counter(const struct join_stage *stage, const char *name);
/* How many rows are saved; how many entries are in memory to be saved, with those deleted. */
uint32_t join_stage_saved_rows(struct join_stage *stage);
uint32_t join_stage_changes(struct join_stage *stage);
void join_stage_damage(struct join_stage *stage); /* cuts the first row that is saved */
/* The sentence of a callback that fails for good. */
const char *join_stage_trigger_fails(struct join_stage *stage);

/* Host function number @n from now fails once; 0: none. Tells whether the last one did. */
bool join_stage_fail_in(uint32_t n);

#endif
