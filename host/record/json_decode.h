/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_JSON_DECODE_H
#define HOST_RECORD_JSON_DECODE_H

/*
 * The seam to the JSON library: bytes in, columns of scalars out. No other file knows which library
 * it is. A value is one JSON object; everything else is a fault, and so is anything that RFC 8259
 * forbids, anywhere in the record and not only in the fields that are wanted: invalid UTF-8, bad
 * escapes, lone surrogates, bad numbers, nesting deeper than JSON_MAX_DEPTH, bytes after the end.
 * A number is I64 if it is an integer that fits, F64 if the double nearest to it would be written
 * with the same digits (zeros at the end aside), and else keeps its text (LEVADA_T_NUM): 0.1 is
 * F64, but 1e400, integers of 30 digits and 3.14159265358979323846 are NUM. Of duplicate names the
 * first wins. Strings point into the input where they hold no escape, else into @arena. The input
 * needs no padding. One decoder is used by one thread at a time.
 */

#include "base/arena.h"
#include "base/error.h"
#include "record/path.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_MAX_DEPTH 64

struct json_decoder;

#ifdef __cplusplus
extern "C" {
#endif

struct json_decoder *json_decoder_create(void);
void json_decoder_destroy(struct json_decoder *decoder);

/*
 * Wants @path (kind FIELD), which outlives the decoder, in all later calls; returns its column's
 * index, counted from 0. SIZE_MAX: out of memory.
 */
size_t json_decoder_want(struct json_decoder *decoder, const struct levada_path *path);

struct json_fault {
    uint32_t record; /* index in the call's records */
    uint64_t byte;   /* of the record's value, from 0 */
    char what[120];  /* a sentence without position: "a comma or } is missing" */
};

/*
 * Decodes @n records, each column @n scalars long, columns[c] for the path of index c. Records
 * whose value is absent (p == NULL) or R_OPAQUE are MISSING in every column and no fault. Faulty
 * records are MISSING too; they are listed in @faults (room for @n) in their order. @stride:
 * between records. False: out of memory. Fastest where values ascend in memory, no more than 64
 * bytes apart: then they are read in one go, the bytes between them too.
 */
bool json_decode(struct json_decoder *decoder, const struct levada_record *records, uint32_t n,
                 uint32_t stride, struct levada_scalar *const *columns, struct arena *arena,
                 struct json_fault *faults, uint32_t *n_faults);

/* Text that should hold whole objects, one behind the other. */
struct json_split_text {
    const char *text;
    size_t n;
    uint32_t max;     /* objects to be taken */
    bool commas;      /* exactly one between two of them; else only white space */
    bool comma_first; /* one before the first too */
    bool lines;       /* none may have a line feed inside */
};

struct json_piece { /* one object: text[begin..end) */
    uint32_t begin, end;
};

struct json_rows { /* all in the arena */
    uint32_t n;
    const struct json_piece *pieces;
    struct levada_scalar *const *columns; /* by index, each n long */
};

/*
 * Finds and decodes the objects at the start of a text, up to the first that is faulty, incomplete
 * or wrongly separated; what that is, json_decode() tells. Strings are as of json_decode(). False:
 * out of memory.
 */
bool json_split(struct json_decoder *decoder, const struct json_split_text *from,
                struct arena *arena, struct json_rows *rows);

/*
 * Calls @visit for each top-level member of the valid object @value, in order: the unescaped name,
 * and the bytes of the value as they stand (compact if @compact). False: @value is no object,
 * memory is out, or @visit returned false. Name and value are borrowed until @visit returns, which
 * may not use the decoder itself.
 */
bool json_members(struct json_decoder *decoder, struct levada_bytes value, bool compact,
                  bool (*visit)(void *user, const char *name, size_t name_n, const char *text,
                                size_t text_n),
                  void *user);

/* Writes the valid JSON @value without white space to @out (room for value.n); returns its size. */
size_t json_compact(struct levada_bytes value, char *out);

#ifdef __cplusplus
}
#endif
#endif
