/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/run.h"

#include "base/clock.h"
#include "cli/job.h"
#include "cli/live_line.h"
#include "cli/service.h"
#include "cli/status_socket.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#define LIVE_LINE_MS 250
#define STATUS_MS 1000 /* the longest wait for all pipelines to tell what they do */

enum run_state {
    RUN_GOES_ON,
    RUN_RELOADS, /* until all are over; then what run->next holds begins */
    RUN_STOPS,
};

struct run {
    struct loaded *loaded;
    struct loaded next; /* RUN_RELOADS */
    const struct arguments *arguments;
    enum run_state state;
    bool again;       /* RUN_RELOADS: and once more then, as the files have changed since */
    struct job *jobs; /* of loaded */
    size_t n_jobs;
    struct service_view *views; /* of the jobs */
    int progress_fd, done_fd, signal_fd;
    int64_t started_ms;
    struct status_socket status;
    struct service service;
};

static int64_t
now_ns(void)
{
    return clock_system.monotonic_ns(&clock_system);
}

static void
stop_jobs(const struct run *run)
{
    for (size_t i = 0; i < run->n_jobs; i++) {
        if (run->jobs[i].running)
            pipeline_stop(run->jobs[i].pipeline);
    }
}

/* ---- signals ---- */

/* SIGHUP: of a terminal that goes away. To a service it means: read your files again. */
static bool
has_terminal(void)
{
    return isatty(STDIN_FILENO) == 1 || isatty(STDERR_FILENO) == 1;
}

static sigset_t
run_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

static void
reload(struct run *run)
{
    service_reloading(&run->service, now_ns());
    load_again(&run->next, run->loaded, run->arguments);
    if (run->next.problems.n_errors == 0)
        load_workers(&run->next, run->arguments);
    if (load_report(&run->next, run->arguments) == 0) {
        log_info(NULL, "reloading", "pipelines=%zu", run->next.n_pipelines);
        run->state = RUN_RELOADS;
        stop_jobs(run);
        return;
    }
    log_error(NULL, "not reloaded", "mistakes=%zu", run->next.problems.n_errors);
    service_refused(&run->service, run->next.problems.n_errors);
    load_drop(&run->next);
}

static void
stop(struct run *run, int signo)
{
    if (run->state == RUN_STOPS)
        _exit(128 + signo); /* a second signal: at once */
    log_info(NULL, "stopping", "signal=%s",
             signo == SIGINT    ? "INT"
             : signo == SIGTERM ? "TERM"
                                : "HUP");
    service_stopping(&run->service);
    if (run->state == RUN_RELOADS)
        load_drop(&run->next);
    run->state = RUN_STOPS;
    stop_jobs(run);
}

static void
take_signal(struct run *run)
{
    struct signalfd_siginfo info;
    if (read(run->signal_fd, &info, sizeof(info)) != sizeof(info))
        return;
    int signo = (int)info.ssi_signo;
    if (signo != SIGHUP || has_terminal())
        stop(run, signo);
    else if (run->state == RUN_GOES_ON)
        reload(run);
    else
        run->again = true;
}

/* ---- levada status ---- */

/* What is left of STATUS_MS since then. */
static uint32_t
status_left_ms(int64_t asked_ns)
{
    int64_t gone_ms = (now_ns() - asked_ns) / 1000000;
    return gone_ms < STATUS_MS ? (uint32_t)(STATUS_MS - gone_ms) : 0;
}

static void
write_status(void *user, struct strbuf *out)
{
    const struct run *run = user;
    const int64_t asked_ns = now_ns();
    bool any = false;
    for (size_t i = 0; i < run->n_jobs; i++) {
        if (run->jobs[i].running)
            run->jobs[i].status_number = pipeline_ask_status(run->jobs[i].pipeline);
    }
    strbuf_printf(
        out, "{\"pid\":%d,\"version\":\"" LEVADA_VERSION "\",\"startedMs\":%lld,\"pipelines\":[",
        (int)getpid(), (long long)run->started_ms);
    for (size_t i = 0; i < run->n_jobs; i++) {
        const struct job *job = &run->jobs[i];
        char *json = job->running ? pipeline_status(job->pipeline, job->status_number,
                                                    status_left_ms(asked_ns))
                                  : NULL;
        if (json != NULL)
            strbuf_printf(out, "%s%s", any ? "," : "", json);
        any = any || json != NULL;
        free(json);
    }
    strbuf_str(out, "]}\n");
}

/* ---- until all are over ---- */

static void
tell_service(struct run *run)
{
    for (size_t i = 0; i < run->n_jobs; i++) {
        struct job *job = &run->jobs[i];
        run->views[i] =
            (struct service_view){ .name = job->logger.pipeline,
                                   .running = job->running && !atomic_load(&job->over) };
        if (job->running)
            pipeline_get_progress(job->pipeline, &run->views[i].progress);
    }
    service_tick(&run->service, run->views, run->n_jobs, now_ns());
}

/* How long a poll may take; -1: as long as nothing happens. */
static int
wait_ms(const struct run *run, const struct live_line *live)
{
    int service_ms = service_wait_ms(&run->service);
    if (!live->shown)
        return service_ms;
    return service_ms >= 0 && service_ms < LIVE_LINE_MS ? service_ms : LIVE_LINE_MS;
}

static void
wait_for_jobs(struct run *run, size_t n_running)
{
    struct live_line live = { .shown = live_line_is_wanted(run->jobs, run->n_jobs) };
    struct pollfd fds[] = { { .fd = run->done_fd, .events = POLLIN },
                            { .fd = run->signal_fd, .events = POLLIN },
                            { .fd = run->status.fd, .events = POLLIN } }; /* -1 is passed over */
    while (n_running > 0) {
        int ready = poll(fds, 3, wait_ms(run, &live));
        if (ready > 0 && (fds[1].revents & POLLIN) != 0)
            take_signal(run);
        if (ready > 0 && (fds[2].revents & POLLIN) != 0)
            status_socket_serve(&run->status, write_status, run);
        uint64_t done = 0;
        if (ready > 0 && (fds[0].revents & POLLIN) != 0 &&
            read(run->done_fd, &done, sizeof(done)) == sizeof(done))
            n_running -= done;
        if (n_running > 0)
            tell_service(run);
        if (live.shown && n_running > 0)
            live_line_show(&live, run->jobs, run->n_jobs);
    }
    if (live.shown)
        log_live_line(NULL);
}

/* Runs all pipelines of run->loaded; returns their exit code. */
static int
run_loaded(struct run *run)
{
    size_t n = run->loaded->n_pipelines, n_running = 0;
    int code = 0;
    run->jobs = calloc(n > 0 ? n : 1, sizeof(*run->jobs));
    run->views = calloc(n > 0 ? n : 1, sizeof(*run->views));
    if (run->jobs == NULL || run->views == NULL) {
        log_error(NULL, "failed", "reason=\"out of memory\"");
        code = EX_SOFTWARE;
        goto out;
    }
    run->n_jobs = n;
    for (size_t i = 0; i < n; i++) {
        struct job *job = &run->jobs[i];
        job->pipeline = run->loaded->pipelines[i];
        job->logger.pipeline = pipeline_label(job->pipeline);
        job->progress_fd = run->progress_fd;
        job->done_fd = run->done_fd;
        n_running += job_start(job);
    }
    if (run->again && run->state == RUN_GOES_ON)
        reload(run);
    run->again = false;
    wait_for_jobs(run, n_running);
    for (size_t i = 0; i < n; i++) {
        if (run->jobs[i].running)
            pthread_join(run->jobs[i].thread, NULL);
        if (code == 0 && run->jobs[i].status < 0)
            code = error_exit_code(run->jobs[i].status);
    }

out:
    free(run->jobs);
    free(run->views);
    run->jobs = NULL;
    run->views = NULL;
    run->n_jobs = 0;
    return code;
}

/* And again, as often as the files are read again. */
static int
run_all(struct run *run)
{
    int code = run_loaded(run);
    while (run->state == RUN_RELOADS) {
        load_replace(run->loaded, &run->next);
        service_reloaded(&run->service);
        run->state = RUN_GOES_ON;
        code = run_loaded(run);
    }
    if (code == 0)
        service_done(&run->service);
    return code;
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

static void
close_progress(const struct run *run)
{
    if (run->progress_fd > STDERR_FILENO)
        close(run->progress_fd);
}

int
run_pipelines(struct loaded *loaded, const struct arguments *arguments)
{
    struct run run = { .loaded = loaded,
                       .arguments = arguments,
                       .started_ms = clock_system.wall_ms(&clock_system) };
    sigset_t signals = run_signals();
    int code = EX_SOFTWARE;
    if (!open_progress(arguments->progress, &run.progress_fd))
        return EX_CANTCREAT;
    if (!status_socket_open(&run.status, arguments->status)) {
        close_progress(&run);
        return EX_CANTCREAT;
    }
    run.done_fd = eventfd(0, EFD_CLOEXEC);
    run.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    service_open(&run.service);
    if (run.done_fd >= 0 && run.signal_fd >= 0) {
        /* Blocked in all threads, which inherit it: signals are read from signal_fd, here alone. */
        pthread_sigmask(SIG_BLOCK, &signals, NULL);
        code = run_all(&run);
    } else {
        log_error(NULL, "failed", "reason=\"out of descriptors\"");
    }
    service_close(&run.service);
    if (run.done_fd >= 0)
        close(run.done_fd);
    if (run.signal_fd >= 0)
        close(run.signal_fd);
    status_socket_close(&run.status);
    close_progress(&run);
    return code;
}
