/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Runs commands in turns, so that a noisy moment hits all of them, and prints one line each:
 *
 *   NAME  median wall ms  best wall ms  median CPU ms  peak MiB
 *
 *   bench_measure ROUNDS -- NAME COMMAND [ARG]... [-- NAME COMMAND [ARG]...]...
 *
 * What the commands print goes to /dev/null. One that fails ends the measuring, with status 1.
 */

#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_COMMANDS 16
#define MAX_ROUNDS 1000

extern char **environ;

struct command {
    const char *name;
    char **argv;
    double wall_ms[MAX_ROUNDS];
    double cpu_ms[MAX_ROUNDS];
    long peak_kib;
};

static double
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double
timeval_ms(struct timeval time)
{
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static bool
run_once(struct command *command, int round, const posix_spawn_file_actions_t *actions)
{
    pid_t pid;
    int status;
    struct rusage usage;

    double start = now_ms();
    int failed = posix_spawnp(&pid, command->argv[0], actions, NULL, command->argv, environ);
    if (failed != 0 || wait4(pid, &status, 0, &usage) < 0) {
        fprintf(stderr, "bench_measure: cannot run %s\n", command->argv[0]);
        return false;
    }
    command->wall_ms[round] = now_ms() - start;
    command->cpu_ms[round] = timeval_ms(usage.ru_utime) + timeval_ms(usage.ru_stime);
    if (usage.ru_maxrss > command->peak_kib)
        command->peak_kib = usage.ru_maxrss;
    if (status != 0)
        fprintf(stderr, "bench_measure: %s: %s ended with wait status %d\n", command->name,
                command->argv[0], status);
    return status == 0;
}

static int
compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts @values. */
static double
median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof(*values), compare_doubles);
    return n % 2 != 0 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Cuts @argv at each "--"; returns how many commands there are, 0 if that is no list of commands.
 */
static int
parse_commands(char **argv, struct command *commands)
{
    int n = 0;
    while (*argv != NULL) {
        if (n == MAX_COMMANDS || strcmp(argv[0], "--") != 0 || argv[1] == NULL || argv[2] == NULL)
            return 0;
        *argv = NULL; /* ends the command before */
        commands[n].name = argv[1];
        commands[n].argv = argv + 2;
        n++;
        for (argv += 2; *argv != NULL && strcmp(*argv, "--") != 0;)
            argv++;
    }
    return n;
}

int
main(int argc, char **argv)
{
    static struct command commands[MAX_COMMANDS];
    int rounds = argc > 2 ? atoi(argv[1]) : 0;
    int n = rounds > 0 && rounds <= MAX_ROUNDS ? parse_commands(argv + 2, commands) : 0;
    if (n == 0) {
        fputs("usage: bench_measure ROUNDS -- NAME COMMAND [ARG]... [-- NAME ...]...\n", stderr);
        return 64;
    }

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);

    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < n; i++)
            if (!run_once(&commands[i], round, &actions))
                return 1;

    for (int i = 0; i < n; i++) {
        double wall = median(commands[i].wall_ms, rounds);
        double cpu = median(commands[i].cpu_ms, rounds);
        printf("%s\t%.1f\t%.1f\t%.1f\t%.1f\n", commands[i].name, wall, commands[i].wall_ms[0], cpu,
               (double)commands[i].peak_kib / 1024);
    }
    posix_spawn_file_actions_destroy(&actions);
    return 0;
}
