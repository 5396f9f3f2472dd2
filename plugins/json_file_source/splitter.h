/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_FILE_SOURCE_SPLITTER_H
#define JSON_FILE_SOURCE_SPLITTER_H

/*
 * Cuts JSON text into records, in any number of calls, each with more of the text. It finds where
 * records begin and end and what stands between them; the inside of an object is not its business.
 *
 * The caller keeps a window of the text in one piece: from splitter_keep() on nothing may be
 * dropped. It may drop the first @n bytes by splitter_shift(). Only of a value that nobody wants
 * any more (splitter_give_up) no byte is kept.
 *
 * In lines, a torn record must not swallow its neighbours. A line's end inside a string ends the
 * record: no JSON has one. A { in a line's first column begins a new record while the old one is
 * open, if the file holds one record a line (SPLIT_LINES) or if no JSON could go on like that
 * (SPLIT_CONCATENATED).
 */

#include "object_scan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum split_framing {
    SPLIT_ARRAY,        /* one array of records */
    SPLIT_CONCATENATED, /* records one after another, white space between them if any */
    SPLIT_LINES,        /* ... each on one line */
};

enum split_fault {
    SPLIT_SOUND,
    SPLIT_NO_OBJECT,   /* a value or text that is no object */
    SPLIT_NO_COMMA,    /* array: the record follows another without a comma */
    SPLIT_NO_RECORD,   /* array: a comma without a record before or behind it */
    SPLIT_TORN,        /* lines: the line ends inside the record */
    SPLIT_CUT_OFF,     /* the input ends inside the record */
    SPLIT_NOT_CLOSED,  /* the input ends without the closing ]; an empty record */
    SPLIT_AFTER_ARRAY, /* text behind the closing ] */
};

struct span { /* a record: text[begin..end) of the window */
    size_t begin, end;
    enum split_fault fault;
};

/* Where the splitter stands between records; the first three of arrays only. */
enum split_phase {
    SPLIT_BEFORE_ARRAY, /* [ comes */
    SPLIT_AT_FIRST,     /* a record or ] */
    SPLIT_AT_NEXT,      /* , or ] */
    SPLIT_AT_RECORD,    /* a record; lines: or nothing */
    SPLIT_AT_END,       /* nothing but white space */
    SPLIT_IN_OBJECT,
    SPLIT_IN_JUNK, /* text that is no object, to where a record could begin again */
};

struct splitter {
    object_scan_fn *scan;
    enum split_framing framing;
    enum split_phase phase;
    enum split_fault fault;    /* of the open record */
    struct object_scan object; /* of the open record; depth counts brackets in junk */
    size_t at;                 /* in the window: the next byte to look at */
    size_t begin;              /* in the window: of the open record */
    bool given_up;             /* begin counts no more */
};

/* To read from the first byte of a text. */
void splitter_init(struct splitter *splitter, enum split_framing framing);

/* To read on behind a record that ended at the window's first byte. */
void splitter_init_after_record(struct splitter *splitter, enum split_framing framing);

/* Goes to behind a record that ends at @at of the window, which may be back. */
void splitter_move_behind_record(struct splitter *splitter, size_t at);

/* Comes a record next, or what must stand before one? */
static inline bool
splitter_is_between(const struct splitter *splitter)
{
    return splitter->framing == SPLIT_ARRAY
               ? splitter->phase == SPLIT_AT_FIRST || splitter->phase == SPLIT_AT_NEXT
               : splitter->phase == SPLIT_AT_RECORD;
}

/*
 * Looks on through text[0..n), the window. Fills at most @room spans and returns how many: fewer
 * only when it has seen all bytes. A span that was given up has begin == end.
 */
size_t splitter_split(struct splitter *splitter, const char *text, size_t n, struct span *spans,
                      size_t room);

/* The input ends with the window, all of it split. What is wrong with that: a last span, or false.
 */
bool splitter_finish(struct splitter *splitter, const char *text, struct span *span);

/* Is a record open, and how much of it was seen? It begins at splitter_keep(). */
static inline bool
splitter_is_open(const struct splitter *splitter)
{
    return splitter->phase >= SPLIT_IN_OBJECT;
}

static inline size_t
splitter_keep(const struct splitter *splitter)
{
    return splitter_is_open(splitter) && !splitter->given_up ? splitter->begin : splitter->at;
}

/* The bytes of the open record are not wanted; its end is still looked for. */
void splitter_give_up(struct splitter *splitter);

/* The window now begins @n bytes later; @n is at most splitter_keep(). */
void splitter_shift(struct splitter *splitter, size_t n);

#endif
