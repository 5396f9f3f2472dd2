/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_FILE_SOURCE_BACKWARD_H
#define JSON_FILE_SOURCE_BACKWARD_H

/*
 * Reads a file from its last record to its first. Where a record begins is only known from the
 * front, so the file is read through once, keeping the place behind each window: 16 bytes for 256
 * KiB. Then each stretch between two places is read again, the last one first.
 */

#include "reader.h"

struct backward;

/* @reader is borrowed and at the start of its file. @end: records at or behind it are done already;
 * UINT64_MAX: none is. NULL: out of memory. */
struct backward *backward_create(struct reader *reader, uint64_t end);
void backward_destroy(struct backward *backward); /* NULL is allowed */

/* As reader_next(); the last record of the window comes first. Borrowed until the next call. */
enum reader_result backward_next(struct backward *backward, struct levada_call *call,
                                 struct reader_window *window);

#endif
