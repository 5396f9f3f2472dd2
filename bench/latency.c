/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   bench_latency N COMMAND [ARGUMENT]...
 *
 * One record at a time: writes a line to the command's standard input, waits for a line on its
 * standard output, N times, and prints the median and the 99th percentile of the microseconds
 * between.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct child {
    pid_t pid;
    int in, out; /* its standard input and output, our ends */
};

static void
die(const char *what)
{
    fprintf(stderr, "bench_latency: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct child
start(char **command)
{
    int in[2], out[2];
    if (pipe(in) != 0 || pipe(out) != 0)
        die("pipe");
    struct child child = { fork(), in[1], out[0] };
    if (child.pid < 0)
        die("fork");
    if (child.pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[0]);
        close(in[1]);
        close(out[0]);
        close(out[1]);
        execvp(command[0], command);
        die(command[0]);
    }
    close(in[0]);
    close(out[1]);
    return child;
}

static int64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* There and back; the answer is one line. */
static int64_t
round_trip(const struct child *child, unsigned i)
{
    char text[128];
    int n = snprintf(text, sizeof(text), "{\"n\":%u,\"text\":\"a record that goes through\"}\n", i);
    int64_t before = now_ns();
    if (write(child->in, text, (size_t)n) != n)
        die("write");
    for (char last = '\0'; last != '\n';) {
        ssize_t got = read(child->out, text, sizeof(text));
        if (got <= 0)
            die("the command ended");
        last = text[got - 1];
    }
    return now_ns() - before;
}

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
    unsigned n = argc > 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    int64_t *times = calloc(n + 1, sizeof(*times));
    if (n == 0 || times == NULL) {
        fprintf(stderr, "usage: bench_latency N COMMAND [ARGUMENT]...\n");
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    struct child child = start(argv + 2);
    round_trip(&child, 0); /* also waits for the start */
    for (unsigned i = 0; i < n; i++)
        times[i] = round_trip(&child, i + 1);
    close(child.in);
    int status = 0;
    waitpid(child.pid, &status, 0);
    qsort(times, n, sizeof(*times), compare);
    printf("%.1f\t%.1f\n", (double)times[n / 2] / 1e3, (double)times[n - n / 100 - 1] / 1e3);
    free(times);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
