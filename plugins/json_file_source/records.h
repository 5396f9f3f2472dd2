/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_FILE_SOURCE_RECORDS_H
#define JSON_FILE_SOURCE_RECORDS_H

/* Turns records of a window into a batch of the host, which points into the window's chunk. */

#include "reader.h"

#include <levada/plugin.h>
#include <stdbool.h>

struct record_run { /* a run of a window's records, in the order in which they leave */
    const struct reader_window *window;
    size_t first;
    uint32_t n;
    bool backward; /* from first down */
    uint32_t stream;
    int64_t max_record;
};

/* A batch of the run, faulty records marked. NULL: a host function failed. */
struct levada_batch *records_make(struct levada_call *call, const struct record_run *run);

#endif
