/* SPDX-License-Identifier: Apache-2.0 */
#include "config/syntax.h"

#include "base/arena.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
syntax_start(struct syntax *syntax, struct arena *arena, struct problems *problems)
{
    *syntax = (struct syntax){ .arena = arena, .problems = problems };
}

void
syntax_finish(struct syntax *syntax)
{
    strbuf_finish(&syntax->text);
    free(syntax->items);
    free(syntax->names);
    syntax->items = NULL;
    syntax->names = NULL;
}

#define complain(syntax, place, suggestion, ...)                                                   \
    problems_add((syntax)->problems, place, SEVERITY_ERROR, NULL, NULL, suggestion, __VA_ARGS__)

/* A token as a message names it. */
static const char *
token_words(const struct syntax *syntax)
{
    const struct token *token = syntax->token;
    struct strbuf words = { 0 };
    if (token->kind == TOKEN_END)
        return "the end of the file";
    if (token->kind == TOKEN_STRING)
        return "a text";
    if (token->kind == TOKEN_MARK)
        strbuf_printf(&words, "'%c'", token->mark);
    else
        strbuf_printf(&words, "\"%.40s\"", token->text);
    const char *copy = arena_copy(syntax->arena, strbuf_text(&words), words.n);
    strbuf_finish(&words);
    return copy != NULL ? copy : "this";
}

static bool
is_mark(const struct syntax *syntax, const char *marks)
{
    return syntax->token->kind == TOKEN_MARK && strchr(marks, syntax->token->mark) != NULL;
}

static struct syntax_frame *
innermost(struct syntax *syntax)
{
    return &syntax->frames[syntax->depth];
}

static bool
is_in_list(struct syntax *syntax)
{
    return innermost(syntax)->open == '(' || innermost(syntax)->open == '[';
}

/* Room for one more; the capacity is the power of two at or above n. */
static void *
grown(void *items, size_t n, size_t size)
{
    return (n & (n - 1)) != 0 ? items : realloc(items, (n == 0 ? 1 : 2 * n) * size);
}

static struct item *
add_item(struct syntax *syntax)
{
    struct item *items = grown(syntax->items, syntax->n_items, sizeof(*items));
    if (items == NULL)
        return NULL;
    syntax->items = items;
    struct item *item = &items[syntax->n_items++];
    *item = (struct item){ .at = syntax->token->at, .folder = syntax->folder };
    return item;
}

/* ---- writing: one token a line ---- */

static void
write_string(struct syntax *syntax)
{
    const struct token *token = syntax->token;
    strbuf_char(&syntax->text, '"');
    for (size_t i = 0; i < token->n; i++) {
        unsigned char c = (unsigned char)token->text[i];
        if (c < 0x20)
            strbuf_printf(&syntax->text, "\\x%02x", c);
        else if (c == '"' || c == '\\')
            strbuf_printf(&syntax->text, "\\%c", c);
        else
            strbuf_char(&syntax->text, (char)c);
    }
    strbuf_str(&syntax->text, "\"\n");
}

static void
write_scalar(struct syntax *syntax)
{
    const struct token *token = syntax->token;
    if (token->kind == TOKEN_STRING)
        write_string(syntax);
    else if (token->kind == TOKEN_INT)
        strbuf_printf(&syntax->text, "%" PRId64 "L\n", token->i);
    else if (token->kind == TOKEN_BOOL)
        strbuf_str(&syntax->text, token->i != 0 ? "true\n" : "false\n");
    else
        strbuf_printf(&syntax->text, "%s\n", token->text);
}

/* ---- names ---- */

static const struct token *
find_name(struct syntax *syntax)
{
    for (size_t i = innermost(syntax)->first_name; i < syntax->n_names; i++) {
        if (strcmp(syntax->names[i].text, syntax->token->text) == 0)
            return &syntax->names[i];
    }
    return NULL;
}

static bool
add_name(struct syntax *syntax)
{
    struct token *names = grown(syntax->names, syntax->n_names, sizeof(*names));
    if (names == NULL)
        return false;
    syntax->names = names;
    names[syntax->n_names++] = *syntax->token;
    return true;
}

static bool
take_name(struct syntax *syntax)
{
    const struct token *token = syntax->token;
    struct item *item = add_item(syntax);
    if (item == NULL)
        return false;
    item->is_name = true;
    syntax->name = *token;
    syntax->want = WANT_EQUALS;

    const struct token *first = find_name(syntax);
    if (first == NULL) {
        strbuf_printf(&syntax->text, "%s\n", token->text);
        return add_name(syntax);
    }
    complain(syntax, token->at, NULL, "\"%s\" is set twice; the first time on line %u of %s",
             token->text, first->at.line, first->at.file);
    /* libconfig refuses the file otherwise, and the other mistakes in it would stay unseen. */
    item->is_again = true;
    strbuf_printf(&syntax->text, "%s*%zu**\n", token->text, syntax->n_items);
    return true;
}

/* What could stand there if its letters were right: for "bootstrap.servers", "bootstrap_servers".
 */
static const char *
legal_name(struct syntax *syntax)
{
    const char *from = syntax->token->text + strspn(syntax->token->text, "_.+-*0123456789");
    char *name = arena_copy(syntax->arena, from, strlen(from));
    for (char *p = name; p != NULL && *p != '\0'; p++) {
        if (*p == '.' || *p == '+' || *p == '*')
            *p = '_';
        else if ((unsigned char)*p >= 0x80)
            return NULL;
    }
    return name != NULL && *name != '\0' ? name : NULL;
}

static bool
refuse_name(struct syntax *syntax)
{
    const struct token *token = syntax->token;
    if (token->kind == TOKEN_WORD) {
        complain(syntax, token->at, legal_name(syntax),
                 "\"%s\" is no name: letters, digits, '_' and '-', a letter first", token->text);
    } else if (token->kind == TOKEN_STRING) {
        complain(syntax, token->at, NULL, "expected the name of a setting, written without quotes");
    } else {
        complain(syntax, token->at, NULL, "expected the name of a setting, not %s",
                 token_words(syntax));
    }
    return false;
}

/* ---- values ---- */

static bool
count_value(struct syntax *syntax)
{
    if (++syntax->n_values <= SYNTAX_MOST_VALUES)
        return true;
    complain(syntax, syntax->token->at, NULL, "more than %d values in all", SYNTAX_MOST_VALUES);
    return false;
}

static void
after_value(struct syntax *syntax, enum token_kind kind)
{
    syntax->last = kind;
    syntax->want = is_in_list(syntax) ? WANT_COMMA : WANT_SEPARATOR;
}

/* An array of libconfig, [ ], holds plain values of one type. */
static void
check_array(struct syntax *syntax)
{
    struct syntax_frame *frame = innermost(syntax);
    enum token_kind kind = syntax->token->kind;
    if (frame->open != '[')
        return;
    if (kind == TOKEN_MARK) {
        complain(syntax, syntax->token->at, NULL,
                 "a list in [ ] holds plain values; write ( ) for a list of groups or lists");
    } else if (frame->items_kind == TOKEN_END) {
        frame->items_kind = kind;
    } else if (frame->items_kind != kind) {
        complain(syntax, syntax->token->at, NULL,
                 "a list in [ ] holds values of one type; write ( ) for a mix");
    }
}

static bool
open_value(struct syntax *syntax)
{
    const struct token *token = syntax->token;
    if (syntax->depth + 1 == SYNTAX_DEEPEST) {
        complain(syntax, token->at, NULL, "more than %d levels deep", SYNTAX_DEEPEST - 1);
        return false;
    }
    syntax->frames[++syntax->depth] = (struct syntax_frame){ .open = token->mark,
                                                             .at = token->at,
                                                             .first_name = syntax->n_names };
    syntax->want = token->mark == '{' ? WANT_NAME : WANT_ITEM;
    /* Always a list: what [ ] forbids has been said, and libconfig would stop at the first. */
    strbuf_str(&syntax->text, token->mark == '{' ? "{\n" : "(\n");
    return true;
}

static bool
take_value(struct syntax *syntax)
{
    if (!count_value(syntax) || add_item(syntax) == NULL)
        return false;
    if (syntax->comma)
        strbuf_str(&syntax->text, ",\n");
    syntax->comma = false;
    check_array(syntax);
    if (syntax->token->kind == TOKEN_MARK)
        return open_value(syntax);
    write_scalar(syntax);
    after_value(syntax, syntax->token->kind);
    return true;
}

static bool
is_value(const struct syntax *syntax)
{
    enum token_kind kind = syntax->token->kind;
    return kind == TOKEN_STRING || kind == TOKEN_INT || kind == TOKEN_FLOAT || kind == TOKEN_BOOL ||
           is_mark(syntax, "{([");
}

static bool
is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcasecmp(text, *words) == 0)
            return true;
    }
    return false;
}

static bool
refuse_value(struct syntax *syntax)
{
    static const char *const truths[] = { "yes", "on", "no", "off", NULL };
    static const char *const nothings[] = { "null", "nil", "none", NULL };
    const struct token *token = syntax->token;

    if (token->kind != TOKEN_NAME && token->kind != TOKEN_WORD)
        complain(syntax, token->at, NULL, "expected a value, not %s", token_words(syntax));
    else if (is_one_of(token->text, truths))
        complain(syntax, token->at, NULL, "%s is no value; write true or false", token->text);
    else if (is_one_of(token->text, nothings))
        complain(syntax, token->at, NULL, "%s is no value; leave the setting out", token->text);
    else if (strncmp(token->text, "\u201c", 3) == 0 || strncmp(token->text, "\u201d", 3) == 0 ||
             strncmp(token->text, "\u201e", 3) == 0)
        complain(syntax, token->at, NULL, "%.40s is no value; a text stands in straight quotes: \"",
                 token->text);
    else
        complain(syntax, token->at, NULL, "%.40s is no value; a text needs quotes: \"%.40s\"",
                 token->text, token->text);
    return false;
}

/* ---- the ends of groups and lists ---- */

static bool
take_close(struct syntax *syntax)
{
    const struct syntax_frame *frame = innermost(syntax);
    char close = syntax->token->mark;
    char wanted = frame->open == '{' ? '}' : frame->open == '(' ? ')' : ']';

    if (frame->open == '\0') {
        complain(syntax, syntax->token->at, NULL, "'%c' closes nothing", close);
        return false;
    }
    if (close != wanted) {
        complain(syntax, syntax->token->at, NULL, "'%c' cannot close the '%c' of line %u", close,
                 frame->open, frame->at.line);
        return false;
    }
    if (syntax->comma)
        complain(syntax, syntax->comma_at, NULL, "a comma without a value behind it");
    syntax->comma = false;
    syntax->n_names = frame->first_name;
    syntax->depth--;
    strbuf_str(&syntax->text, close == '}' ? "}\n" : ")\n");
    after_value(syntax, TOKEN_MARK);
    return true;
}

static bool
take_end(struct syntax *syntax)
{
    const struct syntax_frame *frame = innermost(syntax);
    if (syntax->want == WANT_EQUALS || syntax->want == WANT_VALUE) {
        complain(syntax, syntax->name.at, NULL, "\"%s\" has no value: the file ends here",
                 syntax->name.text);
        return false;
    }
    if (frame->open != '\0') {
        complain(syntax, frame->at, NULL, "this '%c' is never closed", frame->open);
        return false;
    }
    return true;
}

/* ---- one function for each thing that may be wanted ---- */

static bool
want_name(struct syntax *syntax)
{
    if (syntax->token->kind == TOKEN_NAME)
        return take_name(syntax);
    if (is_mark(syntax, "})]"))
        return take_close(syntax);
    return refuse_name(syntax);
}

static bool
want_equals(struct syntax *syntax)
{
    if (!is_mark(syntax, "=:")) {
        complain(syntax, syntax->token->at, NULL, "expected '=' after \"%s\", not %s",
                 syntax->name.text, token_words(syntax));
        return false;
    }
    strbuf_str(&syntax->text, "=\n");
    syntax->want = WANT_VALUE;
    return true;
}

static bool
want_value(struct syntax *syntax)
{
    return is_value(syntax) ? take_value(syntax) : refuse_value(syntax);
}

static bool
want_separator(struct syntax *syntax)
{
    if (is_mark(syntax, ";,")) {
        strbuf_str(&syntax->text, ";\n");
        syntax->want = WANT_NAME;
        return true;
    }
    /* libconfig joins texts that stand side by side: the way to write a long one. */
    if (syntax->token->kind == TOKEN_STRING && syntax->last == TOKEN_STRING) {
        write_scalar(syntax);
        return true;
    }
    if (syntax->token->kind == TOKEN_NAME || is_mark(syntax, "})]"))
        return want_name(syntax);
    complain(syntax, syntax->token->at, NULL, "expected ';' or the name of a setting, not %s%s",
             token_words(syntax),
             syntax->last == TOKEN_STRING ? "; is the quote missing that ends a text before it?"
                                          : "");
    return false;
}

static bool
want_item(struct syntax *syntax)
{
    return is_mark(syntax, "})]") ? take_close(syntax) : want_value(syntax);
}

static bool
want_comma(struct syntax *syntax)
{
    if (is_mark(syntax, ",")) {
        syntax->comma = true;
        syntax->comma_at = syntax->token->at;
        syntax->want = WANT_ITEM;
        return true;
    }
    if (is_mark(syntax, "})]"))
        return take_close(syntax);
    if (!is_value(syntax)) {
        complain(syntax, syntax->token->at, NULL, "expected ',' or the end of the list, not %s",
                 token_words(syntax));
        return false;
    }
    /* libconfig would join two texts into one. */
    complain(syntax, syntax->token->at, NULL, "a comma is missing before %s", token_words(syntax));
    syntax->comma = true;
    return take_value(syntax);
}

bool
syntax_take(struct syntax *syntax, const struct token *token)
{
    static bool (*const wants[])(struct syntax *) = {
        [WANT_NAME] = want_name, [WANT_EQUALS] = want_equals, [WANT_VALUE] = want_value,
        [WANT_ITEM] = want_item, [WANT_COMMA] = want_comma,   [WANT_SEPARATOR] = want_separator,
    };
    syntax->token = token;
    if (token->kind == TOKEN_END)
        return take_end(syntax);
    return wants[syntax->want](syntax) && !strbuf_failed(&syntax->text);
}
