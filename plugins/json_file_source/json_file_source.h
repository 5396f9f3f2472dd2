/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_FILE_SOURCE_JSON_FILE_SOURCE_H
#define JSON_FILE_SOURCE_JSON_FILE_SOURCE_H

/* The source: files one after another, records in batches, places to go on from. */

#include "backward.h"
#include "file_list.h"
#include "pace/pace.h"
#include "reader.h"
#include "resume.h"

#include <levada/plugin.h>
#include <stdbool.h>

enum json_file_order { /* the words of the option */
    ORDER_FORWARD,
    ORDER_REVERSE,
};

struct json_file_source {
    /* Options. */
    const char *path;
    int64_t format, order, records_per_second, max_record, follow;
    struct levada_list fields;

    struct levada_ctx *ctx; /* for the log */
    struct pace pace;
    struct chunk_pool *pool;
    struct file_list files;
    bool files_told;        /* the host knows them, each as a partition */
    struct resume *resumes; /* one a file, of the checkpoint */
    size_t current;         /* counts the files in the order of reading */
    struct reader *reader;  /* of the current file; NULL: not opened yet */
    struct backward *backward;
    uint32_t stream;
    struct resume here; /* of the current file; place: behind what was emitted */
    struct reader_window window;
    size_t left; /* records of the window that were not emitted yet */
};

levada_status json_file_source_create(void *self, struct levada_call *call, struct levada_ctx *ctx);
levada_status json_file_source_start(void *self, struct levada_call *call);
levada_status json_file_source_poll(void *self, struct levada_call *call, uint32_t max_records,
                                    uint32_t wait_ms);
levada_status json_file_source_signal(void *self, struct levada_call *call,
                                      const struct levada_signal *signal);
void json_file_source_destroy(void *self);

#endif
