/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TABLE_JOIN_TABLE_FILE_H
#define TABLE_JOIN_TABLE_FILE_H

/* A table in a file, JSON or CSV, read row by row. */

#include "complaint.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <sys/stat.h>

#define TABLE_FILE_MAX_BYTES (64u << 20)

/* What to read, and who gets it. */
struct table_reader {
    const char *const *columns; /* may name one twice */
    uint32_t n_columns;
    /* Row @number, from 1: one cell a column, borrowed; NULL where the row has none. False stops.
     */
    bool (*row)(void *user, uint64_t number, const struct levada_scalar *cells,
                struct complaint *complaint);
    void *user;
};

/*
 * Reads all rows. The format: by the name (.csv, .json, .jsonl, .ndjson), else JSON where the text
 * starts with [ or {. False: what is wrong is in @complaint. @seen (may be NULL) is the file as it
 * was opened, for table_file_is_same().
 */
bool table_file_read(const char *path, const struct table_reader *reader, struct stat *seen,
                     struct complaint *complaint);

/* The same on a text in memory, which is written over. @name: for its ending. */
bool table_text_read(const char *name, char *text, size_t n, const struct table_reader *reader,
                     struct complaint *complaint);

/* Is @path still what it was when @seen was taken: the same file, size and time of change? */
bool table_file_is_same(const char *path, const struct stat *seen);

#endif
