/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SINK_REFUSED_H
#define PLUGINS_KAFKA_SINK_REFUSED_H

/*
 * Within a transaction, one record that the broker does not take voids all of it. So the records of
 * the next try go out one at a time, which shows who is bad, and the try after that leaves it out:
 * a bad record like any other. A record is known by its origin and its bytes.
 */

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#define REFUSED_MOST 100u /* of one transaction; each costs a try */

struct refused_record {
    uint64_t hash; /* of the value */
    int64_t offset;
    uint32_t stream;
    int32_t partition;
    rd_kafka_resp_err_t err;
};

struct refused { /* zeroed */
    bool one_by_one;
    uint32_t n;
    struct refused_record records[REFUSED_MOST];
};

/* A batch was refused; @record is the one it was made of, NULL: there were several. False: too many
 * have been. */
bool refused_note(struct refused *refused, const struct levada_record *record,
                  rd_kafka_resp_err_t err);

/* Why the broker did not take it; NO_ERROR: nothing is known against it. */
rd_kafka_resp_err_t refused_find(const struct refused *refused, const struct levada_record *record);

/* The transaction is committed. */
void refused_forget(struct refused *refused);

#endif
