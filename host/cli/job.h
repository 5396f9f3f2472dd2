/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_JOB_H
#define HOST_CLI_JOB_H

/* One pipeline of a run, on a thread of its own. */

#include "log/log.h"
#include "pipeline/pipeline.h"

#include <pthread.h>
#include <stdatomic.h>

struct job {
    struct pipeline *pipeline;
    int progress_fd; /* -1: no reports */
    struct logger logger;
    pthread_t thread;
    bool running; /* the thread was started: to be joined */
    atomic_bool over;
    int done_fd; /* eventfd: one is added when the pipeline is over */
    int64_t started_ns;
    levada_status status;   /* once over */
    uint64_t status_number; /* of the answer that was asked for last: pipeline_ask_status */
};

/* False: the pipeline could not be begun; told already, and in the status. */
bool job_start(struct job *job);

#endif
