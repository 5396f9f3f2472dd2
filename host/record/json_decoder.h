/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_JSON_DECODER_H
#define HOST_RECORD_JSON_DECODER_H

/* What json_decode.c and json_split.c share. */

#include "record/json_decode.h"
#include "record/json_index.h"
#include "record/json_want.h"

struct json_rows_room { /* of json_split(); grows with the most records that it found at once */
    struct json_piece *pieces;
    struct levada_scalar **columns;
    size_t n_columns;
    uint32_t n;
};

struct json_decoder {
    struct json_index *index;
    struct json_want root;
    size_t n_columns;
    uint64_t n_records; /* tried so far: each has its number in the tree of what is wanted */
    struct json_rows_room rows;
};

void json_rows_finish(struct json_rows_room *rows);

#endif
