/* SPDX-License-Identifier: Apache-2.0 */
#include "log/log.h"

#include "log/format.h"
#include "log/journal.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    LONGEST_LINE = 8192, /* what is longer ends in "..." */
    LONGEST_LIVE_LINE = 512,
};

static const struct {
    const char *name, *color;
    int priority; /* sd-daemon(3) */
} levels[] = {
    [LOG_ERROR] = { "error", "\033[1;31m", 3 }, [LOG_WARN] = { "warn", "\033[33m", 4 },
    [LOG_INFO] = { "info", "\033[32m", 6 },     [LOG_DEBUG] = { "debug", "\033[36m", 7 },
    [LOG_TRACE] = { "trace", "\033[2m", 7 },
};

static struct {
    enum log_level level;
    enum log_color color;
    bool terminal, journal, colored;
    int journal_fd; /* -1: lines with a prefix are good enough */
} setup = { .level = LOG_INFO, .journal_fd = -1 };

static pthread_mutex_t live_lock = PTHREAD_MUTEX_INITIALIZER;
static char live[LONGEST_LIVE_LINE]; /* what stands on the terminal's last line */

/* systemd.exec(5): JOURNAL_STREAM holds the device and inode of the stream it gave us. */
static bool
is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    uintmax_t device, inode;
    struct stat info;
    return stream != NULL && sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &info) == 0 && info.st_dev == device && info.st_ino == inode;
}

/* What systemd gave us, and no file or pipe that happens to be where it was. */
static bool
is_socket(int fd)
{
    struct stat info;
    return fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode);
}

static bool
wants_color(void)
{
    if (setup.color != LOG_COLOR_AUTO)
        return setup.color == LOG_COLOR_ALWAYS;
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return setup.terminal && (none == NULL || *none == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

void
log_setup(enum log_level level)
{
    setup.level = level;
    setup.terminal = isatty(STDERR_FILENO) == 1;
    setup.journal = is_journal();
    if (setup.journal && is_socket(STDERR_FILENO) && setup.journal_fd < 0)
        setup.journal_fd = journal_open(JOURNAL_SOCKET);
    setup.colored = wants_color();
}

void
log_set_color(enum log_color color)
{
    setup.color = color;
    setup.colored = wants_color();
}

bool
log_has_color(void)
{
    return setup.colored;
}

bool
log_parse_level(const char *text, enum log_level *level)
{
    for (int i = LOG_ERROR; i <= LOG_TRACE; i++) {
        if (strcmp(text, levels[i].name) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

bool
log_is_on(enum log_level level)
{
    return level <= setup.level;
}

/* A line in the making; what does not fit is cut. */
struct line {
    char text[LONGEST_LINE];
    size_t n;
};

static void
line_add(struct line *line, const char *text)
{
    size_t n = strlen(text), room = sizeof(line->text) - line->n;
    if (n > room)
        n = room;
    memcpy(line->text + line->n, text, n);
    line->n += n;
}

static void
line_add_safely(struct line *line, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        char escaped[8] = { *text };
        if (c == '\n')
            strcpy(escaped, "\\n");
        else if (c == '\t')
            strcpy(escaped, "\\t");
        else if (c < 0x20 || c == 0x7f)
            snprintf(escaped, sizeof(escaped), "\\x%02x", c);
        line_add(line, escaped);
    }
}

static void
line_add_time(struct line *line)
{
    struct timespec now;
    struct tm parts;
    char text[64];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    size_t n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + n, sizeof(text) - n, ".%03ldZ ", now.tv_nsec / 1000000);
    line_add(line, text);
}

static void
line_add_head(struct line *line, enum log_level level)
{
    if (setup.journal) {
        char priority[8];
        snprintf(priority, sizeof(priority), "<%d>", levels[level].priority);
        line_add(line, priority);
    } else {
        line_add_time(line);
    }
    if (setup.colored)
        line_add(line, levels[level].color);
    line_add(line, levels[level].name);
    if (setup.colored)
        line_add(line, "\033[0m");
    line_add(line, " ");
}

static void
line_add_logger(struct line *line, const struct logger *logger)
{
    if (logger == NULL || logger->pipeline == NULL)
        return;
    line_add_safely(line, logger->pipeline);
    if (logger->stage != NULL) {
        line_add(line, "/");
        line_add_safely(line, logger->stage);
    }
    line_add(line, " ");
}

static void
line_end(struct line *line)
{
    static const char cut[] = "...\n";
    if (line->n >= sizeof(line->text)) {
        line->n = sizeof(line->text) - (sizeof(cut) - 1);
        line_add(line, cut);
    } else {
        line->text[line->n++] = '\n';
    }
}

/* A line that stderr does not take is lost: there is nowhere to say so. */
static void
put(const char *text, size_t n)
{
    ssize_t written = write(STDERR_FILENO, text, n);
    (void)written;
}

/* Writes @line where the live line stands, and that one anew below it, at once. */
static void
put_above_live_line(const struct line *line)
{
    char text[LONGEST_LINE + LONGEST_LIVE_LINE + 16];
    int n = snprintf(text, sizeof(text), "\r\033[K%.*s%s", (int)line->n, line->text, live);
    if (n > 0)
        put(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

void
log_live_line(const char *text)
{
    if (!setup.terminal)
        return;
    pthread_mutex_lock(&live_lock);
    snprintf(live, sizeof(live), "%s", text == NULL ? "" : text);
    put_above_live_line(&(struct line){ 0 });
    pthread_mutex_unlock(&live_lock);
}

/* @line: with a priority in front and a newline behind, which are fields there. */
static bool
put_in_journal(const struct logger *logger, enum log_level level, const char *event,
               const struct line *line)
{
    char message[LONGEST_LINE];
    if (setup.journal_fd < 0)
        return false;
    size_t head = strcspn(line->text, ">") + 1;
    snprintf(message, sizeof(message), "%.*s", (int)(line->n - head - 1), line->text + head);
    return journal_send(setup.journal_fd,
                        &(struct journal_entry){ .priority = levels[level].priority,
                                                 .logger = logger,
                                                 .event = event,
                                                 .message = message });
}

void
log_at(const struct logger *logger, enum log_level level, const char *event, const char *format,
       ...)
{
    if (!log_is_on(level))
        return;

    char facts[LONGEST_LINE];
    va_list args;
    va_start(args, format);
    format_facts(facts, sizeof(facts), format, args);
    va_end(args);

    struct line line;
    line.n = 0;
    line_add_head(&line, level);
    line_add_logger(&line, logger);
    line_add_safely(&line, event);
    if (facts[0] != '\0')
        line_add(&line, " ");
    line_add_safely(&line, facts);
    line_end(&line);
    if (put_in_journal(logger, level, event, &line))
        return;

    pthread_mutex_lock(&live_lock);
    if (live[0] != '\0')
        put_above_live_line(&line);
    else
        put(line.text, line.n);
    pthread_mutex_unlock(&live_lock);
}

void
log_failure(const struct logger *logger, const char *reason, const char *where)
{
    if (setup.journal) {
        log_error(logger, "failed", "reason=\"%s\" where=\"%s\"", reason,
                  where != NULL ? where : "");
        return;
    }
    struct line line = { .n = 0 };
    line_add(&line, "levada: ");
    if (logger->pipeline != NULL) {
        line_add_safely(&line, logger->pipeline);
        line_add(&line, ": ");
    }
    line_add_safely(&line, reason);
    if (where != NULL) {
        line_add(&line, "\n  ");
        line_add_safely(&line, where);
    }
    line_end(&line);
    pthread_mutex_lock(&live_lock);
    if (setup.terminal)
        put_above_live_line(&line);
    else
        put(line.text, line.n);
    pthread_mutex_unlock(&live_lock);
}
