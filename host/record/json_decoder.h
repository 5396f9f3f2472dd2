/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_JSON_DECODER_H
#define HOST_RECORD_JSON_DECODER_H

/* What json_decode.c and json_split.c share. */

#include "record/json_decode.h"
#include "record/json_index.h"
#include "record/json_want.h"

struct json_decoder {
    struct json_index *index;
    char *gathered; /* values that are indexed together though they lie apart */
    struct json_want root;
    struct json_want **wanted; /* by column */
    size_t n_columns;
    uint64_t n_records; /* tried so far: each has its number in the tree of what is wanted */
    uint32_t most_rows; /* of one json_split() so far */
};

#endif
