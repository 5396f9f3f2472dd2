/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXEC_TRANSFORM_ANSWERS_H
#define EXEC_TRANSFORM_ANSWERS_H

/* What a program answered to the records of one batch, in their order. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum answer_kind {
    ANSWER_NOT_ASKED, /* the record could not be given to it */
    ANSWER_RECORDS,   /* n_records of them, which may be none */
    ANSWER_REJECTED,  /* text: why */
};

struct answer {
    enum answer_kind kind;
    uint32_t first, n_records; /* among the pieces */
    size_t at, n;              /* REJECTED: the reason, in the text */
};

struct piece {
    size_t at, n;
};

struct answers { /* zeroed: none */
    struct answer *items;
    uint32_t n, room;
    struct piece *pieces; /* records */
    uint32_t n_pieces, room_pieces;
    char *text;
    size_t text_n, text_room;
};

void answers_finish(struct answers *answers);
void answers_clear(struct answers *answers);

enum answers_added {
    ANSWERS_FINE,
    ANSWERS_NO_ANSWER, /* neither an object, nor a list of objects, nor null, nor a text */
    ANSWERS_NO_MEMORY,
};

/* The answer of the program to its next record. */
enum answers_added answers_add(struct answers *answers, const char *text, size_t n);
/* For a record that it is not asked about. */
enum answers_added answers_skip(struct answers *answers);

#endif
