/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/run.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/strbuf.h"
#include "cli/status_socket.h"
#include "log/log.h"
#include "record/value.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#define LIVE_LINE_MS 250

struct job {
    struct pipeline *pipeline;
    int progress_fd; /* -1: no reports */
    struct logger logger;
    pthread_t thread;
    bool running;
    int done_fd; /* eventfd: one is added when the pipeline is over */
    int64_t started_ns;
    levada_status status; /* once over */
};

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
    uint64_t one = 1;
    if (write(job->done_fd, &one, sizeof(one)) != sizeof(one))
        log_error(&job->logger, "internal", "event=lost");
    return NULL;
}

static bool
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

/* ---- the live line of a terminal ---- */

struct live {
    bool shown;
    int64_t last_ns;
    uint64_t last_records;
};

static struct engine_progress
sum_progress(const struct job *jobs, size_t n)
{
    struct engine_progress sum = { .lag = -1, .watermark_ms = LEVADA_NO_TIME };
    for (size_t i = 0; i < n; i++) {
        struct engine_progress one;
        if (!jobs[i].running)
            continue;
        pipeline_get_progress(jobs[i].pipeline, &one);
        sum.records_in += one.records_in;
        sum.batches += one.batches;
        sum.late += one.late;
        sum.bad += one.bad;
        if (one.lag >= 0)
            sum.lag = (sum.lag > 0 ? sum.lag : 0) + one.lag;
        if (sum.watermark_ms == LEVADA_NO_TIME)
            sum.watermark_ms = one.watermark_ms;
    }
    return sum;
}

static void
show_live_line(struct live *live, const struct job *jobs, size_t n)
{
    struct engine_progress sum = sum_progress(jobs, n);
    struct strbuf line = { 0 };
    int64_t now_ns = clock_system.monotonic_ns(&clock_system);
    double seconds = (double)(now_ns - live->last_ns) / 1e9;
    double rate = live->last_ns > 0 && seconds > 0
                      ? (double)(sum.records_in - live->last_records) / seconds
                      : 0;
    strbuf_printf(&line, "%llu records  %.0f records/s  %llu batches",
                  (unsigned long long)sum.records_in, rate, (unsigned long long)sum.batches);
    if (sum.lag >= 0)
        strbuf_printf(&line, "  lag %lld", (long long)sum.lag);
    if (sum.watermark_ms != LEVADA_NO_TIME && sum.watermark_ms != INT64_MAX) {
        char time[VALUE_TIME_SIZE];
        strbuf_printf(&line, "  watermark %.*s", (int)value_format_time(sum.watermark_ms, time),
                      time);
    }
    if (sum.late > 0)
        strbuf_printf(&line, "  %llu late", (unsigned long long)sum.late);
    if (sum.bad > 0)
        strbuf_printf(&line, "  %llu bad", (unsigned long long)sum.bad);
    log_live_line(strbuf_text(&line));
    strbuf_finish(&line);
    live->last_ns = now_ns;
    live->last_records = sum.records_in;
}

/* ---- signals ---- */

static sigset_t
stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

static void
take_signal(int fd, struct job *jobs, size_t n, bool *stopping)
{
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof(info)) != sizeof(info))
        return;
    if (*stopping)
        _exit(128 + (int)info.ssi_signo); /* a second signal: at once */
    *stopping = true;
    log_info(NULL, "stopping", "signal=%s", info.ssi_signo == SIGINT ? "INT" : "TERM");
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].running)
            pipeline_stop(jobs[i].pipeline);
    }
}

/* Where the pipelines print on the terminal themselves, a line that comes and goes would be in the
 * way. */
static bool
wants_live_line(const struct job *jobs, size_t n)
{
    if (isatty(STDERR_FILENO) == 0)
        return false;
    for (size_t i = 0; i < n && isatty(STDOUT_FILENO) == 1; i++) {
        if (pipeline_uses_stdout(jobs[i].pipeline))
            return false;
    }
    return true;
}

/* ---- levada status ---- */

struct run_view {
    const struct job *jobs;
    size_t n;
    int64_t started_ms;
};

static void
write_status(void *user, struct strbuf *out)
{
    const struct run_view *view = user;
    bool any = false;
    strbuf_printf(
        out, "{\"pid\":%d,\"version\":\"" LEVADA_VERSION "\",\"startedMs\":%lld,\"pipelines\":[",
        (int)getpid(), (long long)view->started_ms);
    for (size_t i = 0; i < view->n; i++) {
        char *json = view->jobs[i].running ? pipeline_status(view->jobs[i].pipeline) : NULL;
        if (json != NULL)
            strbuf_printf(out, "%s%s", any ? "," : "", json);
        any = any || json != NULL;
        free(json);
    }
    strbuf_str(out, "]}\n");
}

static void
wait_for_jobs(struct job *jobs, size_t n, size_t n_running, int done_fd, int signal_fd,
              struct status_socket *status)
{
    struct run_view view = { jobs, n, clock_system.wall_ms(&clock_system) };
    struct live live = { .shown = wants_live_line(jobs, n) };
    struct pollfd fds[] = { { .fd = done_fd, .events = POLLIN },
                            { .fd = signal_fd, .events = POLLIN },
                            { .fd = status->fd, .events = POLLIN } }; /* -1 is passed over */
    bool stopping = false;
    while (n_running > 0) {
        int ready = poll(fds, 3, live.shown ? LIVE_LINE_MS : -1);
        if (ready > 0 && (fds[1].revents & POLLIN) != 0)
            take_signal(signal_fd, jobs, n, &stopping);
        if (ready > 0 && (fds[2].revents & POLLIN) != 0)
            status_socket_serve(status, write_status, &view);
        uint64_t done = 0;
        if (ready > 0 && (fds[0].revents & POLLIN) != 0 &&
            read(done_fd, &done, sizeof(done)) == sizeof(done))
            n_running -= done;
        if (live.shown && n_running > 0)
            show_live_line(&live, jobs, n);
    }
    if (live.shown)
        log_live_line(NULL);
}

/* False: @path cannot be opened for appending, which has been told. */
static bool
open_progress(const char *path, int *fd)
{
    *fd = -1;
    if (path == NULL)
        return true;
    *fd = strcmp(path, "-") == 0 ? STDERR_FILENO
                                 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (*fd < 0)
        fprintf(stderr, "levada: --progress: cannot write %s: %s\n", path, strerror(errno));
    return *fd >= 0;
}

int
run_pipelines(struct loaded *loaded, const char *progress, const char *status)
{
    int progress_fd;
    struct status_socket status_socket;
    if (!open_progress(progress, &progress_fd))
        return EX_CANTCREAT;
    if (!status_socket_open(&status_socket, status)) {
        if (progress_fd > STDERR_FILENO)
            close(progress_fd);
        return EX_CANTCREAT;
    }
    size_t n = loaded->n_pipelines, n_running = 0;
    sigset_t signals = stop_signals();
    struct job *jobs = calloc(n > 0 ? n : 1, sizeof(*jobs));
    int done_fd = eventfd(0, EFD_CLOEXEC);
    int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    int code = EX_SOFTWARE;
    if (jobs == NULL || done_fd < 0 || signal_fd < 0) {
        log_error(NULL, "failed", "reason=\"out of memory or descriptors\"");
        goto out;
    }
    /* Blocked in all threads, which inherit it: signals are read from signal_fd, here alone. */
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    for (size_t i = 0; i < n; i++) {
        jobs[i] = (struct job){ .pipeline = loaded->pipelines[i],
                                .logger = { .pipeline = pipeline_label(loaded->pipelines[i]) },
                                .progress_fd = progress_fd,
                                .done_fd = done_fd };
        n_running += job_start(&jobs[i]);
    }
    wait_for_jobs(jobs, n, n_running, done_fd, signal_fd, &status_socket);
    code = 0;
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].running)
            pthread_join(jobs[i].thread, NULL);
        if (code == 0 && jobs[i].status < 0)
            code = error_exit_code(jobs[i].status);
    }

out:
    status_socket_close(&status_socket);
    if (done_fd >= 0)
        close(done_fd);
    if (signal_fd >= 0)
        close(signal_fd);
    if (progress_fd > STDERR_FILENO)
        close(progress_fd);
    free(jobs);
    return code;
}
