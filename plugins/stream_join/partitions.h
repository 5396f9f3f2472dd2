/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STREAM_JOIN_PARTITIONS_H
#define STREAM_JOIN_PARTITIONS_H

/*
 * How far event time has come on one side: in each of its partitions, and in all of them. The rules
 * are those of windows; a partition counts from its first record.
 */

#include <levada/plugin.h>
#include <stdbool.h>

struct partition {
    char *name; /* of its stream, whose number differs from run to run */
    int64_t max_ms;
    uint32_t stream; /* PARTITION_UNMET: of an earlier run, no record came yet */
    int32_t number;
    bool changed; /* since it was saved */
};

#define PARTITION_UNMET UINT32_MAX

struct partitions { /* zeroed but for the delay */
    int64_t delay_ms;
    int64_t closed_ms; /* rows of the other side that only older records could meet have left */
    struct partition *items;
    uint32_t n, room, last; /* last: that of the record before */
};

void partitions_init(struct partitions *partitions, int64_t delay_ms);
/* Empty, and usable again. */
void partitions_clear(struct partitions *partitions);

/* One that was saved, in the order of saving. False: out of memory. */
bool partitions_add(struct partitions *partitions, struct levada_bytes name, int32_t number,
                    int64_t max_ms);

/* The partition that a record came from. NULL: out of memory. Borrowed until the next. */
struct partition *partitions_enter(struct partitions *partitions, struct levada_call *call,
                                   const struct levada_record *record);

/* Takes a record's time, and tells whether it is late: older than its partition's watermark. */
bool partitions_is_late(struct partitions *partitions, struct partition *partition,
                        int64_t time_ms);

/* The smallest watermark of all partitions becomes closed_ms. True: that is later than before. */
bool partitions_close(struct partitions *partitions);

/* Nothing before @time_ms comes any more, whoever says so. True: that is later than closed_ms. */
bool partitions_close_until(struct partitions *partitions, int64_t time_ms);

#endif
