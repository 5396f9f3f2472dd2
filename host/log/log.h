/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_LOG_LOG_H
#define HOST_LOG_LOG_H

/*
 * One line an event on stderr: a fixed event to search for, then key=value facts. On a terminal or
 * in a file: "time level pipeline/stage event key=value ..."; under systemd (JOURNAL_STREAM names
 * our stderr) without the time and with a <N> priority, or where the journal listens, with fields
 * (journal.h). Any thread; a line is one write(2).
 */

#include <stdbool.h>

enum log_level {
    LOG_ERROR = 1, /* someone must act */
    LOG_WARN = 2,  /* degraded, healing */
    LOG_INFO = 3,  /* a few lines a run */
    LOG_DEBUG = 4, /* per batch */
    LOG_TRACE = 5, /* per record; the only level that shows record values */
};

/* Who speaks. Immutable; owned by whoever has it and outlives every line. */
struct logger {
    const char *pipeline, *stage; /* either may be NULL */
};

/* Before any thread starts. @level: what is shown, LOG_INFO by default. */
void log_setup(enum log_level level);

enum log_color {
    LOG_COLOR_AUTO, /* on a terminal, unless NO_COLOR is set or TERM is "dumb" */
    LOG_COLOR_ALWAYS,
    LOG_COLOR_NEVER,
};

/* Before any thread starts. LOG_COLOR_AUTO by default. */
void log_set_color(enum log_color color);

/* May what is written to stderr be coloured? */
bool log_has_color(void);

/* "error" .. "trace"; false: no level. */
bool log_parse_level(const char *text, enum log_level *level);

bool log_is_on(enum log_level level);

/*
 * A line that replaces itself on a terminal (the live progress) is taken away before a log line is
 * written, and put back after it. NULL ends it. Where stderr is no terminal there is none.
 */
void log_live_line(const char *text);

/* Control characters in the facts are escaped, so that an event stays one line. */
__attribute__((format(printf, 4, 5))) void log_at(const struct logger *logger, enum log_level level,
                                                  const char *event, const char *format, ...);

/*
 * What ended a pipeline, for a human: "levada: PIPELINE: REASON", then "  WHERE" (NULL: not known).
 * In the journal one line, as an error.
 */
void log_failure(const struct logger *logger, const char *reason, const char *where);

#define log_error(logger, ...) log_at(logger, LOG_ERROR, __VA_ARGS__)
#define log_warn(logger, ...) log_at(logger, LOG_WARN, __VA_ARGS__)
#define log_info(logger, ...) log_at(logger, LOG_INFO, __VA_ARGS__)
#define log_debug(logger, ...) log_at(logger, LOG_DEBUG, __VA_ARGS__)
#define log_trace(logger, ...) log_at(logger, LOG_TRACE, __VA_ARGS__)

#endif
