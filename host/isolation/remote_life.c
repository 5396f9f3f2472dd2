/* SPDX-License-Identifier: Apache-2.0 */
/* A helper's beginning and end: started, brought to where the last one was, buried, dismissed. */
#include "isolation/remote_private.h"

#include "base/fault.h"
#include "isolation/setup.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define FIRST_PAUSE_MS 10
#define LONGEST_PAUSE_MS 5000
#define LAST_WORDS_MS 5000 /* for a backtrace, and a core where they are on */

/* ---- the beginning ---- */

static enum log_level
current_log_level(void)
{
    int level = LOG_TRACE;
    while (level > LOG_ERROR && !log_is_on((enum log_level)level))
        level--;
    return (enum log_level)level;
}

static bool
take_setup_answer(struct exchange *exchange, struct outcome_in *outcome, struct wire_in *in,
                  levada_status *status)
{
    (void)exchange;
    *status = (levada_status)wire_get(in);
    const char *text = wire_get_text(in);
    if (*status < 0 && text != NULL)
        *status = call_fail(outcome->stage->call, *status, "%s", text);
    return !in->failed;
}

static bool
send_setup(struct remote *remote, levada_status *status)
{
    const struct stage *stage = remote->stage;
    const struct isolation_spec *spec = remote->spec;
    struct exchange exchange;
    const char *pipeline = stage->logger.pipeline, *name = stage->name;
    struct setup setup = { .pipeline = pipeline != NULL ? pipeline : "",
                           .stage = name != NULL ? name : "",
                           .file = stage->file,
                           .id = stage->op->id,
                           .log_level = current_log_level(),
                           .color = log_has_color(),
                           .confinement = { .network = spec->network,
                                            .memory_bytes = spec->memory_bytes,
                                            .files = spec->files,
                                            .cpu_ns = spec->cpu_ns },
                           .settings = *remote->settings };
    *status = exchange_begin_bare(&exchange, remote, CALL_SETUP, "loading");
    if (*status < 0)
        return true;
    setup_put(&setup, &exchange.out);
    return exchange_run_with(&exchange, status, take_setup_answer);
}

static levada_status
launch(struct remote *remote)
{
    struct levada_call *call = remote->stage->call;
    struct error err = { .status = LEVADA_OK };
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return call_fail(call, LEVADA_FATAL, "cannot start its process: %s", strerror(errno));
    remote->channel_fd = ends[0];
    remote->shared = shared_create(&err);
    remote->transfer = remote->shared != NULL ? transfer_create(remote->stage->space, true) : NULL;
    if (remote->transfer != NULL)
        process_start(remote->name, ends[1], shared_fd(remote->shared), &remote->process, &err);
    close(ends[1]);
    if (remote->process.pid != 0)
        return LEVADA_OK;
    if (err.status >= 0)
        error_set(&err, LEVADA_FATAL, "out of memory");
    remote_forget(remote);
    return call_fail_with(call, &err);
}

static void
pause_before_restart(const struct remote *remote)
{
    if (remote->deaths == 0 || remote->suspects > 0)
        return;
    int64_t ms = FIRST_PAUSE_MS;
    for (unsigned i = 0; i < remote->deaths && ms < LONGEST_PAUSE_MS; i++)
        ms *= 2;
    struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    nanosleep(&time, NULL);
}

/* The new helper does what the last one had done. False: it died over it. */
static bool
bring_up(struct remote *remote, levada_status *status)
{
    if (!send_setup(remote, status))
        return false;
    if (*status >= 0 && remote->declared && !remote_create_once(remote, status))
        return false;
    if (*status >= 0 && remote->started && !remote_start_once(remote, status))
        return false;
    if (*status >= 0 && remote->restored && !remote_signal_once(remote, &remote->restore, status))
        return false;
    return true;
}

void
remote_rewind_call(struct remote *remote)
{
    struct levada_call *call = remote->stage->call;
    bool is_start = call->is_start, is_merge = call->is_merge;
    host_cells_forget(&remote->cells);
    call_end(call, LEVADA_AGAIN);
    call_reset(call);
    call->is_start = is_start;
    call->is_merge = is_merge;
}

levada_status
remote_ensure(struct remote *remote)
{
    struct levada_call *call = remote->stage->call;
    while (remote->process.pid == 0) {
        levada_status status = LEVADA_OK;
        pause_before_restart(remote);
        if (launch(remote) < 0)
            return call->err.status;
        bool came_up = bring_up(remote, &status);
        if (came_up && status < 0) {
            struct error err = call->err;
            remote_dismiss(remote);
            call->err = err;
            return status;
        }
        if (came_up) {
            remote_rewind_call(remote); /* what it did at RESTORE was done by the first one */
        } else if (remote->deaths >= remote->spec->attempts) {
            return call_fail(call, LEVADA_FATAL, "its process does not start again: it %s",
                             remote->why);
        }
    }
    return LEVADA_OK;
}

/* ---- the end ---- */

void
remote_forget(struct remote *remote)
{
    if (remote->channel_fd >= 0)
        close(remote->channel_fd);
    remote->channel_fd = -1;
    transfer_destroy(remote->transfer);
    remote->transfer = NULL;
    shared_unref(remote->shared);
    remote->shared = NULL;
    remote->process = (struct process){ 0, -1 };
}

static void
tell_end(struct remote *remote, int status, const char *callback, enum death death)
{
    char *why = remote->why;
    size_t n = sizeof(remote->why);
    if (death == DEATH_HANGS)
        snprintf(why, n, "did not return from %s within %g s and was ended", callback,
                 (double)remote->spec->time_limit_ns / 1e9);
    else if (death == DEATH_NONSENSE)
        snprintf(why, n, "answered %s with what makes no sense and was ended", callback);
    else if (WIFSIGNALED(status))
        snprintf(why, n, "was ended by %s in %s", fault_signal_name(WTERMSIG(status)), callback);
    else if (WEXITSTATUS(status) == EX_SOFTWARE)
        snprintf(why, n, "called exit() in %s", callback);
    else
        snprintf(why, n, "ended with exit code %d in %s", WEXITSTATUS(status), callback);
}

/* Ends, if it has not, and is reaped. */
static int
reap(struct remote *remote, enum death death)
{
    int status = 0;
    if (death == DEATH_HANGS)
        process_signal(&remote->process, SIGABRT); /* its last words tell where it hangs */
    if (death != DEATH_NONSENSE && process_wait(&remote->process, LAST_WORDS_MS, &status))
        return status;
    process_signal(&remote->process, SIGKILL);
    process_wait(&remote->process, -1, &status);
    return status;
}

void
remote_bury(struct remote *remote, const char *callback, enum death death)
{
    pid_t pid = remote->process.pid;
    int status = reap(remote, death);
    tell_end(remote, status, callback, death);
    remote->deaths++;
    /* While a bad record is looked for, deaths are expected. */
    log_at(&remote->stage->logger, remote->suspects > 0 ? LOG_DEBUG : LOG_ERROR, "its process died",
           "pid=%lld reason=\"it %s\" deaths=%u", (long long)pid, remote->why, remote->deaths);
    remote_forget(remote);
}

static bool
take_nothing(struct exchange *exchange, struct outcome_in *outcome, struct wire_in *in,
             levada_status *status)
{
    (void)exchange;
    (void)outcome;
    (void)in;
    *status = LEVADA_OK;
    return true;
}

void
remote_dismiss(struct remote *remote)
{
    struct exchange exchange;
    levada_status status;
    int unused;
    if (remote->process.pid == 0)
        return;
    if (exchange_begin_bare(&exchange, remote, CALL_DESTROY, "destroy()") < 0 ||
        !exchange_run_with(&exchange, &status, take_nothing))
        return;
    shutdown(remote->channel_fd, SHUT_RDWR);
    if (!process_wait(&remote->process, LAST_WORDS_MS, &unused)) {
        process_signal(&remote->process, SIGKILL);
        process_wait(&remote->process, -1, &unused);
    }
    remote_forget(remote);
}
