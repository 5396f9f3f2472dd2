/* SPDX-License-Identifier: Apache-2.0 */
#include "lexer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Two backquotes with nothing between them become $[''] and NUL: three bytes for each. */
size_t
lexer_room(size_t n)
{
    return n * 3 + 8;
}

static bool
fail(struct lexer *lexer, const char *why)
{
    lexer->why = why;
    return false;
}

static char
peek(const struct lexer *lexer)
{
    return lexer->at < lexer->end ? *lexer->at : '\0';
}

static void
put(struct lexer *lexer, char c)
{
    *lexer->out++ = c;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Letters, digits, what names of fields and headers hold besides, and all that is not ASCII. */
static bool
is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '@' ||
           (unsigned char)c >= 0x80;
}

static bool
is_name(char c)
{
    return is_name_start(c) || is_digit(c) || c == '-' || c == ':';
}

/* ---- fields ---- */

static void
put_escaped(struct lexer *lexer, char c)
{
    if (c == '\'' || c == '\\')
        put(lexer, '\\');
    put(lexer, c);
}

/* `odd name` becomes ['odd name']. */
static bool
read_backquoted(struct lexer *lexer)
{
    const char *opened = lexer->at++;
    put(lexer, '[');
    put(lexer, '\'');
    while (peek(lexer) != '`') {
        if (peek(lexer) == '\0') {
            lexer->at = opened;
            return fail(lexer, "a ` without its partner");
        }
        put_escaped(lexer, *lexer->at++);
    }
    lexer->at++;
    put(lexer, '\'');
    put(lexer, ']');
    return true;
}

static bool
read_name(struct lexer *lexer)
{
    if (peek(lexer) == '`')
        return read_backquoted(lexer);
    if (!is_name_start(peek(lexer)))
        return fail(lexer, "a name is expected behind the point");
    while (is_name(peek(lexer)))
        put(lexer, *lexer->at++);
    return true;
}

/* [3] or ['name'], which are passed on as they stand. */
static bool
read_bracket(struct lexer *lexer)
{
    put(lexer, *lexer->at++);
    char quote = peek(lexer);
    if (quote == '\'') {
        put(lexer, *lexer->at++);
        while (peek(lexer) != '\'') {
            if (peek(lexer) == '\\')
                put(lexer, *lexer->at++);
            if (peek(lexer) == '\0')
                return fail(lexer, "a quote without its partner");
            put(lexer, *lexer->at++);
        }
        put(lexer, *lexer->at++);
    } else {
        if (!is_digit(quote))
            return fail(lexer, "an index or a quoted name is expected behind [");
        while (is_digit(peek(lexer)))
            put(lexer, *lexer->at++);
    }
    if (peek(lexer) != ']')
        return fail(lexer, "] is expected");
    put(lexer, *lexer->at++);
    return true;
}

static bool
read_field(struct lexer *lexer, struct token *token)
{
    token->kind = TOKEN_FIELD;
    token->text = lexer->out;
    if (peek(lexer) == '`')
        put(lexer, '$');
    if (!read_name(lexer))
        return false;
    for (;;) {
        if (peek(lexer) == '[') {
            if (!read_bracket(lexer))
                return false;
        } else if (peek(lexer) == '.') {
            lexer->at++;
            if (peek(lexer) != '`')
                put(lexer, '.');
            if (!read_name(lexer))
                return false;
        } else {
            break;
        }
    }
    token->text_n = (size_t)(lexer->out - token->text);
    put(lexer, '\0');
    return true;
}

/* A word of the language, in any case; else it is a field. */
static void
recognise_word(struct token *token)
{
    static const struct {
        const char *word;
        enum token_kind kind;
    } words[] = {
        { "and", TOKEN_AND },   { "or", TOKEN_OR },           { "not", TOKEN_NOT },
        { "in", TOKEN_IN },     { "matches", TOKEN_MATCHES }, { "exists", TOKEN_EXISTS },
        { "true", TOKEN_TRUE }, { "false", TOKEN_FALSE },     { "null", TOKEN_NULL },
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strcasecmp(token->text, words[i].word) == 0)
            token->kind = words[i].kind;
}

/* ---- values ---- */

/* 'text', in which '' stands for one quote. */
static bool
read_text(struct lexer *lexer, struct token *token)
{
    const char *opened = lexer->at++;
    token->kind = TOKEN_TEXT;
    token->text = lexer->out;
    for (;;) {
        if (lexer->at == lexer->end) {
            lexer->at = opened;
            return fail(lexer, "a quote without its partner");
        }
        char c = *lexer->at++;
        if (c == '\'' && peek(lexer) != '\'')
            break;
        if (c == '\'')
            lexer->at++;
        put(lexer, c);
    }
    token->text_n = (size_t)(lexer->out - token->text);
    put(lexer, '\0');
    return true;
}

/* How long the number at `at` is. */
static size_t
number_length(const struct lexer *lexer, bool *whole)
{
    const char *at = lexer->at;
    *whole = true;
    at += *at == '-';
    for (; at < lexer->end; at++) {
        bool sign = (*at == '-' || *at == '+') && (at[-1] == 'e' || at[-1] == 'E');
        if (!is_digit(*at) && *at != '.' && *at != 'e' && *at != 'E' && !sign)
            break;
        *whole &= is_digit(*at);
    }
    return (size_t)(at - lexer->at);
}

static bool
read_number(struct lexer *lexer, struct token *token)
{
    char text[64];
    bool whole;
    size_t n = number_length(lexer, &whole);
    if (n >= sizeof(text))
        return fail(lexer, "a number of more than 63 characters");
    memcpy(text, lexer->at, n);
    text[n] = '\0';

    char *end;
    errno = 0;
    token->kind = TOKEN_NUMBER;
    token->value.type = LEVADA_T_I64;
    token->value.u.i = strtoll(text, &end, 10);
    if (!whole || errno != 0) {
        token->value.type = LEVADA_T_F64;
        token->value.u.f = strtod(text, &end);
    }
    bool ends = lexer->at + n == lexer->end || !is_name(lexer->at[n]);
    if (!ends || end != text + n || !is_digit(text[n - 1]))
        return fail(lexer, "this is no number");
    lexer->at += n;
    return true;
}

/* ---- signs ---- */

static bool
read_sign(struct lexer *lexer, struct token *token)
{
    static const struct {
        const char *sign;
        enum token_kind kind;
        enum comparison comparison;
    } signs[] = {
        /* the longer ones first */
        { "==", TOKEN_COMPARE, COMPARE_EQUAL },
        { "!=", TOKEN_COMPARE, COMPARE_UNEQUAL },
        { "<>", TOKEN_COMPARE, COMPARE_UNEQUAL },
        { "<=", TOKEN_COMPARE, COMPARE_LESS_OR_EQUAL },
        { ">=", TOKEN_COMPARE, COMPARE_GREATER_OR_EQUAL },
        { "=", TOKEN_COMPARE, COMPARE_EQUAL },
        { "<", TOKEN_COMPARE, COMPARE_LESS },
        { ">", TOKEN_COMPARE, COMPARE_GREATER },
        { "(", TOKEN_OPEN, 0 },
        { ")", TOKEN_CLOSE, 0 },
        { ",", TOKEN_COMMA, 0 },
    };
    for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
        size_t n = strlen(signs[i].sign);
        if ((size_t)(lexer->end - lexer->at) < n || memcmp(lexer->at, signs[i].sign, n) != 0)
            continue;
        token->kind = signs[i].kind;
        token->comparison = signs[i].comparison;
        lexer->at += n;
        return true;
    }
    if (peek(lexer) == '"')
        return fail(lexer, "texts stand in single quotes");
    return fail(lexer, "this has no meaning here");
}

bool
lexer_next(struct lexer *lexer, struct token *token)
{
    while (lexer->at < lexer->end && strchr(" \t\r\n", *lexer->at) != NULL && *lexer->at != '\0')
        lexer->at++;
    *token = (struct token){ .kind = TOKEN_END, .start = lexer->at };
    if (lexer->at == lexer->end)
        return true;

    char c = *lexer->at;
    bool done;
    if (c == '\'')
        done = read_text(lexer, token);
    else if (is_digit(c) || c == '-')
        done = read_number(lexer, token);
    else if (c == '`' || is_name_start(c))
        done = read_field(lexer, token);
    else
        done = read_sign(lexer, token);
    token->n = (size_t)(lexer->at - token->start);
    if (token->kind == TOKEN_FIELD && done && c != '`')
        recognise_word(token);
    return done;
}
