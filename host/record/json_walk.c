/* SPDX-License-Identifier: Apache-2.0 */
#include "record/json_walk.h"

#include <string.h>

#include "record/json_decode.h"

void
json_walk_start(struct json_walk *walk, const char *text, uint32_t size, const uint32_t *tokens)
{
    walk->text = text;
    walk->size = size;
    walk->at = tokens;
    walk->end = size;
    const char *backslash = memchr(text, '\\', size);
    walk->backslash = backslash != NULL ? (uint32_t)(backslash - text) : size;
}

/* ---- tokens ---- */

static bool
fail(struct json_walk *walk, size_t at, const char *what)
{
    walk->blame.what = what;
    walk->blame.at = at;
    return false;
}

static inline bool
at_end(const struct json_walk *walk)
{
    return *walk->at >= walk->end;
}

/* The first byte of the next token; NUL at the end of the record, where no token can start. */
static inline char
peek(const struct json_walk *walk)
{
    return at_end(walk) ? '\0' : walk->text[*walk->at];
}

static bool
fail_here(struct json_walk *walk, const char *what)
{
    if (at_end(walk))
        return fail(walk, walk->end, "it ends too early");
    return fail(walk, *walk->at, what);
}

static inline bool
take(struct json_walk *walk, char c)
{
    if (peek(walk) != c)
        return false;
    walk->at++;
    return true;
}

static inline bool
is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Takes the next token and returns its end: where another starts, without the white space before.
 */
static inline uint32_t
take_token(struct json_walk *walk)
{
    walk->at++;
    uint32_t end = at_end(walk) ? walk->end : *walk->at;
    while (is_space(walk->text[end - 1]))
        end--;
    return end;
}

/* ---- strings ---- */

struct text {
    uint32_t begin, end; /* between the quotes */
    bool escaped;
};

/* Does a backslash stand in the string? Strings come in their order, so the search goes on. */
static inline bool
has_escape(struct json_walk *walk, uint32_t begin, uint32_t end)
{
    if (end <= walk->backslash)
        return false;
    if (walk->backslash < begin) {
        const char *next = memchr(walk->text + begin, '\\', walk->size - begin);
        walk->backslash = next != NULL ? (uint32_t)(next - walk->text) : walk->size;
    }
    return walk->backslash < end;
}

/* At an opening quote. The index promises a closing one, but not that it is this record's. */
static inline bool
take_string(struct json_walk *walk, struct text *string)
{
    uint32_t begin = *walk->at + 1, end = take_token(walk) - 1;
    if (end < begin || walk->text[end] != '"')
        return fail(walk, begin - 1, "a string is not closed");
    string->begin = begin;
    string->end = end;
    string->escaped = has_escape(walk, begin, end);
    return true;
}

static bool
unescape(struct json_walk *walk, const struct text *string, char *out, uint32_t *n)
{
    const char *raw = walk->text + string->begin;
    if (json_unescape(raw, string->end - string->begin, out, n, &walk->blame))
        return true;
    walk->blame.at += string->begin;
    return false;
}

/* The string's bytes: where they stand, or unescaped in the arena. */
static bool
string_bytes(struct json_walk *walk, const struct text *string, const char **bytes, uint32_t *n)
{
    *n = string->end - string->begin;
    *bytes = walk->text + string->begin;
    if (!string->escaped)
        return true;
    char *out = arena_bytes(walk->arena, *n);
    if (out == NULL)
        return fail(walk, string->begin, NULL);
    *bytes = out;
    return unescape(walk, string, out, n);
}

/* ---- values ---- */

/*
 * Of equal names the first counts: @want, or NULL when this record had it already.
 */
static inline struct json_want *
claim(const struct json_walk *walk, struct json_want *want)
{
    if (want == NULL || want->seen == walk->number)
        return NULL;
    want->seen = walk->number;
    return want;
}

static inline void
store(struct json_walk *walk, const struct json_want *want, struct levada_scalar value)
{
    if (want == NULL || want->column == JSON_NO_COLUMN)
        return;
    walk->columns[want->column][walk->row] = value;
    walk->n_stored++;
}

static inline struct levada_scalar
text_value(uint32_t type, const char *text, uint32_t n)
{
    return (struct levada_scalar){ .type = type, .len = n, .u.s = text };
}

static bool
walk_string(struct json_walk *walk, const struct json_want *want)
{
    struct text string;
    if (!take_string(walk, &string))
        return false;
    uint32_t n;
    if (want == NULL || want->column == JSON_NO_COLUMN)
        return !string.escaped || unescape(walk, &string, NULL, &n);
    const char *bytes;
    if (!string_bytes(walk, &string, &bytes, &n))
        return false;
    store(walk, want, text_value(LEVADA_T_STR, bytes, n));
    return true;
}

static bool
is_word(const char *text, uint32_t n, const char *word)
{
    return n == strlen(word) && memcmp(text, word, n) == 0;
}

/* A number, true, false or null. */
static bool
walk_bare(struct json_walk *walk, const struct json_want *want)
{
    uint32_t begin = *walk->at, n = take_token(walk) - begin;
    const char *text = walk->text + begin;
    struct levada_scalar value = { .type = LEVADA_T_BOOL };
    if (is_word(text, n, "null"))
        value.type = LEVADA_T_NULL;
    else if (is_word(text, n, "true"))
        value.u.i = 1;
    else if (!is_word(text, n, "false") && !json_number(text, n, &value))
        return fail(walk, begin,
                    *text == '-' || (*text >= '0' && *text <= '9') ? "a number is malformed"
                                                                   : "a value is malformed");
    store(walk, want, value);
    return true;
}

static inline bool
walk_scalar(struct json_walk *walk, const struct json_want *want)
{
    char c = peek(walk);
    if (c == '"')
        return walk_string(walk, want);
    if (at_end(walk) || (c != '\0' && strchr("}],:", c) != NULL))
        return fail_here(walk, "a value is missing");
    return walk_bare(walk, want);
}

static inline bool
enter(struct json_walk *walk)
{
    if (walk->depth == JSON_MAX_DEPTH)
        return fail_here(walk, "it is nested more than 64 deep");
    walk->depth++;
    walk->at++;
    return true;
}

/* A name and its colon, which are only checked. */
static bool
skip_name(struct json_walk *walk)
{
    struct text name;
    uint32_t n;
    if (peek(walk) != '"')
        return fail_here(walk, "a name in quotes is missing");
    if (!take_string(walk, &name) || (name.escaped && !unescape(walk, &name, NULL, &n)))
        return false;
    return take(walk, ':') || fail_here(walk, "a colon is missing");
}

/*
 * An object or array of which nothing is wanted: one loop, its depth a stack of bits, 1 for
 * objects.
 */
static bool
skip_container(struct json_walk *walk)
{
    uint64_t objects = 0;
    unsigned outside = walk->depth;
    for (;;) {
        char c = peek(walk);
        if (c == '{' || c == '[') {
            if (!enter(walk))
                return false;
            objects = objects << 1 | (c == '{');
            if (peek(walk) != (c == '{' ? '}' : ']')) {
                if (c == '{' && !skip_name(walk))
                    return false;
                continue;
            }
        } else if (!walk_scalar(walk, NULL)) {
            return false;
        }
        while (take(walk, objects & 1 ? '}' : ']')) {
            objects >>= 1;
            if (--walk->depth == outside)
                return true;
        }
        if (!take(walk, ','))
            return fail_here(walk,
                             objects & 1 ? "a comma or } is missing" : "a comma or ] is missing");
        if ((objects & 1) && !skip_name(walk))
            return false;
    }
}

static bool walk_object(struct json_walk *walk, struct json_want *want);
static bool walk_array(struct json_walk *walk, struct json_want *want);

static bool
walk_container(struct json_walk *walk, struct json_want *want)
{
    uint32_t begin = *walk->at;
    bool object = walk->text[begin] == '{';
    bool inside = want != NULL && (object ? want->names : want->elements) != NULL;
    if (!(!inside  ? skip_container(walk)
          : object ? walk_object(walk, want)
                   : walk_array(walk, want)))
        return false;
    uint32_t n = walk->at[-1] + 1 - begin;
    store(walk, want, text_value(LEVADA_T_JSON, walk->text + begin, n));
    return true;
}

static inline bool
walk_value(struct json_walk *walk, struct json_want *want)
{
    char c = peek(walk);
    return c == '{' || c == '[' ? walk_container(walk, want) : walk_scalar(walk, want);
}

static bool
walk_array(struct json_walk *walk, struct json_want *want)
{
    if (!enter(walk))
        return false;
    if (!take(walk, ']')) {
        uint32_t index = 0;
        do {
            if (!walk_value(walk, claim(walk, json_want_element(want, index++))))
                return false;
        } while (take(walk, ','));
        if (!take(walk, ']'))
            return fail_here(walk, "a comma or ] is missing");
    }
    walk->depth--;
    return true;
}

/* ---- objects of which something is wanted ---- */

/* The members of one object. */
struct members {
    struct json_want *object;
    struct json_want *
        *expected; /* where it stands which wanted name comes next, if all is as before */
};

/* One that was not expected. */
static struct json_want *
search_name(struct members *members, const char *name, uint32_t n)
{
    struct json_want *want = json_want_name(members->object, name, n);
    if (want == NULL)
        return NULL;
    *members->expected = want;
    members->expected = &want->then;
    return want;
}

/* What is wanted below a name, or NULL. */
static inline struct json_want *
find_name(struct members *members, const char *name, uint32_t n)
{
    struct json_want *want = *members->expected;
    if (want == NULL || !json_want_is(want, name, n))
        return search_name(members, name, n);
    members->expected = &want->then;
    return want;
}

/* The string that begins behind its quote and has only white space between its end and @behind. */
static inline struct levada_scalar
string_before(const char *begin, const char *behind)
{
    do {
        behind--;
    } while (*behind != '"');
    return text_value(LEVADA_T_STR, begin, (uint32_t)(behind - begin));
}

/*
 * The hot loop: as many members as are strings without escape, and have no white space before their
 * colon. Stops at the first that is not like that, for walk_member(), which says what it is. True:
 * the object has ended.
 */
static bool
walk_plain_members(struct json_walk *walk, struct members *members)
{
    const char *text = walk->text;
    const uint32_t *at = walk->at;
    const uint32_t limit = walk->backslash < walk->end ? walk->backslash : walk->end;
    const uint64_t kinds = members->object->kinds;
    bool ended = false;
    for (; !ended; at += 4) {
        uint32_t behind = at[3];
        if (behind >= limit || text[at[0]] != '"' || text[at[2]] != '"' ||
            memcmp(text + at[1] - 1, "\":", 2) != 0 || (text[behind] != ',' && text[behind] != '}'))
            break;
        ended = text[behind] == '}';
        uint32_t quoted_n = at[1] - at[0];
        const char *name = text + at[0] + 1;
        if (!(kinds >> json_want_kind(quoted_n, *name) & 1))
            continue;
        struct json_want *want = claim(walk, find_name(members, name, quoted_n - 2));
        if (want != NULL)
            store(walk, want, string_before(text + at[2] + 1, text + behind));
    }
    walk->at = at;
    return ended;
}

/* Any member. */
static bool
walk_member(struct json_walk *walk, struct members *members)
{
    if (peek(walk) != '"')
        return fail_here(walk, "a name in quotes is missing");
    struct text name;
    const char *bytes;
    uint32_t n;
    if (!take_string(walk, &name) || !string_bytes(walk, &name, &bytes, &n))
        return false;
    if (!take(walk, ':'))
        return fail_here(walk, "a colon is missing");
    return walk_value(walk, claim(walk, find_name(members, bytes, n)));
}

/* From a member on that is not plain to the object's end. */
static bool
walk_members(struct json_walk *walk, struct members *members)
{
    do {
        if (!walk_member(walk, members))
            return false;
        if (take(walk, '}'))
            return true;
        if (!take(walk, ','))
            return fail_here(walk, "a comma or } is missing");
    } while (!walk_plain_members(walk, members));
    return true;
}

static bool
walk_object(struct json_walk *walk, struct json_want *want)
{
    struct members members = { want, &want->first };
    if (!enter(walk))
        return false;
    const uint32_t *first = walk->at;
    if (!walk_plain_members(walk, &members) && !(walk->at == first && take(walk, '}')) &&
        !walk_members(walk, &members))
        return false;
    walk->depth--;
    return true;
}

/* ---- records ---- */

static bool
is_object(struct json_walk *walk)
{
    walk->depth = 0;
    if (at_end(walk))
        return fail(walk, 0, "it is empty");
    return peek(walk) == '{' || fail_here(walk, "it is not a JSON object");
}

bool
json_walk_object(struct json_walk *walk, struct json_want *root)
{
    walk->depth = 0;
    return walk_object(walk, root);
}

bool
json_walk_record(struct json_walk *walk, struct json_want *root)
{
    if (!is_object(walk) || !walk_object(walk, root))
        return false;
    return at_end(walk) || fail_here(walk, "something stands behind its end");
}

bool
json_walk_members(struct json_walk *walk, json_walk_visit *visit, void *user)
{
    if (!is_object(walk) || !enter(walk))
        return false;
    if (take(walk, '}'))
        return at_end(walk);
    do {
        struct text string;
        const char *name;
        uint32_t n;
        if (peek(walk) != '"' || !take_string(walk, &string) ||
            !string_bytes(walk, &string, &name, &n) || !take(walk, ':') || at_end(walk))
            return false;
        uint32_t begin = *walk->at;
        if (!walk_value(walk, NULL))
            return false;
        uint32_t end = at_end(walk) ? walk->end : *walk->at;
        while (is_space(walk->text[end - 1]))
            end--;
        if (!visit(user, name, n, walk->text + begin, end - begin))
            return false;
    } while (take(walk, ','));
    return take(walk, '}') && at_end(walk);
}
