/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_CONSOLE_SINK_CONSOLE_SINK_H
#define PLUGINS_CONSOLE_SINK_CONSOLE_SINK_H

/*
 * Prints batches on a descriptor. When the reader is slow a callback says AGAIN and remembers how
 * far it came; the host then calls it with the same arguments, so `out` holds what is left of just
 * that call.
 */

#include "console_sink/table.h"
#include "row_text/rows.h"

#include <levada/plugin.h>

enum console_format {
    CONSOLE_TABLE,
    CONSOLE_CSV,
    CONSOLE_JSON,
    CONSOLE_RAW,
};

struct console_sink {
    int64_t format, num_rows, truncate, header; /* options */
    int fd;
    int wait_ms; /* for a slow reader, before a callback says AGAIN */
    struct rows rows;
    struct table table;
    struct text_buffer out;
    uint64_t n_printed; /* tables */
    uint32_t next_row;  /* of the batch whose callback said AGAIN */
    bool rendered;      /* the table is in `out`; the callback said AGAIN */
};

levada_status console_sink_create(void *self, struct levada_call *call, struct levada_ctx *ctx);
levada_status console_sink_process(void *self, struct levada_call *call, uint32_t port,
                                   struct levada_batch *batch);
levada_status console_sink_signal(void *self, struct levada_call *call,
                                  const struct levada_signal *signal);
void console_sink_destroy(void *self);

#endif
