/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_STATUS_H
#define HOST_RUNTIME_STATUS_H

/*
 * What a running pipeline does now, as one JSON object: docs/progress.md has the fields. The
 * numbers are those of the pipeline's own thread, which makes the object when somebody has asked
 * for it.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct engine;

/* Where those who ask and the one who answers meet. */
struct status_desk {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    atomic_bool asked;
    uint64_t n_answers;
    bool is_over; /* the last answer stays it */
    char *json;   /* the last answer; owned */
};

bool status_desk_init(struct status_desk *desk);
void status_desk_finish(struct status_desk *desk);

/* Asks, and tells the number of the answer. [any thread] */
uint64_t status_ask(struct status_desk *desk);
/*
 * That answer or a later one, to be freed, or the last one if it does not come within @wait_ms;
 * NULL: there is none yet, or no memory. [any thread]
 */
char *status_take(struct status_desk *desk, uint64_t number, uint32_t wait_ms);

/* Answers if somebody has asked. [engine] Costs one load where nobody has. */
void status_answer(struct engine *engine);
/* Tells what there is now, for those who will ask and get no answer in time. [engine] */
void status_tell(struct engine *engine);
/* Tells for the last time: who asks from now on does not wait. [engine] */
void status_end(struct engine *engine);

#endif
