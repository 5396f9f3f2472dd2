/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/keep_alive.h"

#include <signal.h>
#include <time.h>

static struct timespec
in_ms(int64_t ms)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += ms / 1000;
    time.tv_nsec += ms % 1000 * 1000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_sec++;
        time.tv_nsec -= 1000000000;
    }
    return time;
}

static void *
run(void *user)
{
    struct keep_alive *self = user;
    pthread_mutex_lock(&self->lock);
    while (!self->must_stop) {
        struct timespec until = in_ms(self->every_ms);
        /* Room for no message: librdkafka only notes the time. */
        rd_kafka_consume_batch_queue(self->queue, 0, NULL, 0);
        pthread_cond_timedwait(&self->stopped, &self->lock, &until);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

bool
keep_alive_start(struct keep_alive *self, rd_kafka_t *rk, int64_t every_ms)
{
    pthread_condattr_t monotonic;
    sigset_t all, before;
    self->every_ms = every_ms;
    self->must_stop = false;
    self->queue = rd_kafka_queue_get_consumer(rk);
    pthread_mutex_init(&self->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&self->stopped, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sigfillset(&all); /* signals are the host's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    self->is_running = pthread_create(&self->thread, NULL, run, self) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (self->is_running)
        return true;
    rd_kafka_queue_destroy(self->queue);
    return false;
}

void
keep_alive_stop(struct keep_alive *self)
{
    if (!self->is_running)
        return;
    pthread_mutex_lock(&self->lock);
    self->must_stop = true;
    pthread_cond_signal(&self->stopped);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
    pthread_cond_destroy(&self->stopped);
    pthread_mutex_destroy(&self->lock);
    rd_kafka_queue_destroy(self->queue);
    self->is_running = false;
}
