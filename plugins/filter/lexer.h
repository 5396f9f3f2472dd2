/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_LEXER_H
#define FILTER_LEXER_H

/* An expression's text as tokens. */

#include "compare.h"

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
    TOKEN_END,
    TOKEN_FIELD,   /* text: its path, as levada->path() takes it */
    TOKEN_TEXT,    /* text: without its quotes */
    TOKEN_NUMBER,  /* value */
    TOKEN_COMPARE, /* comparison */
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_NOT,
    TOKEN_IN,
    TOKEN_MATCHES,
    TOKEN_EXISTS,
    TOKEN_TRUE,
    TOKEN_FALSE,
    TOKEN_NULL,
};

struct token {
    enum token_kind kind;
    const char *start; /* in the expression */
    size_t n;
    const char *text; /* FIELD, TEXT; ends in NUL, but a TEXT may hold others */
    size_t text_n;
    struct levada_scalar value;
    enum comparison comparison;
};

struct lexer {
    const char *start, *at, *end;
    char *out;       /* where texts of tokens go: lexer_room() bytes, kept by the caller */
    const char *why; /* of a failure, which is at `at` */
};

/* How many bytes the texts of all tokens of an expression of @n bytes can need. */
size_t lexer_room(size_t n);

/* The next token. False: there is none; `why` and `at` tell. */
bool lexer_next(struct lexer *lexer, struct token *token);

#endif
