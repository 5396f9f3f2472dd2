/* SPDX-License-Identifier: Apache-2.0 */
#include "file_sink/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BEGIN_WRITE_BYTES ((uint64_t)64 * 1024)

void
output_file_init(struct output_file *file)
{
    *file = (struct output_file){ .fd = -1 };
}

void
output_file_close(struct output_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    text_buffer_finish(&file->buffer);
    output_file_init(file);
}

static int
open_locked(struct output_file *file, const char *path, int flags)
{
    output_file_close(file);
    file->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0666);
    if (file->fd >= 0 && flock(file->fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    int err = errno;
    output_file_close(file);
    return err;
}

int
output_file_create(struct output_file *file, const char *path)
{
    int err = open_locked(file, path, O_CREAT);

    return err != 0 ? err : output_file_cut(file, 0);
}

int
output_file_continue(struct output_file *file, const char *path, uint64_t length)
{
    struct stat st;
    int err = open_locked(file, path, 0);

    if (err != 0)
        return err;
    if (fstat(file->fd, &st) != 0)
        return errno;
    return (uint64_t)st.st_size < length ? ENODATA : output_file_cut(file, length);
}

int
output_file_cut(struct output_file *file, uint64_t length)
{
    if (length >= file->written && file->buffer.n > 0) {
        text_buffer_cut(&file->buffer, length - file->written);
        return 0;
    }
    text_buffer_cut(&file->buffer, 0);
    file->written = length;
    file->begun = length;
    return ftruncate(file->fd, (off_t)length) == 0 ? 0 : errno;
}

/*
 * The disk begins to write a longer piece while the next one is made, or the checkpoint is: the
 * sync that is to come has less to wait for. Only that sync counts, and tells what failed.
 */
static void
begin_write(struct output_file *file)
{
    if (file->written - file->begun < BEGIN_WRITE_BYTES)
        return;
    sync_file_range(file->fd, (off_t)file->begun, (off_t)(file->written - file->begun),
                    SYNC_FILE_RANGE_WRITE);
    file->begun = file->written;
}

int
output_file_flush(struct output_file *file)
{
    size_t done = 0;
    int err = 0;

    while (done < file->buffer.n && err == 0) {
        ssize_t n = pwrite(file->fd, file->buffer.bytes + done, file->buffer.n - done,
                           (off_t)(file->written + done));
        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno != EINTR)
            err = errno;
    }
    file->written += done;
    text_buffer_drop(&file->buffer, done);
    begin_write(file);
    return err;
}

int
output_file_drain(struct output_file *file)
{
    return file->buffer.n < OUTPUT_FILE_CHUNK_BYTES ? 0 : output_file_flush(file);
}

int
output_file_sync(struct output_file *file)
{
    int err = output_file_flush(file);

    return err != 0 ? err : fdatasync(file->fd) == 0 ? 0 : errno;
}

uint64_t
output_file_inode(const struct output_file *file)
{
    struct stat st;

    return fstat(file->fd, &st) == 0 ? (uint64_t)st.st_ino : 0;
}
