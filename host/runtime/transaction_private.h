/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_TRANSACTION_PRIVATE_H
#define HOST_RUNTIME_TRANSACTION_PRIVATE_H

/* What transaction.c, transaction_positions.c and repartition.c share. */

#include "runtime/changelog.h"
#include "runtime/engine_private.h"
#include "runtime/partition_state.h"
#include "runtime/transaction.h"

/* A partition that a member has. */
struct owned {
    int32_t partition;
    bool has_state; /* its position was committed together with some */
};

/* A source that is a member of a group of the transaction's protocol. */
struct member {
    struct stage *source;
    const struct levada_group_v1 *group;
    struct owned *owned; /* sorted, each number once */
    uint32_t n_owned;
};

/* What the merged tables have heard of the event time of one partition. */
struct told {
    int64_t time_ms;
    bool is_idle, is_told;
};

/* State of one partition, here since it was assigned. */
struct part {
    int32_t partition;
    struct changelog *changelog;
    struct positions kept; /* in the changelog: how far the state is */
    struct told *told;     /* of each exchange */
    bool touched;          /* since the last commit */
    bool sent;             /* something of it, through a topic, since then */
    bool has_state;        /* in the changelog, when it was read */
    bool is_new;           /* it was not compared yet with what the group says */
};

/* A stage whose partial rows pass through a topic. */
struct exchange {
    struct stage *stage;
    char *topic;
    uint32_t stream; /* of the source that reads it */
};

struct transaction {
    struct engine *engine;
    struct stage *sink;
    const struct levada_txn_v1 *txn;
    struct stage_list list;
    struct member *members;
    uint32_t n_members;
    bool has_tables,
        has_others;     /* others: sources that are no members; their positions are state */
    struct part *parts; /* by partition; not parted: one, partition 0, where state is kept */
    uint32_t n_parts;
    uint32_t n_partitions; /* of the input */

    struct exchange *exchanges;
    uint32_t n_exchanges;
    struct entry_writer writer;
    struct entry_reader *reader;
    bool reached; /* the group has read all that this run is about */
};

/* ---- transaction.c ---- */

/* One call of an extension's function, with what it needs. */
struct step {
    struct transaction *t;
    uint32_t n_partitions;
    int32_t partition;
    struct changelog *changelog;
    const struct levada_group_v1 *group;
    const struct levada_position *positions;
    struct levada_bytes bytes;
    const char *topic;
    int64_t offset;
    uint32_t n;
    uint64_t left;
    struct error err;
};

levada_status transaction_call(struct transaction *t, struct stage *stage, const char *what,
                               levada_status (*run)(struct stage *stage, void *user),
                               struct step *step);
/* The same, of what is not worth finishing once the pipeline is to stop: LOST then. */
levada_status transaction_call_or_stop(struct transaction *t, struct stage *stage, const char *what,
                                       levada_status (*run)(struct stage *stage, void *user),
                                       struct step *step);
struct checkpoint_view transaction_view(struct transaction *t);
levada_status transaction_no_memory(struct transaction *t);
/* Is there state to be kept at all? */
bool transaction_keeps_state(const struct transaction *t);
/* NULL: it is none of ours. */
struct part *transaction_find_part(const struct transaction *t, int32_t partition);
/* A record of the changelog, or of the stream @topic; waits until the sink takes it. */
levada_status transaction_write(struct transaction *t, const char *topic, int32_t partition,
                                struct levada_bytes key, struct levada_bytes value,
                                struct error *err);

/* ---- transaction_positions.c ---- */

/*
 * What the transaction changes of how far the member's source has read. LOST: who is about to stop
 * has not heard the source since it went back.
 */
levada_status transaction_write_positions(struct transaction *t, const struct member *member);
/*
 * Do the positions that the group gives, @all, and the state belong together? RETRY, with the
 * reason in the source's call, and the state is forgotten: it is to be asked and read again.
 */
levada_status transaction_check_positions(struct transaction *t, const struct member *member,
                                          const struct levada_position *all, uint32_t n);
void transaction_drop_part(struct transaction *t, struct part *part);

/* ---- repartition.c ---- */

/* Before the changelog is opened: which stages need it? CONFIG: one that cannot. */
levada_status repartition_plan(struct transaction *t);
/* Afterwards: their topics are there, and are read. */
levada_status repartition_open(struct transaction *t);
void repartition_finish(struct transaction *t);
/* The merged tables of @part, which are new, know of all partitions. */
levada_status repartition_prepare(struct transaction *t, struct part *part);
/* An assignment gives each partition of the topics to who has that of the input. */
levada_status repartition_check(struct transaction *t, const struct stage *source,
                                const struct levada_position *all, uint32_t n);
/* At a commit: partial rows leave, and how far event time has come. */
levada_status repartition_send(struct transaction *t);

#endif
