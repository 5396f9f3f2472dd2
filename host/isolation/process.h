/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ISOLATION_PROCESS_H
#define HOST_ISOLATION_PROCESS_H

/*
 * A helper as a process: this program once more, with the host's end of the channel and the shared
 * memory as its descriptors 3 and 4, and none of the others. It dies with the host.
 */

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESS_VERB "isolated-stage" /* not in the help: only the host says it */
enum {
    PROCESS_CHANNEL_FD = 3,
    PROCESS_MEMORY_FD = 4,
};

struct process {
    pid_t pid;
    int fd; /* pidfd */
};

/* @name: "PIPELINE/STAGE", for those who look at a list of processes. */
levada_status process_start(const char *name, int channel_fd, int memory_fd,
                            struct process *process, struct error *err);
/* Waits until it has ended and takes its status, as wait(2) gives it. False: it has not yet. */
bool process_wait(struct process *process, int64_t timeout_ms, int *status);
void process_signal(const struct process *process, int signo);

/* In the helper, first of all. */
void process_die_with_host(void);

#endif
