/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_FILE_SINK_FILE_SINK_H
#define PLUGINS_FILE_SINK_FILE_SINK_H

/*
 * A file that holds whole checkpoints and nothing else. New content grows under a partial name
 * beside the file and takes its name at the first COMMIT; from there on rows are appended in place,
 * and cut off again when no COMMIT follows them. Where each trigger is the whole result, each grows
 * under the partial name. CHECKPOINT makes the bytes durable, and notes their number where the host
 * keeps state.
 */

#include "file_sink/output_file.h"
#include "row_text/rows.h"

#include <levada/plugin.h>

struct file_sink {
    const char *path; /* options */
    int64_t format, overwrite;
    char *folder, *partial;
    struct rows rows;
    struct output_file file;
    uint64_t prepared, committed; /* lengths at the last CHECKPOINT and COMMIT */
    bool published;               /* `file` bears its final name */
    bool owned;                   /* what bears that name is this pipeline's */
    bool replaces;                /* as the last TRIGGER said */
    bool begun;                   /* `file` has this trigger's rows, or may have them */
};

levada_status file_sink_create(void *self, struct levada_call *call, struct levada_ctx *ctx);
levada_status file_sink_start(void *self, struct levada_call *call);
levada_status file_sink_process(void *self, struct levada_call *call, uint32_t port,
                                struct levada_batch *batch);
levada_status file_sink_signal(void *self, struct levada_call *call,
                               const struct levada_signal *signal);
void file_sink_destroy(void *self);

#endif
