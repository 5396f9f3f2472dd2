/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/surroundings.h"

#include "conformance/verdict.h"

#include <dirent.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREAD_WAITS 40 /* times 5 ms: a joined thread may be seen a little longer */

static uint32_t
count_threads(void)
{
    uint32_t n = 0;
    DIR *tasks = opendir("/proc/self/task");
    while (tasks != NULL && readdir(tasks) != NULL)
        n++;
    if (tasks != NULL)
        closedir(tasks);
    return n;
}

static uint64_t
hash_environment(void)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (char **line = environ; line != NULL && *line != NULL; line++) {
        for (const char *p = *line; *p != '\0'; p++)
            hash = (hash ^ (unsigned char)*p) * 1099511628211u;
        hash = (hash ^ '\n') * 1099511628211u;
    }
    return hash;
}

void
surroundings_note(struct surroundings *now)
{
    memset(now, 0, sizeof(*now));
    now->n_threads = count_threads();
    for (int fd = 0; fd < MOST_DESCRIPTORS; fd++) {
        struct stat info;
        now->descriptors[fd].open = fstat(fd, &info) == 0;
        if (now->descriptors[fd].open) {
            now->descriptors[fd].device = info.st_dev;
            now->descriptors[fd].inode = info.st_ino;
        }
    }
    now->environment = hash_environment();
    snprintf(now->locale, sizeof(now->locale), "%s", setlocale(LC_ALL, NULL));
    if (getcwd(now->directory, sizeof(now->directory)) == NULL)
        now->directory[0] = '\0';
    now->umask = umask(0);
    umask(now->umask);
    for (int number = 1; number <= LAST_SIGNAL; number++)
        sigaction(number, NULL, &now->actions[number]);
    pthread_sigmask(SIG_SETMASK, NULL, &now->blocked);
}

static void
compare_threads(const struct surroundings *before)
{
    const struct timespec pause = { .tv_nsec = 5000000 };
    uint32_t n = count_threads();
    for (int i = 0; i < THREAD_WAITS && n > before->n_threads; i++) {
        nanosleep(&pause, NULL);
        n = count_threads();
    }
    if (n > before->n_threads)
        verdict_fault("threads", "left %u threads behind", n - before->n_threads);
}

static void
compare_descriptors(const struct surroundings *before, const struct surroundings *after)
{
    for (int fd = 0; fd < MOST_DESCRIPTORS; fd++) {
        bool was = before->descriptors[fd].open, is = after->descriptors[fd].open;
        if (was && !is)
            verdict_fault("descriptors", "closed file descriptor %d, which is not its own", fd);
        else if (!was && is)
            verdict_fault("descriptors", "left file descriptor %d open", fd);
        else if (was && (before->descriptors[fd].inode != after->descriptors[fd].inode ||
                         before->descriptors[fd].device != after->descriptors[fd].device))
            verdict_fault("descriptors", "file descriptor %d is another file now", fd);
    }
}

static bool
same_action(const struct sigaction *a, const struct sigaction *b)
{
    return a->sa_handler == b->sa_handler && a->sa_flags == b->sa_flags;
}

static void
compare_signals(const struct surroundings *before, const struct surroundings *after)
{
    for (int number = 1; number <= LAST_SIGNAL; number++) {
        if (!same_action(&before->actions[number], &after->actions[number]))
            verdict_fault("handlers", "changed what signal %d (%s) does", number,
                          strsignal(number));
        if (sigismember(&before->blocked, number) != sigismember(&after->blocked, number))
            verdict_fault("handlers", "changed whether signal %d (%s) is blocked", number,
                          strsignal(number));
    }
}

void
surroundings_compare(const struct surroundings *before)
{
    struct surroundings after;
    compare_threads(before);
    surroundings_note(&after);
    compare_descriptors(before, &after);
    compare_signals(before, &after);
    if (before->environment != after.environment)
        verdict_fault("environment", "changed the environment");
    if (strcmp(before->locale, after.locale) != 0)
        verdict_fault("locale", "changed the locale from %s to %s", before->locale, after.locale);
    if (strcmp(before->directory, after.directory) != 0)
        verdict_fault("directory", "changed the working directory");
    if (before->umask != after.umask)
        verdict_fault("umask", "changed the umask from %03o to %03o", before->umask, after.umask);
}
