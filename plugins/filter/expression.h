/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_EXPRESSION_H
#define FILTER_EXPRESSION_H

/*
 * A condition on the fields of a record. Grammar and meaning: README.md. Compiled once; evaluated
 * over whole columns.
 */

#include "compare.h"

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

/* Deeper nesting of parentheses and `not` is refused. */
#define EXPRESSION_MAX_DEPTH 64

struct operand {
    bool is_field;
    uint32_t field;             /* its number */
    struct levada_scalar value; /* of a literal */
};

enum node_kind {
    NODE_AND,
    NODE_OR,
    NODE_NOT,
    NODE_COMPARE,
    NODE_IS_NULL, /* left; also where it is missing */
    NODE_EXISTS,  /* left */
    NODE_IN,      /* left, items */
    NODE_MATCHES, /* left, regex */
};

struct node {
    enum node_kind kind;
    enum comparison comparison;
    bool negated; /* IS_NULL, IN, MATCHES */
    struct operand left, right;
    struct levada_scalar *items; /* IN */
    uint32_t n_items;
    regex_t regex; /* MATCHES */
    bool has_regex;
    struct node *child, *next; /* AND, OR, NOT: the first child, and its siblings */
};

struct expression_field {
    const char *path; /* in texts */
    bool needed;      /* by more than a test whether it is there */
};

struct expression {
    struct node *root;
    struct expression_field *fields; /* each once */
    uint32_t n_fields;
    char *texts; /* of all tokens */
};

struct expression_error {
    size_t column; /* in the text, from 1 */
    char text[200];
};

/* NULL: the text is no expression, @error tells why and where. */
struct expression *expression_parse(const char *text, size_t n, struct expression_error *error);
void expression_destroy(struct expression *expression); /* NULL is allowed */

/* How many bytes expression_evaluate() needs for @n records. */
size_t expression_masks(const struct expression *expression, uint32_t n);

/*
 * For which of @n records does it hold? @columns: the values of each of its fields. @masks:
 * expression_masks() bytes, of which the first @n are the answer.
 */
void expression_evaluate(const struct expression *expression,
                         const struct levada_scalar *const *columns, uint32_t n, bool *masks);

#endif
