/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_KEEP_ALIVE_H
#define PLUGINS_KAFKA_SOURCE_KEEP_ALIVE_H

/*
 * A group puts a member out that does not poll for max.poll.interval.ms, which a sink that waits
 * for its broker easily takes. So a thread says meanwhile that we are still here. It takes no
 * message and runs no callback: what the group decides waits for the next poll.
 */

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdbool.h>

struct keep_alive { /* zeroed: not running */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    rd_kafka_queue_t *queue;
    int64_t every_ms;
    bool is_running, must_stop;
};

/* False: there is no thread to be had. */
bool keep_alive_start(struct keep_alive *keep_alive, rd_kafka_t *rk, int64_t every_ms);

/* Before the consumer is closed. */
void keep_alive_stop(struct keep_alive *keep_alive);

#endif
