/* SPDX-License-Identifier: Apache-2.0 */
#include "config/lexer.h"

#include "base/arena.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char byte_order_mark[] = "\xEF\xBB\xBF";

#define DIGITS "0123456789"
#define HEX_DIGITS DIGITS "abcdefABCDEF"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

void
lexer_start(struct lexer *lexer, const char *text, const char *file, struct arena *arena,
            struct problems *problems)
{
    if (strncmp(text, byte_order_mark, 3) == 0)
        text += 3;
    *lexer = (struct lexer){ .next = text,
                             .line_start = text,
                             .at = { .file = file, .line = 1 },
                             .arena = arena,
                             .problems = problems };
}

static struct place
lexer_place(const struct lexer *lexer, const char *p)
{
    struct place place = lexer->at;
    place.column = (unsigned)(p - lexer->line_start) + 1;
    return place;
}

static void
lexer_newline(struct lexer *lexer, const char *after)
{
    lexer->at.line++;
    lexer->line_start = after;
}

static bool
skip_block_comment(struct lexer *lexer)
{
    struct place opening = lexer_place(lexer, lexer->next);
    for (const char *p = lexer->next + 2; *p != '\0'; p++) {
        if (*p == '\n')
            lexer_newline(lexer, p + 1);
        if (p[0] == '*' && p[1] == '/') {
            lexer->next = p + 2;
            return true;
        }
    }
    problems_add(lexer->problems, opening, SEVERITY_ERROR, NULL, NULL, NULL,
                 "this comment is never closed; \"*/\" is missing");
    return false;
}

static bool
skip_space(struct lexer *lexer)
{
    for (;;) {
        const char *p = lexer->next;
        if (*p == '\n') {
            lexer_newline(lexer, p + 1);
            lexer->next++;
        } else if (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\f' || *p == '\v') {
            lexer->next++;
        } else if (*p == '#' || (p[0] == '/' && p[1] == '/')) {
            lexer->next += strcspn(p, "\n");
        } else if (p[0] == '/' && p[1] == '*') {
            if (!skip_block_comment(lexer))
                return false;
        } else {
            return true;
        }
    }
}

static int
hex_value(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/*
 * Resolves the escape at @p, a backslash; returns the number of bytes that it takes. An escape that
 * libconfig does not know stands for itself, backslash included, which suits regular expressions.
 */
static size_t
unescape(const char *p, char *to)
{
    static const char known[] = "\\\"nrtf", meaning[] = "\\\"\n\r\t\f";
    const char *found = p[1] == '\0' ? NULL : strchr(known, p[1]);
    if (found != NULL) {
        *to = meaning[found - known];
        return 2;
    }
    if ((p[1] == 'x' || p[1] == 'X') && strspn(p + 2, HEX_DIGITS) >= 2) {
        *to = (char)(hex_value(p[2]) * 16 + hex_value(p[3]));
        return 4;
    }
    *to = '\\';
    return 1;
}

/* The length of the text between quotes that begins at @p; SIZE_MAX: no quote closes it. */
static size_t
string_length(const char *p)
{
    const char *start = p;
    for (; *p != '"'; p++) {
        if (p[0] == '\\' && p[1] != '\0' && p[1] != '\n')
            p++;
        if (*p == '\0' || *p == '\n')
            return SIZE_MAX;
    }
    return (size_t)(p - start);
}

static bool
lex_string(struct lexer *lexer, struct token *token)
{
    const char *p = lexer->next + 1;
    size_t length = string_length(p);
    if (length == SIZE_MAX) {
        problems_add(lexer->problems, token->at, SEVERITY_ERROR, NULL, NULL, NULL,
                     "this text is not closed on its line; a quote is missing");
        return false;
    }
    token->kind = TOKEN_STRING;
    token->text = arena_bytes(lexer->arena, length + 1);
    if (token->text == NULL)
        return false;
    token->n = 0;
    for (const char *end = p + length; p < end;) {
        char c = *p;
        p += c == '\\' ? unescape(p, &c) : 1;
        if (c == '\0') {
            problems_add(lexer->problems, token->at, SEVERITY_ERROR, NULL, NULL, NULL,
                         "a text cannot hold a NUL byte");
            c = ' ';
        }
        token->text[token->n++] = c;
    }
    token->text[token->n] = '\0';
    lexer->next = p + 1;
    return true;
}

static bool
is_name(const char *text)
{
    return text[strspn(text, LETTERS DIGITS "_-*")] == '\0' && strchr(LETTERS "*", *text) != NULL;
}

/* "+12", "-0x1fL": the length of its digits; 0: no integer. @base: 10 or 16. */
static size_t
integer_digits(const char *text, int *base)
{
    text += *text == '+' || *text == '-';
    *base = text[0] == '0' && (text[1] | 0x20) == 'x' ? 16 : 10;
    size_t skip = *base == 16 ? 2 : 0;
    size_t n = strspn(text + skip, *base == 16 ? HEX_DIGITS : DIGITS);
    const char *rest = text + skip + n;
    rest += *rest == 'L';
    rest += *rest == 'L';
    return *rest == '\0' ? n : 0;
}

static void
read_integer(struct lexer *lexer, struct token *token, int base, size_t digits)
{
    const char *first = token->text + (*token->text == '+' || *token->text == '-');
    errno = 0;
    token->i = strtoll(token->text, NULL, base);
    if (errno != 0) {
        problems_add(lexer->problems, token->at, SEVERITY_ERROR, NULL, NULL, NULL,
                     "%s does not fit into 64 bits", token->text);
    } else if (base == 10 && digits > 1 && *first == '0') {
        problems_add(lexer->problems, token->at, SEVERITY_ERROR, NULL, NULL, NULL,
                     "%s begins with a zero, which some read as octal; write %lld", token->text,
                     (long long)token->i);
    }
}

static bool
is_float(const char *text)
{
    text += *text == '+' || *text == '-';
    size_t digits = strspn(text, DIGITS);
    const char *rest = text + digits;
    bool marked = false;
    if (*rest == '.') {
        size_t decimals = strspn(++rest, DIGITS);
        digits += decimals;
        rest += decimals;
        marked = true;
    }
    if (digits > 0 && (*rest == 'e' || *rest == 'E')) {
        rest++;
        rest += *rest == '+' || *rest == '-';
        size_t exponent = strspn(rest, DIGITS);
        if (exponent == 0)
            return false;
        rest += exponent;
        marked = true;
    }
    return marked && digits > 0 && *rest == '\0';
}

static void
classify_word(struct lexer *lexer, struct token *token)
{
    int base;
    size_t digits = integer_digits(token->text, &base);
    if (digits > 0) {
        token->kind = TOKEN_INT;
        read_integer(lexer, token, base, digits);
    } else if (is_float(token->text)) {
        token->kind = TOKEN_FLOAT;
        if (isinf(strtod(token->text, NULL))) {
            problems_add(lexer->problems, token->at, SEVERITY_ERROR, NULL, NULL, NULL,
                         "%s is too large for a number", token->text);
        }
    } else if (strcasecmp(token->text, "true") == 0 || strcasecmp(token->text, "false") == 0) {
        token->kind = TOKEN_BOOL;
        token->i = (token->text[0] | 0x20) == 't';
    } else {
        token->kind = is_name(token->text) ? TOKEN_NAME : TOKEN_WORD;
    }
}

/* Everything that could belong to a word or a number, other alphabets too. */
static size_t
word_length(const char *p)
{
    size_t n = 0;
    while (p[n] != '\0' &&
           ((unsigned char)p[n] >= 0x80 || strchr(LETTERS DIGITS "_-+.*", p[n]) != NULL))
        n++;
    return n;
}

static bool
lex_word(struct lexer *lexer, struct token *token)
{
    token->n = word_length(lexer->next);
    if (token->n == 0) {
        unsigned char c = (unsigned char)*lexer->next;
        problems_add(lexer->problems, token->at, SEVERITY_ERROR, NULL, NULL, NULL,
                     c > 0x20 && c < 0x7f ? "unexpected '%c'; a text stands in double quotes"
                                          : "unexpected control character 0x%02x",
                     c);
        return false;
    }
    token->text = arena_copy(lexer->arena, lexer->next, token->n);
    if (token->text == NULL)
        return false;
    lexer->next += token->n;
    classify_word(lexer, token);
    return true;
}

bool
lexer_next(struct lexer *lexer, struct token *token)
{
    static const char include[] = "@include";

    if (!skip_space(lexer))
        return false;
    *token = (struct token){ .at = lexer_place(lexer, lexer->next), .text = "" };
    char c = *lexer->next;
    if (c == '\0')
        return true;
    if (c == '"')
        return lex_string(lexer, token);
    if (strchr("=:;,{}()[]", c) != NULL) {
        token->kind = TOKEN_MARK;
        token->mark = c;
        lexer->next++;
        return true;
    }
    if (strncmp(lexer->next, include, sizeof(include) - 1) == 0) {
        token->kind = TOKEN_INCLUDE;
        lexer->next += sizeof(include) - 1;
        return true;
    }
    return lex_word(lexer, token);
}
