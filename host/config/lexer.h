/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFIG_LEXER_H
#define HOST_CONFIG_LEXER_H

/*
 * The tokens of a pipeline file with the places where they begin. It knows libconfig's words and
 * reports what libconfig reads wrongly without a word: comments and texts without an end, numbers
 * that do not fit, leading zeros.
 */

#include "base/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_BOOL,
    TOKEN_INT,
    TOKEN_FLOAT,
    TOKEN_STRING, /* text: what stands between the quotes, escapes resolved */
    TOKEN_INCLUDE,
    TOKEN_MARK, /* one of = : ; , { } ( ) [ ] */
    TOKEN_WORD, /* letters and digits that are none of these, such as 60min or a.b */
};

struct token {
    enum token_kind kind;
    char mark;
    char *text; /* as written; lives in the arena */
    size_t n;
    int64_t i; /* INT, BOOL */
    struct place at;
};

struct lexer {
    const char *next, *line_start;
    struct place at; /* of next, when the lexer rests */
    struct arena *arena;
    struct problems *problems;
};

/* @text ends in NUL. @file is the name for places and lives as long as they do. */
void lexer_start(struct lexer *lexer, const char *text, const char *file, struct arena *arena,
                 struct problems *problems);

/* False: the text cannot be read further; the reason is in the problems. */
bool lexer_next(struct lexer *lexer, struct token *token);

#endif
