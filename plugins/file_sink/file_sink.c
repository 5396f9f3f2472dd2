/* SPDX-License-Identifier: Apache-2.0 */
#include "file_sink/file_sink.h"

#include "file_sink/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <levada/levada.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((format(printf, 3, 4))) static levada_status
fail(struct levada_call *call, levada_status status, const char *format, ...)
{
    char why[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    return levada->fail(call, status, why);
}

static levada_status
write_failed(const struct file_sink *self, struct levada_call *call, int err)
{
    return fail(call, LEVADA_IO, "cannot write %s: %s", self->path, strerror(err));
}

levada_status
file_sink_create(void *self_, struct levada_call *call, struct levada_ctx *ctx)
{
    static const enum rows_format rows_format[] = { ROWS_JSON, ROWS_CSV };
    struct file_sink *self = self_;
    const char *slash = strrchr(self->path, '/');

    (void)ctx;
    output_file_init(&self->file);
    self->rows.format = rows_format[self->format];
    if (slash == NULL || slash[1] == '\0')
        return levada->problem(call, "path",
                               "must name a file; console_sink writes to standard output");
    if (asprintf(&self->folder, "%.*s/", (int)(slash - self->path), self->path) < 0)
        self->folder = NULL;
    if (asprintf(&self->partial, "%.*s/.%s.partial", (int)(slash - self->path), self->path,
                 slash + 1) < 0)
        self->partial = NULL;
    if (self->folder != NULL && self->partial != NULL)
        return LEVADA_OK;
    free(self->folder);
    free(self->partial);
    return levada->fail(call, LEVADA_FATAL, "out of memory");
}

levada_status
file_sink_start(void *self_, struct levada_call *call)
{
    struct file_sink *self = self_;
    struct stat st;

    if (stat(self->folder, &st) != 0)
        return fail(call, LEVADA_NO_OUTPUT, "cannot create %s: its folder %s: %s", self->path,
                    self->folder, strerror(errno));
    if (faccessat(AT_FDCWD, self->folder, W_OK | X_OK, AT_EACCESS) != 0)
        return fail(call, LEVADA_NO_OUTPUT, "cannot create %s: its folder cannot be written: %s",
                    self->path, strerror(errno));
    if (stat(self->path, &st) == 0 && !S_ISREG(st.st_mode))
        return fail(call, LEVADA_NO_OUTPUT, "cannot write %s: it is %s", self->path,
                    S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
    return LEVADA_OK;
}

/* ---- the file's life ---- */

/* Back to the last COMMIT. */
static int
discard_uncommitted(struct file_sink *self)
{
    int err = 0;

    self->begun = false;
    if (self->file.fd < 0)
        return 0;
    if (self->published) {
        if (output_file_length(&self->file) > self->committed)
            err = output_file_cut(&self->file, self->committed);
        self->rows.csv.headed = self->committed > 0;
        return err;
    }
    err = unlink(self->partial) == 0 ? 0 : errno;
    output_file_close(&self->file);
    return err;
}

void
file_sink_destroy(void *self_)
{
    struct file_sink *self = self_;

    discard_uncommitted(self);
    output_file_close(&self->file);
    rows_finish(&self->rows);
    free(self->folder);
    free(self->partial);
}

static levada_status
begin_new_file(struct file_sink *self, struct levada_call *call)
{
    int err = output_file_create(&self->file, self->partial);

    if (err == EWOULDBLOCK)
        return fail(call, LEVADA_NO_OUTPUT, "cannot write %s: another file_sink is writing it",
                    self->path);
    if (err != 0)
        return fail(call, LEVADA_NO_OUTPUT, "cannot create %s: %s", self->partial, strerror(err));
    self->published = false;
    self->rows.csv.headed = false;
    return LEVADA_OK;
}

/* Makes sure that this trigger's rows have a file to go to. */
static levada_status
begin_trigger(struct file_sink *self, struct levada_call *call)
{
    levada_status status = LEVADA_OK;

    if (!self->begun && (self->replaces || self->file.fd < 0))
        status = begin_new_file(self, call);
    self->begun = status == LEVADA_OK;
    return status;
}

static int
sync_folder(const struct file_sink *self)
{
    int fd = open(self->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some file systems cannot sync a folder; the rename is in order all the same. */
    int err = fd < 0 ? errno : fsync(fd) == 0 || errno == EINVAL ? 0 : errno;

    if (fd >= 0)
        close(fd);
    return err;
}

static int
rename_into_place(const struct file_sink *self)
{
    unsigned flags = self->owned || self->overwrite ? 0 : RENAME_NOREPLACE;
    int status = renameat2(AT_FDCWD, self->partial, AT_FDCWD, self->path, flags);

    if (status != 0 && errno == EINVAL) /* a file system without that flag */
        status = rename(self->partial, self->path);
    return status == 0 ? sync_folder(self) : errno;
}

static levada_status
refuse_existing(const struct file_sink *self, struct levada_call *call)
{
    return fail(call, LEVADA_NO_OUTPUT,
                "%s exists, and no checkpoint of this pipeline knows it; move it away, choose "
                "another path, or set overwrite = true",
                self->path);
}

static levada_status
publish(struct file_sink *self, struct levada_call *call)
{
    int err = self->published ? 0 : rename_into_place(self);

    if (err == EEXIST)
        return refuse_existing(self, call);
    if (err != 0)
        return write_failed(self, call, err);
    self->published = true;
    self->owned = true;
    self->committed = self->prepared;
    return LEVADA_OK;
}

/* ---- signals ---- */

static levada_status
finish_trigger(struct file_sink *self, struct levada_call *call, bool replaces)
{
    levada_status status = begin_trigger(self, call);

    if (status != LEVADA_OK)
        return status;
    int err = output_file_flush(&self->file);
    if (err != 0)
        return write_failed(self, call, err);
    self->replaces = replaces;
    self->begun = false;
    return LEVADA_OK;
}

static levada_status
prepare(struct file_sink *self, struct levada_call *call)
{
    if (self->file.fd < 0)
        return LEVADA_OK;
    int err = output_file_sync(&self->file);
    if (err != 0)
        return write_failed(self, call, err);
    self->prepared = output_file_length(&self->file);
    const struct ledger_entry entry = { .length = self->prepared,
                                        .inode = output_file_inode(&self->file),
                                        .replaces = self->replaces };
    return ledger_write(call, &entry);
}

/* A crash may have come between the checkpoint and its COMMIT: then the rename is still to be done.
 */
static levada_status
resume(struct file_sink *self, struct levada_call *call, const struct ledger_entry *entry)
{
    struct stat st;
    bool unpublished = stat(self->partial, &st) == 0 && (uint64_t)st.st_ino == entry->inode;

    self->owned = true;
    self->replaces = entry->replaces;
    if (!unpublished)
        unlink(self->partial); /* of a result that no checkpoint knows */
    if (!unpublished && entry->replaces)
        return LEVADA_OK; /* the next trigger writes it anew */

    int err =
        output_file_continue(&self->file, unpublished ? self->partial : self->path, entry->length);
    if (err == ENODATA)
        return fail(call, LEVADA_NO_OUTPUT,
                    "%s is shorter than the %llu bytes that the checkpoint "
                    "knows of; put the file back, or start without the checkpoint",
                    self->path, (unsigned long long)entry->length);
    if (err != 0)
        return fail(call, LEVADA_NO_OUTPUT, "cannot go on with %s, which the checkpoint knows: %s",
                    self->path, strerror(err));
    self->published = !unpublished;
    self->prepared = entry->length;
    self->rows.csv.headed = entry->length > 0;
    return publish(self, call);
}

static levada_status
restore(struct file_sink *self, struct levada_call *call, bool checkpointed)
{
    struct ledger_entry entry = { 0 };
    bool found = false;
    levada_status status = LEVADA_OK;

    if (self->owned) /* after ABORT, which cut the file back already */
        return LEVADA_OK;
    if (checkpointed)
        status = ledger_read(call, &entry, &found);
    if (status != LEVADA_OK)
        return status;
    if (found)
        return resume(self, call, &entry);
    if (!self->overwrite && access(self->path, F_OK) == 0)
        return refuse_existing(self, call);
    return LEVADA_OK;
}

levada_status
file_sink_signal(void *self_, struct levada_call *call, const struct levada_signal *signal)
{
    struct file_sink *self = self_;
    int err;

    switch (signal->kind) {
    case LEVADA_SIG_RESTORE:
        return restore(self, call, (signal->flags & LEVADA_SIGF_CHECKPOINTED) != 0);
    case LEVADA_SIG_TRIGGER:
        return finish_trigger(self, call, (signal->flags & LEVADA_SIGF_REPLACES) != 0);
    case LEVADA_SIG_CHECKPOINT:
        return prepare(self, call);
    case LEVADA_SIG_COMMIT:
        return self->file.fd < 0 ? LEVADA_OK : publish(self, call);
    case LEVADA_SIG_ABORT:
        err = discard_uncommitted(self);
        return err == 0 ? LEVADA_OK : write_failed(self, call, err);
    default:
        return LEVADA_OK;
    }
}

/* ---- rows ---- */

static levada_status
add_rows(struct file_sink *self, struct levada_call *call, uint32_t n)
{
    struct text_buffer *buffer = &self->file.buffer;

    rows_add_head(&self->rows, buffer);
    for (uint32_t i = 0; i < n;) {
        i = rows_add(&self->rows, i, OUTPUT_FILE_CHUNK_BYTES, buffer);
        if (buffer->failed)
            return levada->fail(call, LEVADA_FATAL, "out of memory");
        int err = output_file_drain(&self->file);
        if (err != 0)
            return write_failed(self, call, err);
    }
    return LEVADA_OK;
}

levada_status
file_sink_process(void *self_, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    struct file_sink *self = self_;

    (void)port;
    levada_status status = begin_trigger(self, call);
    if (status == LEVADA_OK)
        status = rows_begin(&self->rows, call, batch);
    if (status != LEVADA_OK)
        return status;

    uint64_t before = output_file_length(&self->file);
    bool headed = self->rows.csv.headed;
    status = add_rows(self, call, batch->n);
    if (status == LEVADA_OK)
        return LEVADA_ABSORBED;
    /* The host still has the batch, and may send it again. */
    output_file_cut(&self->file, before);
    self->rows.csv.headed = headed;
    return status;
}
