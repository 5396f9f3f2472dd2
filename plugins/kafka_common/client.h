/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_COMMON_CLIENT_H
#define PLUGINS_KAFKA_COMMON_CLIENT_H

/* A connection to a cluster: what producer and consumer have in common. */

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>

struct client {
    rd_kafka_conf_t *conf; /* until client_start() */
    rd_kafka_t *rk;        /* from there on */
    struct levada_ctx *ctx;
    char trouble[512];           /* the last sentence that librdkafka said of its brokers */
    rd_kafka_resp_err_t refused; /* it will not get better: wrong password, no authorisation */
    bool down;                   /* no broker can be reached, as far as known */
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

/* Also of a client that was never started; what is queued is dropped. */
void client_finish(struct client *client);

/* Does a broker answer within @wait_ms? RETRY or CONFIG, with the reason, if not. */
levada_status client_reach(struct client *client, struct levada_call *call, int wait_ms);

/* Has the cluster a topic of this name? It is not created by asking. As client_reach(). */
levada_status client_find_topic(struct client *client, struct levada_call *call, const char *topic,
                                int wait_ms, bool *found);

#endif
