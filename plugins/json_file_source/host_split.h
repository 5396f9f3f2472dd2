/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_FILE_SOURCE_HOST_SPLIT_H
#define JSON_FILE_SOURCE_HOST_SPLIT_H

/*
 * Lets the host find the records in a text, which reads each byte of it anyway. It knows nothing of
 * torn lines, of limits and of what is wrong with a record: there the splitter goes on.
 */

#include "chunk.h"
#include "splitter.h"

#include <levada/plugin.h>

struct host_split {
    struct chunk *chunk;
    size_t at, n;    /* the text in it */
    uint64_t offset; /* of the text's first byte in the input */
    int64_t number;  /* of the first record */
    enum split_framing framing;
    uint32_t stream, max_records;
};

/* The records that stand whole at the text's start; *used: up to the end of the last, 0 if there
 * is none. NULL: a host function failed. */
struct levada_batch *host_split(struct levada_call *call, const struct host_split *split,
                                size_t *used);

#endif
