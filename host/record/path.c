/* SPDX-License-Identifier: Apache-2.0 */
#include "record/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/arena.h"
#include "base/strbuf.h"

/* Open addressing; at most half full. Paths never move and are never forgotten. */
struct path_set {
    struct arena arena;
    struct levada_path **slots;
    uint32_t n_slots, n;
};

struct path_set *
path_set_create(void)
{
    return calloc(1, sizeof(struct path_set));
}

void
path_set_destroy(struct path_set *set)
{
    if (set == NULL)
        return;
    arena_finish(&set->arena);
    free(set->slots);
    free(set);
}

uint32_t
path_set_count(const struct path_set *set)
{
    return set->n;
}

bool
path_is_top(const struct levada_path *path)
{
    return path->kind == PATH_FIELD && path->n_steps == 1;
}

static void *
out_of_memory(struct error *err)
{
    error_set(err, LEVADA_FATAL, "out of memory");
    return NULL;
}

/* ---- the set ---- */

static struct levada_path **
find_slot(const struct path_set *set, const char *text)
{
    uint32_t mask = set->n_slots - 1;
    uint32_t i = (uint32_t)XXH3_64bits(text, strlen(text)) & mask;
    while (set->slots[i] != NULL && strcmp(set->slots[i]->text, text) != 0)
        i = (i + 1) & mask;
    return &set->slots[i];
}

static bool
make_room(struct path_set *set)
{
    if (set->n < set->n_slots / 2)
        return true;
    struct path_set larger = { .n_slots = set->n_slots == 0 ? 64 : set->n_slots * 2 };
    larger.slots = calloc(larger.n_slots, sizeof(struct levada_path *));
    if (larger.slots == NULL)
        return false;
    for (uint32_t i = 0; i < set->n_slots; i++)
        if (set->slots[i] != NULL)
            *find_slot(&larger, set->slots[i]->text) = set->slots[i];
    free(set->slots);
    set->slots = larger.slots;
    set->n_slots = larger.n_slots;
    return true;
}

static bool
copy_steps(struct arena *arena, struct levada_path *path, const struct levada_path *draft)
{
    path->steps = arena_alloc(arena, draft->n_steps * sizeof(*path->steps));
    if (path->steps == NULL)
        return false;
    for (uint32_t i = 0; i < draft->n_steps; i++) {
        path->steps[i] = draft->steps[i];
        if (draft->steps[i].name == NULL)
            continue;
        path->steps[i].name = arena_copy(arena, draft->steps[i].name, draft->steps[i].name_n);
        if (path->steps[i].name == NULL)
            return false;
    }
    return true;
}

/* The path of the set that has the text of @draft, made from it if it is new. */
static const struct levada_path *
intern(struct path_set *set, const struct levada_path *draft)
{
    if (!make_room(set))
        return NULL;
    struct levada_path **slot = find_slot(set, draft->text);
    if (*slot != NULL)
        return *slot;

    struct levada_path *path = arena_alloc(&set->arena, sizeof(*path));
    if (path == NULL)
        return NULL;
    *path = *draft;
    path->text = arena_copy(&set->arena, draft->text, strlen(draft->text));
    if (path->text == NULL || !copy_steps(&set->arena, path, draft))
        return NULL;
    if (draft->kind == PATH_HEADER)
        path->header = path->text + strlen("header:");
    path->number = set->n++;
    *slot = path;
    return path;
}

/* ---- of the record itself ---- */

static const struct {
    const char *text;
    enum path_kind kind;
} metas[] = {
    { "meta:key", PATH_KEY },
    { "meta:value", PATH_VALUE },
    { "meta:timestamp", PATH_TIMESTAMP },
    { "meta:stream", PATH_STREAM },
    { "meta:partition", PATH_PARTITION },
    { "meta:offset", PATH_OFFSET },
};

static bool
is_of_record(const char *text)
{
    return strncmp(text, "meta:", 5) == 0 || strncmp(text, "header:", 7) == 0;
}

static bool
parse_of_record(const char *text, struct levada_path *draft, struct error *err)
{
    draft->text = text;
    if (text[0] == 'h') {
        draft->kind = PATH_HEADER;
        if (text[strlen("header:")] != '\0')
            return true;
        error_set(err, LEVADA_CONFIG, "\"header:\" needs the name of a header behind it");
        return false;
    }
    for (size_t i = 0; i < sizeof(metas) / sizeof(*metas); i++) {
        if (strcmp(metas[i].text, text) == 0) {
            draft->kind = metas[i].kind;
            return true;
        }
    }
    error_set(err, LEVADA_CONFIG,
              "\"%s\" is no property of a record; there are meta:key, meta:value, "
              "meta:timestamp, meta:stream, meta:partition and meta:offset",
              text);
    return false;
}

/* ---- fields: text to steps ---- */

struct field_parser {
    const char *text, *at; /* at: the next byte to read */
    char *names;           /* room for the names, which are never longer than the text */
    struct path_step steps[PATH_MAX_DEPTH];
    uint32_t n;
    struct error *err;
};

static bool
refuse(struct field_parser *parser, const char *why)
{
    error_set(parser->err, LEVADA_CONFIG, "\"%s\" is no field path: %s at character %zu",
              parser->text, why, (size_t)(parser->at - parser->text) + 1);
    return false;
}

static struct path_step *
next_step(struct field_parser *parser)
{
    if (parser->n == PATH_MAX_DEPTH) {
        refuse(parser, "more than 32 steps");
        return NULL;
    }
    struct path_step *step = &parser->steps[parser->n++];
    *step = (struct path_step){ 0 };
    return step;
}

static bool
parse_plain_name(struct field_parser *parser)
{
    size_t n = strcspn(parser->at, ".[]");
    if (n == 0)
        return refuse(parser, "a name is missing");
    struct path_step *step = next_step(parser);
    if (step == NULL)
        return false;
    step->name = parser->at;
    step->name_n = (uint32_t)n;
    parser->at += n;
    return true;
}

/* Behind a backslash: the quote, a backslash, or u00XX for the control characters. */
static bool
parse_name_escape(struct field_parser *parser)
{
    unsigned code;
    if (*parser->at == '\'' || *parser->at == '"' || *parser->at == '\\') {
        *parser->names++ = *parser->at++;
        return true;
    }
    if (strspn(parser->at, "u0123456789abcdefABCDEF") >= 5 &&
        sscanf(parser->at, "u%4x", &code) == 1 && code < 0x80) {
        *parser->names++ = (char)code;
        parser->at += 5;
        return true;
    }
    return refuse(parser, "only \\', \\\", \\\\ and \\u0000 to \\u007f are escapes");
}

/* Behind [ and at a quote. */
static bool
parse_quoted_name(struct field_parser *parser)
{
    struct path_step *step = next_step(parser);
    if (step == NULL)
        return false;
    char quote = *parser->at++;
    char *name = parser->names;
    while (*parser->at != quote) {
        if (*parser->at == '\0')
            return refuse(parser, "the closing quote is missing");
        if (*parser->at != '\\') {
            *parser->names++ = *parser->at++;
            continue;
        }
        parser->at++;
        if (!parse_name_escape(parser))
            return false;
    }
    parser->at++;
    step->name = name;
    step->name_n = (uint32_t)(parser->names - name);
    return true;
}

static bool
parse_index(struct field_parser *parser)
{
    if (parser->n == 0)
        return refuse(parser, "a record is an object, so the first step is a name");
    uint64_t index = 0;
    const char *digits = parser->at;
    for (; *parser->at >= '0' && *parser->at <= '9'; parser->at++) {
        index = index * 10 + (uint64_t)(*parser->at - '0');
        if (index > UINT32_MAX)
            return refuse(parser, "the index is too large");
    }
    if (parser->at == digits)
        return refuse(parser, "an index or a quoted name is missing");
    struct path_step *step = next_step(parser);
    if (step == NULL)
        return false;
    step->index = (uint32_t)index;
    return true;
}

static bool
parse_bracket(struct field_parser *parser)
{
    parser->at++;
    bool quoted = *parser->at == '\'' || *parser->at == '"';
    if (!(quoted ? parse_quoted_name(parser) : parse_index(parser)))
        return false;
    if (*parser->at != ']')
        return refuse(parser, "a ] is missing");
    parser->at++;
    return true;
}

static bool
parse_field(struct field_parser *parser)
{
    bool rooted = parser->at[0] == '$' && strchr(".[", parser->at[1]) != NULL;
    if (rooted)
        parser->at++;
    else if (!parse_plain_name(parser))
        return false;
    if (rooted && *parser->at == '\0')
        return refuse(parser, "a name is missing; the whole record is meta:value");
    while (*parser->at != '\0') {
        if (*parser->at == '[') {
            if (!parse_bracket(parser))
                return false;
            continue;
        }
        if (*parser->at != '.')
            return refuse(parser, "a . or [ is missing");
        parser->at++;
        if (!parse_plain_name(parser))
            return false;
    }
    return true;
}

/* ---- fields: steps to canonical text ---- */

/* Would the name, written without quotes, be read as the same one step? */
static bool
is_plain(const struct path_step *step, bool first)
{
    if (step->name_n == 0)
        return false;
    for (uint32_t i = 0; i < step->name_n; i++)
        if (strchr(".[]", step->name[i]) != NULL || (unsigned char)step->name[i] < ' ')
            return false;
    if (!first)
        return true;
    bool is_root = step->name[0] == '$' && step->name_n == 1;
    bool of_record = (step->name_n >= 5 && memcmp(step->name, "meta:", 5) == 0) ||
                     (step->name_n >= 7 && memcmp(step->name, "header:", 7) == 0);
    return !is_root && !of_record;
}

static void
write_quoted(struct strbuf *out, const struct path_step *step)
{
    strbuf_str(out, "['");
    for (uint32_t i = 0; i < step->name_n; i++) {
        char c = step->name[i];
        if ((unsigned char)c < ' ')
            strbuf_printf(out, "\\u%04x", (unsigned)c);
        else if (c == '\'' || c == '\\')
            strbuf_printf(out, "\\%c", c);
        else
            strbuf_char(out, c);
    }
    strbuf_str(out, "']");
}

static const struct levada_path *
intern_field(struct path_set *set, struct path_step *steps, uint32_t n)
{
    struct strbuf text = { 0 };
    for (uint32_t i = 0; i < n; i++) {
        if (steps[i].name == NULL) {
            strbuf_printf(&text, "[%u]", (unsigned)steps[i].index);
        } else if (is_plain(&steps[i], i == 0)) {
            strbuf_str(&text, i == 0 ? "" : ".");
            strbuf_add(&text, steps[i].name, steps[i].name_n);
        } else {
            strbuf_str(&text, i == 0 ? "$" : "");
            write_quoted(&text, &steps[i]);
        }
    }
    struct levada_path draft = { .kind = PATH_FIELD, .steps = steps, .n_steps = n };
    draft.text = strbuf_text(&text);
    const struct levada_path *path = strbuf_failed(&text) ? NULL : intern(set, &draft);
    strbuf_finish(&text);
    return path;
}

const struct levada_path *
path_set_get(struct path_set *set, const char *text, struct error *err)
{
    if (is_of_record(text)) {
        struct levada_path draft = { 0 };
        if (!parse_of_record(text, &draft, err))
            return NULL;
        const struct levada_path *path = intern(set, &draft);
        return path != NULL ? path : out_of_memory(err);
    }

    char *names = malloc(strlen(text) + 1);
    if (names == NULL)
        return out_of_memory(err);
    struct field_parser parser = { .text = text, .at = text, .names = names, .err = err };
    const struct levada_path *path = NULL;
    if (parse_field(&parser)) {
        path = intern_field(set, parser.steps, parser.n);
        if (path == NULL)
            out_of_memory(err);
    }
    free(names);
    return path;
}

const struct levada_path *
path_set_field(struct path_set *set, const char *name, size_t n)
{
    struct path_step step = { .name = name, .name_n = (uint32_t)n };
    return n <= UINT32_MAX ? intern_field(set, &step, 1) : NULL;
}
