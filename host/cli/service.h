/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_SERVICE_H
#define HOST_CLI_SERVICE_H

/*
 * What systemd is told of a run that is a service (Type=notify): ready once every pipeline has
 * started, a status line, and its watchdog fed as long as each pipeline makes progress or waits for
 * something. Without systemd all of it does nothing.
 */

#include "cli/rate.h"
#include "runtime/engine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A pipeline, as far as the watchdog goes. */
struct service_view {
    const char *name;
    bool running;
    struct engine_progress progress;
};

struct service {
    int fd; /* -1: nobody wants to know */
    bool ready, reloading, stuck;
    int64_t watchdog_ns; /* 0: none */
    int64_t watched_ns, told_ns;
    struct rate rate;
    struct service_watch *watches;
    size_t n_watches;
};

void service_open(struct service *service);
void service_close(struct service *service);

/* How long one may wait before the next service_tick; -1: for ever. */
int service_wait_ms(const struct service *service);

/* Now and then: looks at all pipelines of the run, always in the same order. */
void service_tick(struct service *service, const struct service_view *views, size_t n,
                  int64_t now_ns);

/* The run ended well; where it was too short to be called ready, it is now. */
void service_done(struct service *service);

void service_stopping(struct service *service);
/* A reload begins: what runs is to end first, and service_tick sees it until then. */
void service_reloading(struct service *service, int64_t now_ns);
/* It has ended. The pipelines that service_tick sees next are those of the new files. */
void service_reloaded(struct service *service);
/* It was refused: all is as before. */
void service_refused(struct service *service, size_t n_mistakes);

#endif
