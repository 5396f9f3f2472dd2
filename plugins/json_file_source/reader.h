/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_FILE_SOURCE_READER_H
#define JSON_FILE_SOURCE_READER_H

/* One input from its first record to its last, a window of text with its records at a time. */

#include "chunk.h"
#include "input.h"
#include "splitter.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reader_format { /* the words of the option */
    READER_AUTO,
    READER_ARRAY,
    READER_LINES,
};

struct reader;

/* At most so much is kept of a record that is larger than max_record. */
#define READER_EXCERPT_BYTES 1024

struct reader_settings {
    enum reader_format format;
    int64_t max_record; /* bytes */
    bool follow;        /* the end of a file is not the end of the input: it may grow */
};

/* A place between records from which reading can go on. */
struct reader_place {
    uint64_t offset;
    int64_t number; /* of the next record */
};

/*
 * Records of a window: those that the host found by itself, as a batch, and behind them those that
 * we found. Borrowed until the next reader_next() but for the chunk, which has references.
 */
struct reader_window {
    struct levada_batch *batch;      /* READER_BATCH */
    struct reader_place batch_place; /* behind it */

    struct chunk *chunk;
    uint64_t base;  /* the offset of the chunk's first byte in the input */
    uint64_t end;   /* the offset behind all that was looked at, or behind the last record */
    int64_t number; /* of the first record */
    const struct span *spans;
    size_t n;
    /* The first record was given up: this is its beginning. */
    bool given_up;
    uint64_t given_up_offset;
    const char *excerpt;
    size_t excerpt_n;
};

/* What a call of reader_next() may do. */
struct reader_limits {
    uint32_t wait_ms;
    uint32_t batch_records; /* the host may split so many records; 0: none */
    uint32_t stream;        /* of them */
};

enum reader_result {
    READER_RECORDS,
    READER_BATCH,
    READER_WAITS, /* nothing yet: a pipe is empty, or enough was done for one call */
    READER_END,
    READER_FAILED,
};

/* Owns what it opens. NULL: failed. @path and @pool outlive the reader. */
struct reader *reader_open(struct levada_call *call, struct chunk_pool *pool, const char *path,
                           const struct reader_settings *settings);
void reader_close(struct reader *reader); /* NULL is allowed */

struct input *reader_input(struct reader *reader);
bool reader_framing(const struct reader *reader,
                    enum split_framing *framing); /* false: unknown yet */

/* From the first byte again; from a place behind a record. Of files. */
levada_status reader_rewind(struct reader *reader, struct levada_call *call);
levada_status reader_resume(struct reader *reader, struct levada_call *call,
                            enum split_framing framing, struct reader_place place);

enum reader_result reader_next(struct reader *reader, struct levada_call *call,
                               const struct reader_limits *limits, struct reader_window *window);

/* From now on the end of the file is the end of the input. */
void reader_stop_following(struct reader *reader);

/* The offset behind all bytes that were read. */
uint64_t reader_read_bytes(const struct reader *reader);

/* Was the last window the last one? True early where that can be known. */
bool reader_has_ended(const struct reader *reader);

/* The offset of record @i of @window in the input. */
uint64_t reader_offset(const struct reader_window *window, size_t i);

/* The place behind record @i of @window. */
struct reader_place reader_place_after(const struct reader_window *window, size_t i);

#endif
