/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXEC_COMMON_PROGRAM_H
#define EXEC_COMMON_PROGRAM_H

/*
 * A program that reads and writes messages on its standard streams. Its standard error is the
 * host's. Nothing here waits longer than it is told to.
 */

#include "exec_common/messages.h"

#include <levada/levada.h>
#include <stdbool.h>
#include <sys/types.h>

/* What the options say; part of each stage's instance. */
struct program_options {
    struct levada_list command;     /* const char *: the program and its arguments; no shell */
    struct levada_list environment; /* struct levada_pair, beside the host's */
    const char *directory;          /* NULL: the host's */
    int64_t framing;                /* enum framing */
    int64_t max_record;
    int64_t time_limit; /* ns without a sign of life, where one is expected */
};

#define PROGRAM_ROWS(instance)                                                                     \
    {                                                                                              \
        .type = LEVADA_O_LIST,                                                                     \
        .flags = LEVADA_OF_REQUIRED,                                                               \
        LEVADA_IN(instance, program.command),                                                      \
        .name = "command",                                                                         \
        .rule = "len:1..",                                                                         \
        .help = "The program, looked for in PATH, and its arguments, as they are: no shell reads " \
                "them.",                                                                           \
        .children = &program_word,                                                                 \
        .n_children = 1,                                                                           \
    },                                                                                             \
        {                                                                                          \
            .type = LEVADA_O_MAP,                                                                  \
            LEVADA_IN(instance, program.environment),                                              \
            .name = "environment",                                                                 \
            .help = "Variables of its environment, beside the host's.",                            \
        },                                                                                         \
        {                                                                                          \
            .type = LEVADA_O_FILE,                                                                 \
            LEVADA_IN(instance, program.directory),                                                \
            .name = "directory",                                                                   \
            .help = "The folder that it runs in; by default the host's.",                          \
        },                                                                                         \
        {                                                                                          \
            .type = LEVADA_O_CHOICE,                                                               \
            LEVADA_IN(instance, program.framing),                                                  \
            .name = "framing",                                                                     \
            .fallback = "lines",                                                                   \
            .rule = "lines|length", /* in the order of enum framing */                             \
            .help = "How messages stand in the streams: a line each, or four bytes of length, "    \
                    "the highest first, before each.",                                             \
        },                                                                                         \
        {                                                                                          \
            .type = LEVADA_O_SIZE,                                                                 \
            LEVADA_IN(instance, program.max_record),                                               \
            .name = "max_record",                                                                  \
            .fallback = "1 MiB",                                                                   \
            .rule = "1 KiB..64 MiB",                                                               \
            .help = "The longest message that it may write.",                                      \
        },                                                                                         \
    {                                                                                              \
        .type = LEVADA_O_DURATION, LEVADA_IN(instance, program.time_limit), .name = "time_limit",  \
        .fallback = "30 s", .rule = "100 ms..1 h",                                                 \
        .help = "How long it may neither read nor write while an answer is due; then it is "       \
                "ended and started anew.",                                                         \
    }

extern const struct levada_option program_word;

struct program {
    const struct program_options *options;
    pid_t pid; /* 0: it does not run */
    int in, out;
    struct message_queue to, from;
    bool said_all; /* its standard output is at its end */
    int64_t alive_ms;
    char why[400]; /* the last failure */
};

/* Ready to start. */
void program_init(struct program *program, const struct program_options *options);
/*
 * Starts it, with @name = @value in its environment unless NULL. LEVADA_CONFIG: there is no such
 * program, or it cannot be run; else LEVADA_RETRY; the reason is in program->why.
 */
levada_status program_start(struct program *program, const char *name, const char *value);

/*
 * Writes what is due and reads what is there, waiting at most @wait_ms for either. LEVADA_RETRY: it
 * broke off, or has shown no sign of life for time_limit while @expects one.
 */
levada_status program_exchange(struct program *program, int wait_ms, bool expects);
/* Can @value be given to it? A line cannot hold the end of another; PROGRAM_CANNOT_READ says so. */
bool program_can_read(const struct program *program, struct levada_bytes value);
#define PROGRAM_CANNOT_READ                                                                        \
    "has an end of line in its value, which is no JSON; it needs framing = \"length\""
/* One more message that is due to it; a tombstone is a null. False: out of memory. */
bool program_put(struct program *program, struct levada_bytes value);
/* Its next message, as of messages_take(). TOO_LONG: beyond max_record, see program->why. */
enum message_found program_take(struct program *program, const char **text, size_t *n);

/* No more messages will come to it. */
void program_close_input(struct program *program);
/* Has it ended within @wait_ms? *status as of wait(2). */
bool program_wait(struct program *program, int wait_ms, int *status);
/*
 * There is no more input: it is to say what it still has to say, and to end with exit code 0.
 * AGAIN: it has not yet. LEVADA_IO: it ends otherwise, or not within time_limit; see program->why.
 */
levada_status program_end_input(struct program *program, int wait_ms);
/* Ends it if it runs, and forgets what was on the way. */
void program_end(struct program *program);
/* Ends it and says how in program->why: "python3 ended with exit code 1". Returns LEVADA_RETRY. */
levada_status program_failed(struct program *program, const char *before);
void program_finish(struct program *program);
/* The same, but first it hears of the end of its input, and has two seconds to end by itself. */
void program_finish_gently(struct program *program);

const char *program_name(const struct program *program);
int64_t program_now_ms(void);

#endif
