/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SINK_TOPIC_H
#define PLUGINS_KAFKA_SINK_TOPIC_H

/* The topics that records go to: are they there, or are they to be made? */

#include "kafka_common/client.h"

struct topic_shape {                 /* the option `create` */
    int64_t partitions, replication; /* 0: not given */
    struct levada_list settings;     /* of the topic itself; dots as underscores */
};

struct topic {
    struct topic *next;    /* of the same hash */
    rd_kafka_topic_t *rkt; /* NULL: not opened yet, by this producer */
    bool is_asked, is_there;
    char name[]; /* ends in NUL */
};

struct topics { /* zeroed */
    struct topic *buckets[256];
    struct topic *last; /* that was asked for: most records go where the one before went */
};

/* The topic of that name, known from now on. NULL: out of memory. */
struct topic *topics_get(struct topics *topics, const char *name, size_t n);

/* Topics that are not there may be by now: they are asked for again. */
void topics_forget_missing(struct topics *topics);

/* Gives the producer's handles back, before the producer ends. */
void topics_close(struct topics *topics);
void topics_finish(struct topics *topics);

/* Creates it; OK too if somebody else just did. Fails as topic_ask(). */
levada_status topic_create(struct client *client, struct levada_call *call, const char *topic,
                           const struct topic_shape *shape);

/* For levada.connect/1: would the brokers create it? Says why not as a problem of `create`. */
levada_status topic_try_create(struct client *client, struct levada_call *call, const char *topic,
                               const struct topic_shape *shape);

/* Where a partition begins and ends now, as the client's isolation level sees it. */
levada_status topic_find_ends(struct client *client, struct levada_call *call, const char *topic,
                              int32_t partition, int64_t *begin, int64_t *end);

/*
 * Finds out, once, whether @topic is there, and makes it if @shape asks for it. RETRY: no broker
 * answers; CONFIG: it may not be used, or not be created so.
 */
levada_status topic_ask(struct client *client, struct levada_call *call, struct topic *topic,
                        const struct topic_shape *shape);

/* The handle to produce with. NULL: librdkafka knows why, rd_kafka_last_error(). */
rd_kafka_topic_t *topic_handle(struct topic *topic, rd_kafka_t *rk);

#endif
