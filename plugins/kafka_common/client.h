/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_COMMON_CLIENT_H
#define PLUGINS_KAFKA_COMMON_CLIENT_H

/* A connection to a cluster: what producer and consumer have in common. */

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>

struct client {
    rd_kafka_conf_t *conf; /* of this client and of those that replace it */
    rd_kafka_t *rk;        /* once started */
    struct levada_ctx *ctx;
    char trouble[512];           /* the last sentence that librdkafka said of its brokers */
    rd_kafka_resp_err_t refused; /* it will not get better: wrong password, no authorisation */
    bool down;                   /* no broker can be reached, as far as known */
    char too_much[300]; /* that an answer was larger than receive.message.max.bytes, as it will be
                           again */
    bool was_cut; /* from the group's coordinator, since it started: what that was asked may have
                     been done and not answered, or answered and forgotten */
    /* A consumer whose topic was deleted: librdkafka 2.0.2 would wait in rd_kafka_destroy() for
     * ever. It is left to itself instead, with its threads: one for each time that the run then
     * goes on and joins its group again. */
    bool hangs;
    bool asks_once; /* client_connect(): nobody waits for a broker */
};

struct client_setting {
    const char *name, *value;
};

/*
 * Makes the configuration: @defaults (NULL, NULL at the end), @brokers, then the user's
 * @properties. Problems are the call's. The client's address must not change from here on.
 */
levada_status client_create(struct client *client, struct levada_call *call, struct levada_ctx *ctx,
                            const char *brokers, const struct client_setting *defaults,
                            const struct levada_list *properties, unsigned role);

/* Threads begin. */
levada_status client_start(struct client *client, struct levada_call *call, rd_kafka_type_t type);

/* Threads end, what is queued is dropped; it may be started again. */
void client_stop(struct client *client);

/* Also of a client that was never started. */
void client_finish(struct client *client);

/* The brokers do answer: a callback of the client's owner saw it. */
void client_note_answer(struct client *client);

/* Does a broker answer within @wait_ms? RETRY or CONFIG, with the reason, if not. */
levada_status client_reach(struct client *client, struct levada_call *call, int wait_ms);

/* What the cluster has; the caller destroys it. As client_reach(). */
levada_status client_list_topics(struct client *client, struct levada_call *call, int wait_ms,
                                 const struct rd_kafka_metadata **metadata);

/*
 * How many partitions the topic has; 0: the cluster has no topic of this name. It is not created by
 * asking, if allow.auto.create.topics is false. CONFIG: we may not use it; else as client_reach().
 */
levada_status client_find_topic(struct client *client, struct levada_call *call, const char *topic,
                                int wait_ms, int *n_partitions);

/*
 * For levada.connect/1: asks until a broker answers or refuses us (CONFIG), none can be reached or
 * @wait_ms are over (UNAVAILABLE). Says why as a problem of the option `brokers`.
 */
levada_status client_connect(struct client *client, struct levada_call *call, const char *brokers,
                             uint32_t wait_ms);

#endif
