/* SPDX-License-Identifier: Apache-2.0 */
#include "console_sink/console_sink.h"

#include "console_sink/output.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define WAIT_MS 1000
#define RULE "-------------------------------------------\n"

levada_status
console_sink_create(void *self_, struct levada_call *call, struct levada_ctx *ctx)
{
    static const enum rows_format rows_format[] = {
        [CONSOLE_CSV] = ROWS_CSV,
        [CONSOLE_JSON] = ROWS_JSON,
        [CONSOLE_RAW] = ROWS_RAW,
    };
    struct console_sink *self = self_;

    (void)call;
    (void)ctx;
    self->fd = STDOUT_FILENO;
    self->wait_ms = WAIT_MS;
    self->rows.format = rows_format[self->format];
    self->rows.csv.headed = !self->header;
    self->table.num_rows = (uint32_t)self->num_rows;
    self->table.truncate = (uint32_t)self->truncate;
    return LEVADA_OK;
}

void
console_sink_destroy(void *self_)
{
    struct console_sink *self = self_;

    rows_finish(&self->rows);
    table_finish(&self->table);
    text_buffer_finish(&self->out);
}

static levada_status
write_failed(struct levada_call *call, int err)
{
    char why[120];

    snprintf(why, sizeof(why), "cannot write to standard output: %s", strerror(err));
    return levada->fail(call, LEVADA_IO, why);
}

static levada_status
flush(struct console_sink *self, struct levada_call *call)
{
    switch (output_write(self->fd, &self->out, self->wait_ms)) {
    case OUTPUT_DONE:
        return LEVADA_OK;
    case OUTPUT_BLOCKED:
        return LEVADA_AGAIN;
    case OUTPUT_CLOSED:
        return LEVADA_END;
    case OUTPUT_FAILED:
        break;
    }
    return write_failed(call, errno);
}

/* Rows from next_row on, in large pieces, so that a big batch needs no big buffer. */
static levada_status
print_rows(struct console_sink *self, struct levada_call *call, uint32_t n)
{
    levada_status status;

    do {
        self->next_row = rows_add(&self->rows, self->next_row, OUTPUT_CHUNK_BYTES, &self->out);
        if (self->out.failed) {
            text_buffer_cut(&self->out, self->out.n);
            return levada->fail(call, LEVADA_FATAL, "out of memory");
        }
        status = flush(self, call);
    } while (status == LEVADA_OK && self->next_row < n);
    return status;
}

levada_status
console_sink_process(void *self_, struct levada_call *call, uint32_t port,
                     struct levada_batch *batch)
{
    struct console_sink *self = self_;

    (void)port;
    if (self->format == CONSOLE_TABLE) {
        levada_status status = table_add(&self->table, call, batch);
        return status == LEVADA_OK ? LEVADA_ABSORBED : status;
    }

    levada_status status = rows_begin(&self->rows, call, batch);
    if (status != LEVADA_OK)
        return status;
    rows_add_head(&self->rows, &self->out);
    status = print_rows(self, call, batch->n);
    if (status != LEVADA_AGAIN)
        self->next_row = 0;
    return status;
}

static levada_status
print_table(struct console_sink *self, struct levada_call *call)
{
    if (!self->rendered && !table_has_columns(&self->table))
        return LEVADA_OK;
    if (!self->rendered) {
        size_t before = self->out.n;
        text_buffer_add_string(&self->out, RULE "Batch: ");
        text_buffer_add_i64(&self->out, (int64_t)self->n_printed);
        text_buffer_add_string(&self->out, "\n" RULE);
        table_render(&self->table, &self->out);
        if (self->out.failed) {
            text_buffer_cut(&self->out, before);
            return levada->fail(call, LEVADA_FATAL, "out of memory");
        }
        table_clear(&self->table);
        self->n_printed++;
        self->rendered = true;
    }
    levada_status status = flush(self, call);
    self->rendered = status == LEVADA_AGAIN;
    return status;
}

/* What was only collected comes again; a line that is half out is finished first. */
static void
forget_unfinished(struct console_sink *self)
{
    self->next_row = 0;
    self->rendered = false;
    table_clear(&self->table);
}

levada_status
console_sink_signal(void *self_, struct levada_call *call, const struct levada_signal *signal)
{
    struct console_sink *self = self_;

    switch (signal->kind) {
    case LEVADA_SIG_TRIGGER:
        return self->format == CONSOLE_TABLE ? print_table(self, call) : flush(self, call);
    case LEVADA_SIG_ABORT:
        forget_unfinished(self);
        return LEVADA_OK;
    case LEVADA_SIG_RESTORE:
        if ((signal->flags & LEVADA_SIGF_CHECKPOINTED) != 0 && output_continues_a_file(self->fd))
            self->rows.csv.headed = true;
        return LEVADA_OK;
    default:
        return LEVADA_OK;
    }
}
