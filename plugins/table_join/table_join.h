/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TABLE_JOIN_TABLE_JOIN_H
#define TABLE_JOIN_TABLE_JOIN_H

/*
 * The instance: a table in memory, what is remembered of the stream's keys, and the file that may
 * change. A new table replaces the old one between two triggers, so each trigger sees one.
 */

#include "key_index.h"

#include <levada/levada.h>
#include <sys/stat.h>

enum join_type { /* the words of the option type, in this order */
    JOIN_INNER,
    JOIN_LEFT,
};

struct join_pair { /* one item of the option on */
    const struct levada_path *stream;
    const char *table;
};

/* For each entry of a key's dictionary, the part that it plays in the table: found once, not per
 * record. */
struct key_memo {
    uint32_t *part;
    uint32_t n, room, generation;
};

struct table_join {
    /* Options. */
    const char *table;
    struct levada_list on;  /* struct join_pair */
    struct levada_list add; /* const char * */
    int64_t type, on_duplicate;
    int64_t reload; /* ns; 0: never */

    struct levada_ctx *ctx;
    uint64_t *unmatched;             /* a metric */
    const struct levada_path **adds; /* one for each item of add */
    const char **columns;            /* of the table: those of on, then those of add */
    struct key_index *index;
    struct levada_dict *dicts; /* what set_ids() is given: the index's, one for each item of add */
    struct key_memo *memos;    /* one for each item of on */
    struct stat seen;          /* the file as it was read last */
    int64_t next_check;        /* ns, monotonic */
};

/* What has to be there before a table can be read. False: out of memory; still to be finished. */
bool table_join_init(struct table_join *self, struct levada_ctx *ctx);
void table_join_finish(struct table_join *self);

/* Reads the table and makes it the one in use. False: the one before stays. */
bool table_join_load(struct table_join *self, struct levada_call *call,
                     struct complaint *complaint);

/* Reads the table again if it changed; a table that cannot be read is a warning. */
void table_join_refresh(struct table_join *self, struct levada_call *call, int64_t now);

levada_status table_join_process(void *object, struct levada_call *call, uint32_t port,
                                 struct levada_batch *batch);

#endif
