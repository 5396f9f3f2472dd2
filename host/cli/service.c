/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/service.h"

#include "cli/notify.h"
#include "log/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STARTING_MS 50         /* how soon it is seen that all have started */
#define STATUS_NS 1000000000LL /* how fresh the status is */
#define LOOKS_PER_WATCHDOG 3   /* so that a late one does no harm */

/* What a pipeline had done when it was last looked at. */
struct service_watch {
    uint64_t callbacks;
    bool seen;
};

/* WATCHDOG_USEC, if it is meant for this process; 0: no watchdog. */
static int64_t
watchdog_ns(void)
{
    const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    if (us == NULL || (pid != NULL && strtoll(pid, NULL, 10) != (long long)getpid()))
        return 0;
    long long n = strtoll(us, NULL, 10);
    return n > 0 && n < INT64_MAX / 1000 ? n * 1000 : 0;
}

void
service_open(struct service *service)
{
    *service = (struct service){ .fd = notify_open() };
    if (service->fd >= 0)
        service->watchdog_ns = watchdog_ns();
}

void
service_close(struct service *service)
{
    if (service->fd >= 0)
        close(service->fd);
    free(service->watches);
}

int
service_wait_ms(const struct service *service)
{
    int64_t ns = STATUS_NS, look_ns = service->watchdog_ns / LOOKS_PER_WATCHDOG;
    if (service->fd < 0)
        return -1;
    if (!service->ready)
        return STARTING_MS;
    if (look_ns > 0 && look_ns < ns)
        ns = look_ns;
    return ns < 1000000 ? 1 : (int)(ns / 1000000);
}

/* ---- ready, status ---- */

static void
tell_ready(struct service *service, const struct service_view *views, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (views[i].running && !views[i].progress.started)
            return;
    }
    service->ready = notify_send(service->fd, "READY=1");
}

static void
tell_status(struct service *service, const struct service_view *views, size_t n, int64_t now_ns)
{
    uint64_t records = 0;
    int64_t lag = -1;
    size_t n_running = 0;
    char lag_text[40] = "";
    if (service->told_ns != 0 && now_ns - service->told_ns < STATUS_NS)
        return;
    for (size_t i = 0; i < n; i++) {
        records += views[i].progress.records_in;
        n_running += views[i].running;
        if (views[i].running && views[i].progress.lag >= 0)
            lag = (lag > 0 ? lag : 0) + views[i].progress.lag;
    }
    if (lag >= 0)
        snprintf(lag_text, sizeof(lag_text), ", lag %lld", (long long)lag);
    notify_send(service->fd, "STATUS=%zu of %zu pipelines running, %.0f records/s, %llu in all%s",
                n_running, n, rate_look(&service->rate, now_ns, records),
                (unsigned long long)records, lag_text);
    service->told_ns = now_ns;
}

/* ---- the watchdog ---- */

static bool
has_room(struct service *service, size_t n)
{
    if (service->n_watches == n)
        return true;
    struct service_watch *watches = calloc(n > 0 ? n : 1, sizeof(*watches));
    if (watches == NULL)
        return false;
    free(service->watches);
    service->watches = watches;
    service->n_watches = n;
    return true;
}

/* Has the pipeline called a stage since, or a reason not to? */
static bool
is_alive(struct service_watch *watch, const struct service_view *view)
{
    bool moved = !watch->seen || view->progress.callbacks != watch->callbacks;
    *watch = (struct service_watch){ .callbacks = view->progress.callbacks, .seen = true };
    return moved || !view->running || view->progress.waiting;
}

static void
feed_watchdog(struct service *service, const struct service_view *views, size_t n, int64_t now_ns)
{
    bool all_alive = true;
    if (service->watchdog_ns == 0 || !has_room(service, n) ||
        now_ns - service->watched_ns < service->watchdog_ns / LOOKS_PER_WATCHDOG)
        return;
    service->watched_ns = now_ns;
    for (size_t i = 0; i < n; i++) {
        if (is_alive(&service->watches[i], &views[i]))
            continue;
        all_alive = false;
        if (!service->stuck)
            log_warn(&(struct logger){ .pipeline = views[i].name }, "no progress",
                     "for_ms=%lld watchdog_ms=%lld",
                     (long long)(service->watchdog_ns / LOOKS_PER_WATCHDOG / 1000000),
                     (long long)(service->watchdog_ns / 1000000));
    }
    service->stuck = !all_alive;
    if (all_alive)
        notify_send(service->fd, "WATCHDOG=1");
}

void
service_tick(struct service *service, const struct service_view *views, size_t n, int64_t now_ns)
{
    if (service->fd < 0)
        return;
    if (!service->ready && !service->reloading)
        tell_ready(service, views, n);
    tell_status(service, views, n, now_ns);
    feed_watchdog(service, views, n, now_ns);
}

/* ---- changes ---- */

void
service_done(struct service *service)
{
    if (!service->ready)
        service->ready = notify_send(service->fd, "READY=1");
}

void
service_stopping(struct service *service)
{
    notify_send(service->fd, "STOPPING=1");
}

void
service_reloading(struct service *service, int64_t now_ns)
{
    service->ready = false;
    service->reloading = true;
    notify_send(service->fd, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(now_ns / 1000));
}

void
service_reloaded(struct service *service)
{
    service->reloading = false;
    free(service->watches);
    service->watches = NULL;
    service->n_watches = 0;
}

void
service_refused(struct service *service, size_t n_mistakes)
{
    service->reloading = false;
    service->ready = notify_send(
        service->fd, "READY=1\nSTATUS=Not reloaded: the files have mistakes (%zu)", n_mistakes);
}
