/* SPDX-License-Identifier: Apache-2.0 */
/* Recursive descent, one function a rule of the grammar in README.md. */
#include "expression.h"
#include "lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    struct lexer lexer;
    struct token token; /* the next one */
    struct expression *expression;
    struct expression_error *error;
    unsigned depth;
};

/* ---- errors ---- */

/* Returns NULL, so that complaining and giving up are one statement. */
__attribute__((format(printf, 3, 4))) static void *
fail_at(struct parser *parser, const char *where, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    parser->error->column = (size_t)(where - parser->lexer.start) + 1;
    vsnprintf(parser->error->text, sizeof(parser->error->text), format, arguments);
    va_end(arguments);
    return NULL;
}

static void *
fail_for_memory(struct parser *parser)
{
    return fail_at(parser, parser->token.start, "out of memory");
}

static void *
fail_expected(struct parser *parser, const char *expected)
{
    const struct token *found = &parser->token;
    if (found->kind == TOKEN_END)
        return fail_at(parser, found->start, "%s is expected, but the text ends", expected);
    return fail_at(parser, found->start, "%s is expected, not %.*s", expected,
                   found->n < 40 ? (int)found->n : 40, found->start);
}

/* ---- tokens ---- */

static bool
advance(struct parser *parser)
{
    if (lexer_next(&parser->lexer, &parser->token))
        return true;
    fail_at(parser, parser->lexer.at, "%s", parser->lexer.why);
    return false;
}

/* Steps over a token of that kind. */
static bool
expect(struct parser *parser, enum token_kind kind, const char *name)
{
    if (parser->token.kind == kind)
        return advance(parser);
    fail_expected(parser, name);
    return false;
}

static bool
is_literal(const struct token *token)
{
    return token->kind == TOKEN_TEXT || token->kind == TOKEN_NUMBER || token->kind == TOKEN_TRUE ||
           token->kind == TOKEN_FALSE;
}

static struct levada_scalar
literal_of(const struct token *token)
{
    struct levada_scalar value = token->value;
    if (token->kind == TOKEN_TEXT) {
        value.type = LEVADA_T_STR;
        value.len = (uint32_t)token->text_n;
        value.u.s = token->text;
    } else if (token->kind != TOKEN_NUMBER) {
        value.type = LEVADA_T_BOOL;
        value.u.i = token->kind == TOKEN_TRUE;
    }
    return value;
}

/* ---- nodes ---- */

static void
node_destroy(struct node *node)
{
    while (node != NULL) {
        struct node *next = node->next;
        node_destroy(node->child);
        if (node->has_regex)
            regfree(&node->regex);
        free(node->items);
        free(node);
        node = next;
    }
}

static struct node *
node_create(struct parser *parser, enum node_kind kind)
{
    struct node *node = calloc(1, sizeof(*node));
    if (node == NULL)
        return fail_for_memory(parser);
    node->kind = kind;
    return node;
}

/* The number of the field, noted if it is new; UINT32_MAX: out of memory. */
static uint32_t
note_field(struct parser *parser, const char *path)
{
    struct expression *expression = parser->expression;
    for (uint32_t i = 0; i < expression->n_fields; i++)
        if (strcmp(expression->fields[i].path, path) == 0)
            return i;
    size_t n = expression->n_fields;
    struct expression_field *fields = realloc(expression->fields, (n + 1) * sizeof(*fields));
    if (fields == NULL)
        return UINT32_MAX;
    expression->fields = fields;
    fields[n] = (struct expression_field){ .path = path };
    return expression->n_fields++;
}

static bool
take_field(struct parser *parser, struct operand *operand)
{
    operand->is_field = true;
    operand->field = note_field(parser, parser->token.text);
    if (operand->field != UINT32_MAX)
        return advance(parser);
    fail_for_memory(parser);
    return false;
}

static void
note_need(struct parser *parser, const struct operand *operand)
{
    if (operand->is_field)
        parser->expression->fields[operand->field].needed = true;
}

/* A field or a literal. */
static bool
parse_operand(struct parser *parser, struct operand *operand, const char *expected)
{
    if (parser->token.kind == TOKEN_FIELD)
        return take_field(parser, operand);
    if (!is_literal(&parser->token)) {
        fail_expected(parser, expected);
        return false;
    }
    operand->value = literal_of(&parser->token);
    return advance(parser);
}

/* ---- tests ---- */

static bool
parse_null(struct parser *parser, struct node *node, enum comparison comparison)
{
    if (comparison != COMPARE_EQUAL && comparison != COMPARE_UNEQUAL) {
        fail_at(parser, parser->token.start, "null compares by = and != only");
        return false;
    }
    node->kind = NODE_IS_NULL;
    node->negated = comparison == COMPARE_UNEQUAL;
    return advance(parser);
}

static bool
parse_comparison(struct parser *parser, struct node *node)
{
    node->kind = NODE_COMPARE;
    node->comparison = parser->token.comparison;
    if (!advance(parser))
        return false;
    if (parser->token.kind == TOKEN_NULL)
        return parse_null(parser, node, node->comparison);
    return parse_operand(parser, &node->right, "a field or a value");
}

static bool
add_item(struct parser *parser, struct node *node)
{
    if (!is_literal(&parser->token)) {
        fail_expected(parser, "a value");
        return false;
    }
    uint32_t n = node->n_items;
    if ((n & (n - 1)) == 0) { /* the room is always a power of two */
        size_t room = n > 0 ? (size_t)n * 2 : 1;
        struct levada_scalar *items = realloc(node->items, room * sizeof(*items));
        if (items == NULL) {
            fail_for_memory(parser);
            return false;
        }
        node->items = items;
    }
    node->items[node->n_items++] = literal_of(&parser->token);
    return advance(parser);
}

static bool
parse_in(struct parser *parser, struct node *node)
{
    node->kind = NODE_IN;
    if (!advance(parser) || !expect(parser, TOKEN_OPEN, "( behind \"in\""))
        return false;
    for (;;) {
        if (!add_item(parser, node))
            return false;
        if (parser->token.kind != TOKEN_COMMA)
            return expect(parser, TOKEN_CLOSE, "a comma or )");
        if (!advance(parser))
            return false;
    }
}

static bool
parse_matches(struct parser *parser, struct node *node)
{
    node->kind = NODE_MATCHES;
    if (!advance(parser))
        return false;
    if (parser->token.kind != TOKEN_TEXT) {
        fail_expected(parser, "a regular expression in quotes");
        return false;
    }
    int why = regcomp(&node->regex, parser->token.text, REG_EXTENDED | REG_NOSUB);
    if (why != 0) {
        char text[100];
        regerror(why, &node->regex, text, sizeof(text));
        fail_at(parser, parser->token.start, "no regular expression: %s", text);
        return false;
    }
    node->has_regex = true;
    return advance(parser);
}

/* Behind the left operand. */
static bool
parse_test(struct parser *parser, struct node *node)
{
    if (parser->token.kind == TOKEN_COMPARE)
        return parse_comparison(parser, node);
    if (parser->token.kind == TOKEN_NOT) {
        node->negated = true;
        if (!advance(parser))
            return false;
    }
    if (parser->token.kind == TOKEN_IN)
        return parse_in(parser, node);
    if (parser->token.kind == TOKEN_MATCHES)
        return parse_matches(parser, node);
    fail_expected(parser,
                  node->negated ? "\"in\" or \"matches\"" : "a comparison, \"in\" or \"matches\"");
    return false;
}

static struct node *
parse_operand_and_test(struct parser *parser)
{
    struct node *node = node_create(parser, NODE_COMPARE);
    if (node == NULL)
        return NULL;
    if (!parse_operand(parser, &node->left, "a condition") || !parse_test(parser, node)) {
        node_destroy(node);
        return NULL;
    }
    if (node->kind != NODE_IS_NULL) { /* that may be asked of a field that is nowhere */
        note_need(parser, &node->left);
        note_need(parser, &node->right);
    }
    return node;
}

static struct node *
parse_exists(struct parser *parser)
{
    struct node *node = node_create(parser, NODE_EXISTS);
    if (node == NULL)
        return NULL;
    bool done = advance(parser);
    if (done && parser->token.kind != TOKEN_FIELD) {
        fail_expected(parser, "a field");
        done = false;
    }
    if (!done || !take_field(parser, &node->left)) {
        node_destroy(node);
        return NULL;
    }
    return node;
}

/* ---- and, or, not ---- */

static struct node *parse_or(struct parser *parser);

static struct node *
parse_parentheses(struct parser *parser)
{
    if (!advance(parser))
        return NULL;
    struct node *node = parse_or(parser);
    if (node != NULL && !expect(parser, TOKEN_CLOSE, "\"and\", \"or\" or )")) {
        node_destroy(node);
        return NULL;
    }
    return node;
}

static struct node *parse_not(struct parser *parser);

static struct node *
parse_negation(struct parser *parser)
{
    struct node *node = node_create(parser, NODE_NOT);
    if (node == NULL)
        return NULL;
    if (advance(parser))
        node->child = parse_not(parser);
    if (node->child == NULL) {
        node_destroy(node);
        return NULL;
    }
    return node;
}

static struct node *
parse_not(struct parser *parser)
{
    if (parser->depth == EXPRESSION_MAX_DEPTH)
        return fail_at(parser, parser->token.start, "more than %d levels of nesting",
                       EXPRESSION_MAX_DEPTH);
    struct node *node;
    parser->depth++;
    if (parser->token.kind == TOKEN_NOT)
        node = parse_negation(parser);
    else if (parser->token.kind == TOKEN_OPEN)
        node = parse_parentheses(parser);
    else if (parser->token.kind == TOKEN_EXISTS)
        node = parse_exists(parser);
    else
        node = parse_operand_and_test(parser);
    parser->depth--;
    return node;
}

/* One or more of what @part parses, with @separator between them. */
static struct node *
parse_chain(struct parser *parser, enum token_kind separator, enum node_kind kind,
            struct node *(*part)(struct parser *parser))
{
    struct node *first = part(parser);
    if (first == NULL || parser->token.kind != separator)
        return first;
    struct node *chain = node_create(parser, kind);
    if (chain == NULL) {
        node_destroy(first);
        return NULL;
    }
    chain->child = first;
    for (struct node *last = first; parser->token.kind == separator; last = last->next) {
        if (advance(parser))
            last->next = part(parser);
        if (last->next == NULL) {
            node_destroy(chain);
            return NULL;
        }
    }
    return chain;
}

static struct node *
parse_and(struct parser *parser)
{
    return parse_chain(parser, TOKEN_AND, NODE_AND, parse_not);
}

static struct node *
parse_or(struct parser *parser)
{
    return parse_chain(parser, TOKEN_OR, NODE_OR, parse_and);
}

/* ---- the whole ---- */

static bool
parse_all(struct parser *parser)
{
    if (!advance(parser))
        return false;
    parser->expression->root = parse_or(parser);
    if (parser->expression->root == NULL)
        return false;
    if (parser->token.kind == TOKEN_END)
        return true;
    fail_expected(parser, "\"and\", \"or\" or the end");
    return false;
}

struct expression *
expression_parse(const char *text, size_t n, struct expression_error *error)
{
    struct expression *expression = calloc(1, sizeof(*expression));
    if (expression != NULL)
        expression->texts = malloc(lexer_room(n));
    if (expression == NULL || expression->texts == NULL) {
        *error = (struct expression_error){ 1, "out of memory" };
        expression_destroy(expression);
        return NULL;
    }
    struct parser parser = { .expression = expression, .error = error };
    parser.lexer =
        (struct lexer){ .start = text, .at = text, .end = text + n, .out = expression->texts };
    if (!parse_all(&parser)) {
        expression_destroy(expression);
        return NULL;
    }
    return expression;
}

void
expression_destroy(struct expression *expression)
{
    if (expression == NULL)
        return;
    node_destroy(expression->root);
    free(expression->fields);
    free(expression->texts);
    free(expression);
}
