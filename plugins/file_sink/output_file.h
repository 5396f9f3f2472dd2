/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_FILE_SINK_OUTPUT_FILE_H
#define PLUGINS_FILE_SINK_OUTPUT_FILE_H

/*
 * A file that only grows at its end, and can be cut back to any length that it had. Functions that
 * return int: 0, or what errno says.
 */

#include "row_text/text_buffer.h"

#include <stdbool.h>
#include <stdint.h>

#define OUTPUT_FILE_CHUNK_BYTES ((size_t)256 * 1024)

struct output_file {
    int fd;                    /* -1: closed */
    uint64_t written;          /* bytes of it in the file */
    uint64_t begun;            /* and of those, so many the disk was told to write */
    struct text_buffer buffer; /* and those behind them */
};

/* A closed one; anything else is for an open one, but for close. */
void output_file_init(struct output_file *file);

/* Makes an empty file, in place of a forgotten one. EWOULDBLOCK: somebody else is writing it. */
int output_file_create(struct output_file *file, const char *path);

/* Opens a file of at least @length bytes and cuts it there. ENODATA: it is shorter. */
int output_file_continue(struct output_file *file, const char *path, uint64_t length);

void output_file_close(struct output_file *file); /* forgets what was not flushed */

/* Appended rows go through file->buffer; once it holds OUTPUT_FILE_CHUNK_BYTES this writes it. */
int output_file_drain(struct output_file *file);
int output_file_flush(struct output_file *file);
int output_file_sync(struct output_file *file); /* and waits for the disk */

int output_file_cut(struct output_file *file, uint64_t length);

/* 0: unknown. */
uint64_t output_file_inode(const struct output_file *file);

static inline uint64_t
output_file_length(const struct output_file *file)
{
    return file->written + file->buffer.n;
}

#endif
