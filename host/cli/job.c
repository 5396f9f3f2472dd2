/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/job.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/strbuf.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* One write(2), so that the lines of several pipelines do not mix. */
static void
write_progress(void *user, const char *json)
{
    const struct job *job = user;
    struct strbuf line = { 0 };
    strbuf_str(&line, json);
    strbuf_char(&line, '\n');
    if (strbuf_failed(&line) || write(job->progress_fd, line.text, line.n) != (ssize_t)line.n)
        log_warn(&job->logger, "a progress report is lost", "reason=\"%s\"", strerror(errno));
    strbuf_finish(&line);
}

static void
report_failure(const struct job *job, const struct error *err)
{
    char stage[1024];
    log_failure(&job->logger, err->text,
                pipeline_failed_stage(job->pipeline, stage, sizeof(stage)));
}

static void *
job_run(void *argument)
{
    struct job *job = argument;
    struct error err = { .status = LEVADA_OK };
    struct engine_progress progress;

    if (!fault_guard_thread())
        log_warn(&job->logger, "a stack overflow would not be told", "reason=\"out of memory\"");
    job->status = pipeline_run(job->pipeline, &err);
    pipeline_log_counters(job->pipeline);
    pipeline_get_progress(job->pipeline, &progress);
    double seconds = (double)(clock_system.monotonic_ns(&clock_system) - job->started_ns) / 1e9;
    if (job->status < 0)
        report_failure(job, &err);
    log_info(&job->logger, job->status < 0 ? "stopped" : "finished",
             "records_in=%llu records_out=%llu late=%llu bad=%llu dead_lettered=%llu "
             "rollbacks=%llu seconds=%.3f records_per_second=%.0f",
             (unsigned long long)progress.records_in, (unsigned long long)progress.records_out,
             (unsigned long long)progress.late, (unsigned long long)progress.bad,
             (unsigned long long)progress.dead_lettered, (unsigned long long)progress.rollbacks,
             seconds, seconds > 0 ? (double)progress.records_in / seconds : 0);
    atomic_store(&job->over, true);
    uint64_t one = 1;
    if (write(job->done_fd, &one, sizeof(one)) != sizeof(one))
        log_error(&job->logger, "internal", "event=lost");
    return NULL;
}

bool
job_start(struct job *job)
{
    if (!pipeline_prepare(job->pipeline, job->progress_fd >= 0 ? write_progress : NULL, job)) {
        log_error(&job->logger, "failed", "reason=\"out of memory\"");
        job->status = LEVADA_FATAL;
        return false;
    }
    job->started_ns = clock_system.monotonic_ns(&clock_system);
    if (pthread_create(&job->thread, NULL, job_run, job) != 0) {
        log_error(&job->logger, "failed", "reason=\"no thread\"");
        job->status = LEVADA_FATAL;
        return false;
    }
    job->running = true;
    return true;
}
