/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_CONSOLE_SINK_OUTPUT_H
#define PLUGINS_CONSOLE_SINK_OUTPUT_H

/*
 * Writes to a descriptor that others may share, blocking or not. Never waits longer than about a
 * second.
 */

#include "row_text/text_buffer.h"

/* Rows are written when so much of them is together. */
#define OUTPUT_CHUNK_BYTES ((size_t)64 * 1024)

enum output_result {
    OUTPUT_DONE,
    OUTPUT_BLOCKED, /* the reader is slow: what is left stays in the buffer */
    OUTPUT_CLOSED,  /* nobody reads any more */
    OUTPUT_FAILED,  /* errno says why */
};

/* Writes all of @text and drops what it wrote; waits @wait_ms each time that the reader is slow. */
enum output_result output_write(int fd, struct text_buffer *text, int wait_ms);

/* Does @fd go on behind what an earlier run wrote to the same file? */
bool output_continues_a_file(int fd);

#endif
