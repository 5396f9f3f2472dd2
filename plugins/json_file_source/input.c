/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"

#include "fail_with.h"
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct input {
    int fd;
    char *path; /* for messages */
    bool is_file, opened, known;
    struct unpack *unpack; /* NULL: as it stands */
    struct {               /* bytes as stored, read ahead */
        size_t at, n;
        bool ended;
        unsigned char bytes[64 * 1024];
    } raw;
};

/* The sentence for a path that cannot be opened, by errno. */
static levada_status
fail_open(struct levada_call *call, const char *path)
{
    if (errno == ENOENT)
        return fail_with(call, LEVADA_NO_INPUT, "%s: there is no such file; check the option path",
                         path);
    if (errno == EACCES)
        return fail_with(call, LEVADA_NO_INPUT,
                         "%s: this user may not read it; change its permissions or the user", path);
    return fail_with(call, LEVADA_NO_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
}

static levada_status
check_kind(struct levada_call *call, const char *path, const struct stat *info)
{
    if (!S_ISDIR(info->st_mode))
        return LEVADA_OK;
    return fail_with(call, LEVADA_NO_INPUT,
                     "%s: is a folder; name a file in it, or all with path = \"%s/*.json\"", path,
                     path);
}

levada_status
input_check(struct levada_call *call, const char *path)
{
    struct stat info;
    if (strcmp(path, "-") == 0)
        return LEVADA_OK;
    if (stat(path, &info) != 0)
        return fail_open(call, path);
    levada_status status = check_kind(call, path, &info);
    if (status == LEVADA_OK && faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0)
        return fail_open(call, path);
    return status;
}

static levada_status
open_path(struct input *input, struct levada_call *call, const char *path)
{
    bool is_stdin = strcmp(path, "-") == 0;
    /* A pipe must not hold up the open() until somebody writes. */
    input->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    input->opened = !is_stdin;
    if (input->fd < 0)
        return fail_open(call, path);
    struct stat info;
    if (fstat(input->fd, &info) != 0)
        return fail_open(call, path);
    input->is_file = !is_stdin && S_ISREG(info.st_mode);
    return check_kind(call, path, &info);
}

struct input *
input_open(struct levada_call *call, const char *path)
{
    struct input *input = calloc(1, sizeof(*input));
    if (input == NULL) {
        fail_memory(call);
        return NULL;
    }
    input->fd = -1;
    input->path = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
    if (input->path == NULL)
        fail_memory(call);
    else if (open_path(input, call, path) == LEVADA_OK)
        return input;
    input_close(input);
    return NULL;
}

void
input_close(struct input *input)
{
    if (input == NULL)
        return;
    unpack_destroy(input->unpack);
    if (input->opened && input->fd >= 0)
        close(input->fd);
    free(input->path);
    free(input);
}

bool
input_is_file(const struct input *input)
{
    return input->is_file;
}

levada_status
input_identify(struct input *input, struct levada_call *call, uint32_t bytes,
               struct input_identity *identity)
{
    struct stat info;
    unsigned char head[INPUT_FINGERPRINT_BYTES];
    if (bytes > sizeof(head))
        bytes = sizeof(head);
    ssize_t got = pread(input->fd, head, bytes, 0);
    if (got < 0 || fstat(input->fd, &info) != 0)
        return fail_with(call, LEVADA_IO, "%s: %s", input->path, strerror(errno));
    *identity = (struct input_identity){
        .device = (uint64_t)info.st_dev,
        .inode = (uint64_t)info.st_ino,
        .size = (uint64_t)info.st_size,
        .fingerprint = (uint32_t)crc32(0, head, (uInt)got),
        .fingerprint_bytes = (uint32_t)got,
    };
    return LEVADA_OK;
}

/* The descriptor's next bytes; waits for pipes. As input_read(). */
static int64_t
read_stored(struct input *input, struct levada_call *call, void *to, size_t n, uint32_t wait_ms)
{
    if (!input->is_file) {
        struct pollfd ready = { .fd = input->fd, .events = POLLIN };
        int found = poll(&ready, 1, wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms);
        if (found == 0 || (found < 0 && errno == EINTR))
            return INPUT_WAITS;
    }
    ssize_t got = read(input->fd, to, n);
    if (got >= 0)
        return got;
    if (errno == EINTR || errno == EAGAIN)
        return INPUT_WAITS;
    fail_with(call, LEVADA_IO, "%s: reading failed: %s", input->path, strerror(errno));
    return INPUT_FAILED;
}

/* Reads ahead until there are bytes, or the end. */
static int64_t
fill_raw(struct input *input, struct levada_call *call, uint32_t wait_ms)
{
    int64_t got = read_stored(input, call, input->raw.bytes + input->raw.n,
                              sizeof(input->raw.bytes) - input->raw.n, wait_ms);
    if (got > 0)
        input->raw.n += (size_t)got;
    if (got == 0)
        input->raw.ended = true;
    return got;
}

/* Looks at the first bytes. 1: known; else as input_read(). */
static int64_t
look_at_head(struct input *input, struct levada_call *call, uint32_t wait_ms)
{
    while (!input->known) {
        enum unpack_kind kind = unpack_detect(input->raw.bytes, input->raw.n);
        if (kind == UNPACK_UNDECIDED && !input->raw.ended) {
            int64_t got = fill_raw(input, call, wait_ms);
            if (got < 0)
                return got;
            continue;
        }
        bool packed = kind == UNPACK_GZIP || kind == UNPACK_ZSTD;
        if (packed && (input->unpack = unpack_create(kind)) == NULL) {
            fail_memory(call);
            return INPUT_FAILED;
        }
        input->known = true;
    }
    return 1;
}

static int64_t
read_plain(struct input *input, struct levada_call *call, void *to, size_t n, uint32_t wait_ms)
{
    size_t ahead = input->raw.n - input->raw.at;
    if (ahead == 0)
        return read_stored(input, call, to, n, wait_ms); /* a file may have grown since its end */
    if (n > ahead)
        n = ahead;
    memcpy(to, input->raw.bytes + input->raw.at, n);
    input->raw.at += n;
    return (int64_t)n;
}

static int64_t
read_packed(struct input *input, struct levada_call *call, void *to, size_t n, uint32_t wait_ms)
{
    for (;;) {
        if (input->raw.at == input->raw.n && !input->raw.ended) {
            input->raw.at = input->raw.n = 0;
            int64_t got = fill_raw(input, call, wait_ms);
            if (got < 0)
                return got;
        }
        size_t used, made;
        const char *why =
            unpack_more(input->unpack, input->raw.bytes + input->raw.at,
                        input->raw.n - input->raw.at, input->raw.ended, to, n, &used, &made);
        input->raw.at += used;
        if (why != NULL) {
            fail_with(call, LEVADA_REJECT, "%s: %s", input->path, why);
            return INPUT_FAILED;
        }
        if (made > 0 || (input->raw.ended && input->raw.at == input->raw.n))
            return (int64_t)made;
    }
}

int64_t
input_read(struct input *input, struct levada_call *call, void *to, size_t n, uint32_t wait_ms)
{
    int64_t known = look_at_head(input, call, wait_ms);
    if (known != 1)
        return known;
    return input->unpack != NULL ? read_packed(input, call, to, n, wait_ms)
                                 : read_plain(input, call, to, n, wait_ms);
}

enum input_change
input_look_for_change(const struct input *input, const char *path, uint64_t read)
{
    struct stat ours, named;
    if (fstat(input->fd, &ours) == 0 && (uint64_t)ours.st_size < read)
        return INPUT_TRUNCATED;
    if (stat(path, &named) != 0) /* between a rename and a new file of the name */
        return INPUT_UNCHANGED;
    return named.st_ino != ours.st_ino || named.st_dev != ours.st_dev ? INPUT_ROTATED
                                                                      : INPUT_UNCHANGED;
}

int
input_is_compressed(struct input *input, struct levada_call *call)
{
    return look_at_head(input, call, 0) == 1 ? input->unpack != NULL : -1;
}

levada_status
input_seek(struct input *input, struct levada_call *call, uint64_t offset)
{
    if (look_at_head(input, call, 0) != 1)
        return LEVADA_IO;
    if (lseek(input->fd, (off_t)offset, SEEK_SET) < 0)
        return fail_with(call, LEVADA_IO, "%s: %s", input->path, strerror(errno));
    input->raw.at = input->raw.n = 0;
    input->raw.ended = false;
    return LEVADA_OK;
}
