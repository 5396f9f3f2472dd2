/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of the scanners that look at 64 bytes at once; an including file defines before
 *   SCAN_NAME    the function's name
 *   SCAN_TARGET  the attribute with the instruction set
 *   SCAN_INLINE  the same for small functions; they are inlined by force, since a struct of masks
 * that goes through memory costs more than the work on it scan_load()  which turns 64 bytes into a
 * struct scan_masks, bit i for byte i scan_skip()  which passes blocks of 64 that hold no byte in
 * question but quotes, of which it tells whether their number was odd There is no include guard:
 * each instruction set has its own copy in its own file.
 */

/* Bit i: do the bytes up to and including i hold an odd number of set bits? */
SCAN_INLINE uint64_t
scan_parity(uint64_t bits)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

/* Bit i: byte i follows a backslash that counts. *carry: the same for the first byte, in and out.
 */
SCAN_INLINE uint64_t
scan_escaped(uint64_t backslashes, bool *carry)
{
    uint64_t escaped = *carry;
    *carry = false;
    backslashes &= ~escaped;
    while (backslashes != 0) {
        uint64_t lowest = backslashes & -backslashes;
        uint64_t next = lowest << 1;
        *carry = next == 0;
        escaped |= next;
        backslashes &= ~(lowest | next);
    }
    return escaped;
}

/* Goes through the bytes in @events, in their order; the index of the one that stops, or 64. */
SCAN_INLINE unsigned
scan_events(struct object_scan *scan, const char *block, uint64_t events, bool lines,
            enum object_event *event)
{
    for (; events != 0; events &= events - 1) {
        unsigned i = (unsigned)__builtin_ctzll(events);
        char c = block[i];
        if (c == '}') {
            if (--scan->depth > 0)
                continue;
            *event = OBJECT_ENDED;
            return i;
        }
        if (c == '\n') {
            *event = OBJECT_TORN_STRING;
            return i;
        }
        if (lines && (i > 0 ? block[i - 1] : scan->previous) == '\n') {
            *event = OBJECT_FIRST_COLUMN;
            return i;
        }
        scan->depth++;
    }
    return 64;
}

/* One block of which only the first @used bytes count; *at moves by what was taken. */
SCAN_INLINE enum object_event
scan_block(struct object_scan *scan, const char *block, unsigned used, bool lines, size_t *at)
{
    enum object_event event = OBJECT_GOES_ON;
    struct scan_masks masks = scan_load(block, lines);
    uint64_t valid = ~UINT64_C(0) >> (64 - used);
    bool carry = scan->escaped;
    uint64_t escaped = scan_escaped(masks.backslashes & valid, &carry);
    uint64_t quotes = masks.quotes & valid & ~escaped;
    uint64_t strings = scan_parity(quotes) ^ (scan->in_string ? ~UINT64_C(0) : 0);
    uint64_t events = ((masks.braces & ~strings) | (masks.newlines & strings)) & valid;

    unsigned stop = scan_events(scan, block, events, lines, &event);
    *at += stop < 64 ? stop : used;
    if (event == OBJECT_ENDED) {
        ++*at; /* the state is of no use any more */
    } else if (event == OBJECT_GOES_ON) {
        scan->in_string = strings >> (used - 1) & 1;
        scan->escaped = used < 64 ? escaped >> used & 1 : carry;
        scan->previous = block[used - 1];
    } else {
        scan->in_string = event == OBJECT_TORN_STRING;
        scan->escaped = escaped >> stop & 1;
        scan->previous = stop > 0 ? block[stop - 1] : scan->previous;
    }
    return event;
}

/* The last bytes of the window, which may not be read past its end. */
SCAN_TARGET __attribute__((noinline)) static enum object_event
scan_rest(struct object_scan *scan, const char *text, size_t *at, size_t n, bool lines)
{
    if (*at == n)
        return OBJECT_GOES_ON;
    char rest[64] = { 0 };
    memcpy(rest, text + *at, n - *at);
    return scan_block(scan, rest, (unsigned)(n - *at), lines, at);
}

SCAN_INLINE enum object_event
scan_text(struct object_scan *scan, const char *text, size_t *at, size_t n, bool lines)
{
    for (;;) {
        if (!scan->escaped) {
            size_t end = scan_skip(text, *at, n, lines, &scan->in_string);
            scan->previous = end > *at ? text[end - 1] : scan->previous;
            *at = end;
        }
        if (n - *at < 64)
            return scan_rest(scan, text, at, n, lines);
        enum object_event event = scan_block(scan, text + *at, 64, lines, at);
        if (event != OBJECT_GOES_ON)
            return event;
    }
}

/* One copy for each kind of text: arrays need not look for lines. */
SCAN_TARGET enum object_event
SCAN_NAME(struct object_scan *scan, const char *text, size_t *at, size_t n, bool lines)
{
    return lines ? scan_text(scan, text, at, n, true) : scan_text(scan, text, at, n, false);
}
