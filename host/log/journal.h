/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_LOG_JOURNAL_H
#define HOST_LOG_JOURNAL_H

/*
 * Lines with fields, in the journal's native protocol: MESSAGE and PRIORITY, and of ours
 * LEVADA_PIPELINE, LEVADA_STAGE and LEVADA_EVENT, by which `journalctl LEVADA_STAGE=topic` finds
 * them.
 */

#include "log/log.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* A connected socket, or -1. */
int journal_open(const char *path);

struct journal_entry {
    int priority;                /* as of syslog(3) */
    const struct logger *logger; /* NULL: nobody in particular */
    const char *event;           /* NULL: none */
    const char *message;         /* one line */
};

/* False: the journal did not take it. [any thread] */
bool journal_send(int fd, const struct journal_entry *entry);

#endif
