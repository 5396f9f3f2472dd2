/* SPDX-License-Identifier: Apache-2.0 */
#include "state/folder_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define WAIT_NS 10000000 /* 10 ms */
#define WAIT_TRIES 100

void
folder_lock_init(struct folder_lock *lock)
{
    lock->fd = -1;
}

static void
read_pid(const struct folder_lock *lock, char *pid, size_t room)
{
    ssize_t n = pread(lock->fd, pid, room - 1, 0);
    pid[n > 0 ? n : 0] = '\0';
    pid[strcspn(pid, "\n")] = '\0';
}

/*
 * A run that is killed while it starts a child (verify.h) leaves the lock to it for the moment that
 * the child needs to close what it inherited. So the lock of a process that is gone is waited for.
 */
static bool
lock_file(const struct folder_lock *lock)
{
    char pid[32];
    for (int tries = 0; flock(lock->fd, LOCK_EX | LOCK_NB) != 0; tries++) {
        read_pid(lock, pid, sizeof(pid));
        pid_t holder = (pid_t)strtol(pid, NULL, 10);
        if (holder <= 0 || kill(holder, 0) == 0 || errno != ESRCH || tries == WAIT_TRIES)
            return false;
        nanosleep(&(struct timespec){ .tv_nsec = WAIT_NS }, NULL);
    }
    return true;
}

static levada_status
report_holder(const struct folder_lock *lock, const char *folder, struct error *err)
{
    char pid[32];
    read_pid(lock, pid, sizeof(pid));
    return error_set(err, LEVADA_LOCKED,
                     "checkpoint %s: another process runs on it (pid %s); stop it, or give this "
                     "pipeline another `checkpoint`",
                     folder, pid[0] != '\0' ? pid : "unknown");
}

levada_status
folder_lock_take(struct folder_lock *lock, const char *folder, struct error *err)
{
    char path[4200], pid[32];
    snprintf(path, sizeof(path), "%s/lock", folder);
    lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (lock->fd < 0)
        return error_set(err, LEVADA_NO_OUTPUT, "checkpoint %s: cannot write into it: %s", folder,
                         strerror(errno));
    if (!lock_file(lock))
        return report_holder(lock, folder, err);
    int n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
    if (ftruncate(lock->fd, 0) != 0 || pwrite(lock->fd, pid, (size_t)n, 0) != n)
        return error_set(err, LEVADA_NO_OUTPUT, "checkpoint %s: cannot write into it: %s", folder,
                         strerror(errno));
    return LEVADA_OK;
}

void
folder_lock_release(struct folder_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
}
