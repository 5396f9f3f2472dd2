/* SPDX-License-Identifier: Apache-2.0 */
#include "splitter.h"

#include <assert.h>
#include <string.h>

void
splitter_init(struct splitter *splitter, enum split_framing framing)
{
    *splitter = (struct splitter){
        .scan = object_scan_best(),
        .framing = framing,
        .phase = framing == SPLIT_ARRAY ? SPLIT_BEFORE_ARRAY : SPLIT_AT_RECORD,
    };
}

void
splitter_init_after_record(struct splitter *splitter, enum split_framing framing)
{
    splitter_init(splitter, framing);
    splitter_move_behind_record(splitter, 0);
}

void
splitter_move_behind_record(struct splitter *splitter, size_t at)
{
    splitter->phase = splitter->framing == SPLIT_ARRAY ? SPLIT_AT_NEXT : SPLIT_AT_RECORD;
    splitter->at = at;
    splitter->given_up = false;
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* What a record means that begins in @phase. */
static enum split_fault
fault_of_place(const struct splitter *splitter)
{
    if (splitter->phase == SPLIT_AT_NEXT)
        return SPLIT_NO_COMMA;
    if (splitter->phase == SPLIT_AT_END)
        return SPLIT_AFTER_ARRAY;
    return SPLIT_SOUND;
}

static void
open_record(struct splitter *splitter, char first)
{
    enum split_fault fault = fault_of_place(splitter);
    bool is_object = first == '{' && fault != SPLIT_AFTER_ARRAY;
    splitter->fault = is_object || fault == SPLIT_AFTER_ARRAY ? fault : SPLIT_NO_OBJECT;
    splitter->phase = is_object ? SPLIT_IN_OBJECT : SPLIT_IN_JUNK;
    splitter->begin = splitter->at;
    splitter->given_up = false;
    splitter->object = (struct object_scan){ .depth = is_object, .previous = first };
    splitter->at += is_object;
}

/* The open record ends before @end, and is followed by what @phase says. */
static void
close_record(struct splitter *splitter, size_t end, struct span *span)
{
    span->begin = splitter->given_up ? end : splitter->begin;
    span->end = end;
    span->fault = splitter->fault;
    splitter->phase = splitter->fault == SPLIT_AFTER_ARRAY ? SPLIT_AT_END
                      : splitter->framing == SPLIT_ARRAY   ? SPLIT_AT_NEXT
                                                           : SPLIT_AT_RECORD;
    splitter->given_up = false;
}

/* A comma where a record should be is a record of its own: it shows where one is missing. */
static bool
take_comma(struct splitter *splitter, struct span *span)
{
    bool misplaced = splitter->phase != SPLIT_AT_NEXT;
    if (misplaced)
        *span = (struct span){ splitter->at, splitter->at + 1, SPLIT_NO_RECORD };
    splitter->phase = SPLIT_AT_RECORD;
    splitter->at++;
    return misplaced;
}

static bool
take_bracket(struct splitter *splitter, struct span *span)
{
    bool misplaced = splitter->phase == SPLIT_AT_RECORD;
    if (misplaced)
        *span = (struct span){ splitter->at, splitter->at + 1, SPLIT_NO_RECORD };
    splitter->phase = SPLIT_AT_END;
    splitter->at++;
    return misplaced;
}

/* Looks at a byte of no record, the one at splitter->at. True: a span of a fault. */
static bool
take_between(struct splitter *splitter, char c, struct span *span)
{
    if (splitter->framing == SPLIT_ARRAY && splitter->phase != SPLIT_AT_END) {
        if (c == ',')
            return take_comma(splitter, span);
        if (c == ']')
            return take_bracket(splitter, span);
        if (c == '[' && splitter->phase == SPLIT_BEFORE_ARRAY) {
            splitter->phase = SPLIT_AT_FIRST;
            splitter->at++;
            return false;
        }
    }
    open_record(splitter, c);
    return false;
}

/* Looks at what stands between records, to the next one's first byte. True: a span of a fault. */
static bool
split_between(struct splitter *splitter, const char *text, size_t n, struct span *span)
{
    bool fault = false;
    while (!fault && !splitter_is_open(splitter)) {
        size_t at = splitter->at;
        while (at < n && is_space(text[at]))
            at++;
        splitter->at = at;
        if (at == n)
            break;
        fault = take_between(splitter, text[at], span);
    }
    return fault;
}

/* The last byte before @end that is no white space; 0 when the window does not go back to it. */
static char
last_before(const struct splitter *splitter, const char *text, size_t end)
{
    size_t begin = splitter->given_up ? 0 : splitter->begin;
    while (end > begin && is_space(text[end - 1]))
        end--;
    return end > begin ? text[end - 1] : 0;
}

/* Inside an object, a line begins with {. Is this another record, the open one being torn? */
static bool
begins_anew(const struct splitter *splitter, const char *text)
{
    if (splitter->framing == SPLIT_LINES)
        return true;
    char before = last_before(splitter, text, splitter->at);
    return before == 0 || strchr(":[,", before) == NULL;
}

/* What is no whole object ends with its last byte that is no white space. */
static size_t
trimmed(const struct splitter *splitter, const char *text, size_t end)
{
    size_t begin = splitter->given_up ? end : splitter->begin;
    while (end > begin && is_space(text[end - 1]))
        end--;
    return end;
}

static bool
split_object(struct splitter *splitter, const char *text, size_t n, struct span *span)
{
    bool lines = splitter->framing != SPLIT_ARRAY;
    for (;;) {
        switch (splitter->scan(&splitter->object, text, &splitter->at, n, lines)) {
        case OBJECT_GOES_ON:
            return false;
        case OBJECT_ENDED:
            close_record(splitter, splitter->at, span);
            return true;
        case OBJECT_FIRST_COLUMN:
            if (!begins_anew(splitter, text)) {
                object_scan_open(&splitter->object, &splitter->at);
                continue;
            }
            break;
        case OBJECT_TORN_STRING:
            break;
        }
        splitter->fault = SPLIT_TORN;
        close_record(splitter, trimmed(splitter, text, splitter->at), span);
        return true;
    }
}

/* Does the junk end before @c? */
static bool
junk_ends(const struct splitter *splitter, char c)
{
    if (splitter->fault == SPLIT_AFTER_ARRAY)
        return false;
    if (splitter->framing != SPLIT_ARRAY)
        return c == '\n';
    const struct object_scan *state = &splitter->object;
    return !state->in_string && state->depth == 0 && (c == ',' || c == ']');
}

static void
junk_take(struct object_scan *state, char c)
{
    bool escaped = state->escaped;
    state->escaped = c == '\\' && !escaped;
    if (c == '"' && !escaped)
        state->in_string = !state->in_string;
    else if (!state->in_string && (c == '[' || c == '{'))
        state->depth++;
    else if (!state->in_string && (c == ']' || c == '}') && state->depth > 0)
        state->depth--;
}

static bool
split_junk(struct splitter *splitter, const char *text, size_t n, struct span *span)
{
    for (; splitter->at < n; splitter->at++) {
        char c = text[splitter->at];
        if (junk_ends(splitter, c)) {
            close_record(splitter, trimmed(splitter, text, splitter->at), span);
            return true;
        }
        junk_take(&splitter->object, c);
    }
    return false;
}

size_t
splitter_split(struct splitter *splitter, const char *text, size_t n, struct span *spans,
               size_t room)
{
    size_t found = 0;
    while (found < room && splitter->at < n) {
        if (splitter->phase == SPLIT_IN_OBJECT)
            found += split_object(splitter, text, n, &spans[found]);
        else if (splitter->phase == SPLIT_IN_JUNK)
            found += split_junk(splitter, text, n, &spans[found]);
        else
            found += split_between(splitter, text, n, &spans[found]);
    }
    return found;
}

bool
splitter_finish(struct splitter *splitter, const char *text, struct span *span)
{
    size_t end = splitter->at;
    if (splitter->phase == SPLIT_IN_OBJECT) {
        splitter->fault = SPLIT_CUT_OFF;
        close_record(splitter, trimmed(splitter, text, end), span);
    } else if (splitter->phase == SPLIT_IN_JUNK) {
        close_record(splitter, trimmed(splitter, text, end), span);
        if (splitter->framing != SPLIT_ARRAY || splitter->phase == SPLIT_AT_END)
            return true;
        /* The junk may be all that stands between here and the missing ]. */
        span->fault = SPLIT_CUT_OFF;
    } else if (splitter->framing == SPLIT_ARRAY && splitter->phase != SPLIT_AT_END &&
               splitter->phase != SPLIT_BEFORE_ARRAY) {
        *span = (struct span){ end, end, SPLIT_NOT_CLOSED };
    } else {
        return false;
    }
    splitter->phase = SPLIT_AT_END;
    return true;
}

void
splitter_give_up(struct splitter *splitter)
{
    assert(splitter_is_open(splitter));
    splitter->given_up = true;
}

void
splitter_shift(struct splitter *splitter, size_t n)
{
    assert(n <= splitter_keep(splitter));
    splitter->at -= n;
    splitter->begin -= splitter->begin < n ? splitter->begin : n; /* or it counts no more */
}
