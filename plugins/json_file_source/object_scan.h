/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_FILE_SOURCE_OBJECT_SCAN_H
#define JSON_FILE_SOURCE_OBJECT_SCAN_H

/*
 * Finds the end of a JSON object, 64 bytes at a time where the processor allows, and in any number
 * of calls: what is known of the object so far is in struct object_scan. Only braces outside
 * strings count; whether the inside is JSON is not asked.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object_scan { /* { .depth = 1, .previous = '{' } behind the object's first byte */
    uint64_t depth;
    bool in_string;
    bool escaped;  /* the next byte follows a backslash that counts */
    char previous; /* the byte before the next one */
};

enum object_event {
    OBJECT_GOES_ON,     /* all bytes were taken */
    OBJECT_ENDED,       /* *at stands behind the closing brace */
    OBJECT_TORN_STRING, /* lines: *at is a line's end inside a string, which no JSON has */
    OBJECT_FIRST_COLUMN /* lines: *at is a { at a line's start inside the object, not taken yet */
};

/*
 * Scans text[*at..n) on and moves *at. @lines asks for the last two events; FIRST_COLUMN is passed
 * with object_scan_open().
 */
typedef enum object_event object_scan_fn(struct object_scan *scan, const char *text, size_t *at,
                                         size_t n, bool lines);

/* The fastest for this machine. */
object_scan_fn *object_scan_best(void);

/* Byte by byte, on every machine. */
object_scan_fn object_scan_bytewise;

#if defined(__x86_64__)
object_scan_fn object_scan_sse2;
object_scan_fn object_scan_avx2; /* needs avx2 and popcnt */
#endif

/* Takes the { at *at as part of the object. */
static inline void
object_scan_open(struct object_scan *scan, size_t *at)
{
    scan->depth++;
    scan->previous = '{';
    ++*at;
}

#endif
