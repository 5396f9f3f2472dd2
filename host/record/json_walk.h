/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_JSON_WALK_H
#define HOST_RECORD_JSON_WALK_H

/*
 * The grammar of JSON, checked token by token over an index (json_index.h), and the wanted fields
 * taken out on the way.
 */

#include "base/arena.h"
#include "record/json_text.h"
#include "record/json_want.h"

#include <levada/plugin.h>

struct json_walk {
    const char *text;   /* what was indexed */
    const uint32_t *at; /* the next token */
    uint32_t end;       /* of the record in the text */
    uint32_t size;      /* of the text */
    uint32_t backslash; /* none stands between the last one dealt with and this */
    unsigned depth;
    uint64_t number; /* of the record, see json_want.seen */
    uint32_t row;
    uint32_t n_stored; /* values of wanted fields so far */
    struct levada_scalar *const *columns;
    struct arena *arena;
    struct json_blame blame; /* after a failure; what NULL: out of memory */
};

/*
 * Starts at the first token of an indexed text; @tokens with the guards behind them. The record
 * ends with the text until walk->end is set.
 */
void json_walk_start(struct json_walk *walk, const char *text, uint32_t size,
                     const uint32_t *tokens);

/* The object whose { is the next token; walk->at[-1] is its end then. */
bool json_walk_object(struct json_walk *walk, struct json_want *root);

/* One record, an object that ends at walk->end: all of it, from its first token to its last. */
bool json_walk_record(struct json_walk *walk, struct json_want *root);

/* Calls @visit for each member: its unescaped name, and its value as it stands. */
typedef bool json_walk_visit(void *user, const char *name, size_t name_n, const char *text,
                             size_t text_n);
bool json_walk_members(struct json_walk *walk, json_walk_visit *visit, void *user);

#endif
