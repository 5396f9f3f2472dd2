/* SPDX-License-Identifier: Apache-2.0 */
#include "at_once.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_S 100

struct running {
    pid_t pid;
    FILE *said;
};

static void
give_up(const char *what)
{
    perror(what);
    abort();
}

static struct running
start(const struct CMUnitTest *test)
{
    const struct CMUnitTest one[] = { *test };
    struct running running = { .said = tmpfile() };
    if (running.said == NULL)
        give_up("tmpfile");
    fflush(NULL);
    running.pid = fork();
    if (running.pid < 0)
        give_up("fork");
    if (running.pid > 0)
        return running;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(PATIENCE_S); /* which shows who does not end */
    dup2(fileno(running.said), STDOUT_FILENO);
    dup2(fileno(running.said), STDERR_FILENO);
    exit(cmocka_run_group_tests_name(test->name, one, NULL, NULL));
}

static int
finish(struct running *running)
{
    char line[4096];
    int status;
    if (waitpid(running->pid, &status, 0) != running->pid)
        give_up("waitpid");
    rewind(running->said);
    while (status != 0 && fgets(line, sizeof(line), running->said) != NULL)
        fputs(line, stdout);
    fclose(running->said);
    return status != 0;
}

int
at_once(const struct CMUnitTest *tests, size_t n)
{
    struct running *running = calloc(n, sizeof(*running));
    const char *only = getenv("ONLY");
    size_t n_running = 0;
    int n_failed = 0;
    if (running == NULL)
        give_up("calloc");
    for (size_t i = 0; i < n; i++) {
        if (only == NULL || strstr(tests[i].name, only) != NULL)
            running[n_running++] = start(&tests[i]);
    }
    for (size_t i = 0; i < n_running; i++)
        n_failed += finish(&running[i]);
    printf("%zu of %zu passed\n", n_running - (size_t)n_failed, n_running);
    free(running);
    return n_failed;
}
