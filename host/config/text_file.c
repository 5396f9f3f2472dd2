/* SPDX-License-Identifier: Apache-2.0 */
#include "config/text_file.h"

#include "base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static levada_status
read_all(struct text_file *file, int fd, size_t most, struct error *err)
{
    while (file->n <= most) {
        ssize_t n = read(fd, file->text + file->n, most + 1 - file->n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(err, LEVADA_NO_INPUT, "cannot read it: %s", strerror(errno));
        if (n == 0)
            break;
        file->n += (size_t)n;
    }
    if (file->n > most)
        return error_set(err, LEVADA_CONFIG, "it grows while it is read, or is too large");
    file->text[file->n] = '\0';
    if (strlen(file->text) != file->n)
        return error_set(err, LEVADA_CONFIG, "it is no text: it holds a NUL byte");
    return LEVADA_OK;
}

static levada_status
read_regular(struct text_file *file, int fd, size_t most, struct arena *arena, struct error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return error_set(err, LEVADA_NO_INPUT, "cannot read it: %s", strerror(errno));
    if (!S_ISREG(info.st_mode))
        return error_set(err, LEVADA_CONFIG, "it is no regular file");
    if ((uintmax_t)info.st_size > most)
        return error_set(err, LEVADA_CONFIG, "it is larger than %zu KiB", most / 1024);
    /* The size is only a hint (0 in /proc), so the limit is what counts while reading. */
    size_t room = info.st_size > 0 ? (size_t)info.st_size : most;
    file->n = 0;
    file->text = arena_bytes(arena, room + 2);
    if (file->text == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    return read_all(file, fd, room, err);
}

levada_status
text_file_read(struct text_file *file, const char *path, size_t most, struct arena *arena,
               struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_set(err, LEVADA_NO_INPUT, "cannot open it: %s", strerror(errno));
    levada_status status = read_regular(file, fd, most, arena, err);
    close(fd);
    return status;
}
