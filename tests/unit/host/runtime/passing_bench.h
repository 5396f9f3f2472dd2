/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_HOST_RUNTIME_PASSING_BENCH_H
#define TESTS_UNIT_HOST_RUNTIME_PASSING_BENCH_H

/*
 * A job whose rows pass through a stream of a service that outlives its runs; a run is a worker,
 * which has some of the partitions. The calls of each partition are a millisecond apart; call i of
 * partition p is of group (i + p) % GROUPS, and is counted in windows of 10 ms.
 */

#include "engine_bench.h"
#include "entry_log.h"

#include <stdbool.h>
#include <stdint.h>

#define PARTITIONS 3
#define COUNT 40 /* records of each partition, where nothing else is said */
#define EACH 5   /* of each partition in one poll */
#define WINDOWS (COUNT / 10)
#define GROUPS 4
#define STREAM "test-windows-repartition"

enum {
    CALLS,
    PASSED,
    STREAMS
}; /* what the source reads */

struct passing_service {
    struct entry_log changelog, stream;
    int64_t committed[STREAMS][PARTITIONS], offsets[STREAMS][PARTITIONS];
    uint32_t flags[STREAMS][PARTITIONS], new_flags[STREAMS][PARTITIONS]; /* of these */
    uint32_t n_told[STREAMS][PARTITIONS], n_told_now; /* positions; and in the open transaction */
    uint32_t n_commits, fail_commit_at, fail_again_at, n_aborts, n_ensured;
    bool fails_after_all; /* a commit that is said to have failed was made */
    bool lacks_stream;
};
extern struct passing_service service;

struct passing_output {
    int64_t pending[GROUPS][WINDOWS], counts[GROUPS][WINDOWS];
    bool replaces; /* a row stands for those before, instead of coming on top */
    uint32_t pending_copies[PARTITIONS][COUNT], copies[PARTITIONS][COUNT]; /* of each call */
};
extern struct passing_output output;

struct passing_source {
    int64_t next[STREAMS][PARTITIONS];
    int64_t end[PARTITIONS];  /* of the calls */
    bool owns[PARTITIONS];    /* what the worker is given */
    bool is_alone;            /* no member of a group: the changelog has its positions */
    bool is_void;             /* since RESTORE, until a poll has told what is its own */
    uint32_t polls, stops_at; /* at that poll the worker is told to stop; 0: never */
    bool stops_behind_loss;   /* in a poll that fails */
    /* at this poll partition 0 is taken away, and at that it is back; 0: never */
    uint32_t goes_at, comes_at;
    uint32_t grows_at;       /* at this poll partition 1 has all of its calls */
    uint32_t others_read_at; /* before this poll others have read on in partition 0 */
    uint32_t others_take;    /* so often the group says that others are not done */
    uint32_t n_asked;        /* how far the group is */
    bool splits;             /* the stream's partitions go to somebody else */
    int32_t stray;           /* it is given that partition of the calls as well; 0: none */
    uint32_t n_also_read;
    const struct levada_path *key;
};
extern struct passing_source source;

struct passing_job {
    enum table_output_mode mode;
    enum table_on_end on_end;
    int64_t idle_after;
    const struct levada_path *groups[2];
    bool is_plain;           /* nothing is counted: calls are copied */
    int64_t retry_for_ns;    /* of each stage; whoever loses for ever ends soon */
    const char *source_name; /* NULL: "calls" */
    int32_t filtered;        /* the calls of that partition are not counted; 0: all are */
    bool is_keyed;           /* the calls say that they are keyed by g */
    uint64_t n_below;        /* another aggregate behind the first, with so many groups; 0: none */
};
extern struct passing_job job;

/* Nothing was ever committed. */
void service_begin(void);
/* How many durable records a partition of the stream has. */
int64_t service_end(int32_t partition);

/* All anew: one worker has all, and appends windows until it has caught up. */
void passing_begin(void);
levada_status passing_run(struct bench *bench);
void passing_run_worker(void); /* which comes to a good end */
void assert_each_counted_once(void);
/* What is counted of a group in a window, where all is read. */
int64_t passing_expected(int g, int w);

#endif
