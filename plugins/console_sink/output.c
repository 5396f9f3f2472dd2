/* SPDX-License-Identifier: Apache-2.0 */
#include "console_sink/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
is_file(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/*
 * A pipe that poll() calls writable takes PIPE_BUF bytes without blocking and in one piece. Whole
 * lines, so that stages which share the pipe do not tear each other's.
 */
static size_t
piece(const char *bytes, size_t n)
{
    if (n <= PIPE_BUF)
        return n;
    const char *line_end = memrchr(bytes, '\n', PIPE_BUF);
    return line_end == NULL ? PIPE_BUF : (size_t)(line_end - bytes) + 1;
}

/* 1: writable, or an error that write() will name; 0: still blocked. */
static int
wait_writable(int fd, int wait_ms)
{
    struct pollfd poller = { .fd = fd, .events = POLLOUT };
    int ready = poll(&poller, 1, wait_ms);

    return ready < 0 && errno == EINTR ? 0 : ready != 0;
}

static enum output_result
write_all(int fd, const char *bytes, size_t n, size_t *written, int wait_ms)
{
    bool file = is_file(fd);

    while (*written < n) {
        if (!file && !wait_writable(fd, wait_ms))
            return OUTPUT_BLOCKED;
        size_t left = n - *written;
        ssize_t wrote = write(fd, bytes + *written, file ? left : piece(bytes + *written, left));
        if (wrote >= 0)
            *written += (size_t)wrote;
        else if (errno == EAGAIN)
            return OUTPUT_BLOCKED;
        else if (errno == EPIPE)
            return OUTPUT_CLOSED;
        else if (errno != EINTR)
            return OUTPUT_FAILED;
    }
    return OUTPUT_DONE;
}

enum output_result
output_write(int fd, struct text_buffer *text, int wait_ms)
{
    size_t written = 0;
    enum output_result result = write_all(fd, text->bytes, text->n, &written, wait_ms);
    int err = errno;

    text_buffer_drop(text, written);
    errno = err;
    return result;
}

bool
output_continues_a_file(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}
