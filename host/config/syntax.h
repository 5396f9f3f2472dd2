/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFIG_SYNTAX_H
#define HOST_CONFIG_SYNTAX_H

/*
 * Follows the tokens of a pipeline file, all includes in line, through libconfig's grammar. It says
 * where and why they are wrong, which libconfig does not, and writes them anew in a form that every
 * version of libconfig reads in the same way, with the places of all names and values beside it.
 */

#include "base/strbuf.h"
#include "config/lexer.h"

enum {
    SYNTAX_MOST_VALUES = 4000, /* libconfig's time is quadratic */
    SYNTAX_DEEPEST = 64,
};

/* A name or a value, in the order of the text; a list or group is a value where it opens. */
struct item {
    struct place at;
    const char *folder; /* of the file that it stands in, absolute */
    bool is_name;
    bool is_again; /* a name that its group had before: renamed in the text, to be dropped */
};

struct syntax_frame {
    char open; /* '{', '(' or '['; '\0': the file itself */
    struct place at;
    size_t first_name;          /* where its names begin in syntax.names */
    enum token_kind items_kind; /* of '[': what its first item is; TOKEN_END: none yet */
};

struct syntax {
    struct strbuf text; /* for config_read_string() */
    struct item *items;
    size_t n_items, n_values;

    struct arena *arena;
    struct problems *problems;
    const char *folder; /* of the file being read; set by the reader */
    const struct token *token;
    enum {
        WANT_NAME, /* or the end of the group */
        WANT_EQUALS,
        WANT_VALUE,
        WANT_SEPARATOR, /* or a name, or the end of the group, or more of the same text */
        WANT_ITEM,      /* or, in an empty list, its end */
        WANT_COMMA,     /* or the end of the list */
    } want;
    enum token_kind last; /* of the value before */
    bool comma;           /* one was read in a list, and not yet written */
    struct place comma_at;
    struct token name; /* of the setting being read */
    struct token *names;
    size_t n_names;
    struct syntax_frame frames[SYNTAX_DEEPEST];
    size_t depth; /* frames[depth] is the innermost */
};

void syntax_start(struct syntax *syntax, struct arena *arena, struct problems *problems);

/* Takes the next token, at last TOKEN_END. False: reading on makes no sense; see the problems. */
bool syntax_take(struct syntax *syntax, const struct token *token);

void syntax_finish(struct syntax *syntax);

#endif
