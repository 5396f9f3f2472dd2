/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_HOST_RUNTIME_TRANSACTION_BENCH_H
#define TESTS_UNIT_HOST_RUNTIME_TRANSACTION_BENCH_H

/*
 * A job that counts by partition, and commits with a transaction of a service that outlives its
 * runs: a source that is a member of a group, windows of 10 ms, a sink. The records of each
 * partition are a millisecond apart.
 */

#include "engine_bench.h"
#include "entry_log.h"

#include <stdbool.h>
#include <stdint.h>

#define PARTITIONS 3
#define COUNT 40 /* records of each partition, in batches of all partitions */
#define EACH 5   /* of each partition in one poll */

/* What its transactions have made durable, across runs. */
struct transaction_service {
    struct entry_log log; /* the changelog */
    uint32_t n_read;
    int64_t committed[PARTITIONS], offsets[PARTITIONS]; /* the latter in the open transaction */
    uint32_t flags[PARTITIONS];                         /* of what is committed */
    uint32_t fail_commit_at, fail_again_at, n_commits, n_aborts, n_opened, n_partitions,
        lose_read_at, n_reads;
    bool loses_opening, fails_after_all; /* a commit that is said to have failed was made */
};
extern struct transaction_service service;

/* The sink's, which is durable with the transaction. */
struct transaction_output {
    int64_t pending[PARTITIONS][COUNT], counts[PARTITIONS][COUNT]; /* by window */
};
extern struct transaction_output output;

struct transaction_source {
    int64_t next[PARTITIONS], end;
    bool owns[PARTITIONS];
    uint32_t polls, keyed, n_partitions;
    uint32_t moves_at; /* at this poll others had partition 0 meanwhile, which nobody tells */
    /* at these polls partition 0 goes, and comes back */
    uint32_t goes_at, comes_at, strays_at;
    uint32_t old_until; /* before this poll the group answers that it is at its beginning */
    int64_t retry_for_ns;
    bool is_alone;        /* no member of a group */
    bool holds;           /* what is open at the end stays so */
    bool is_terse;        /* tells positions only of what it has just read */
    bool is_slow;         /* a poll takes 8 s, and does not end the round */
    levada_status answer; /* of partitions() */
    const struct levada_path *key;
};
extern struct transaction_source source;

/* The newest of each key, as compaction leaves them. */
uint32_t service_count_live(char kind);

/* All anew: nothing was ever committed. */
void transaction_begin(void);
levada_status transaction_run(struct bench *bench, const char *name);
void transaction_assert_each_counted_once(void);

/* What the run has made of partition 0 is what others make of it at source.moves_at, in a next one.
 */
void transaction_keep(void);

/* Gives all back. */
void transaction_end(void);

#endif
