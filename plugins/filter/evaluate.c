/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each node narrows a mask: where it is false already nobody looks again, so `and` and `or` stop
 * early for each record by themselves.
 */
#include "expression.h"

#include <string.h>

struct evaluation {
    const struct levada_scalar *const *columns;
    uint32_t n;
};

/* A column, or one value again and again. */
struct values {
    const struct levada_scalar *first;
    uint32_t step;
};

static struct values
values_of(const struct evaluation *evaluation, const struct operand *operand)
{
    if (operand->is_field)
        return (struct values){ evaluation->columns[operand->field], 1 };
    return (struct values){ &operand->value, 0 };
}

static bool
is_in(const struct node *node, const struct levada_scalar *value)
{
    for (uint32_t i = 0; i < node->n_items; i++)
        if (compare_holds(COMPARE_EQUAL, value, &node->items[i]))
            return true;
    return false;
}

static bool
is_match(const struct node *node, const struct levada_scalar *value)
{
    if (value->type != LEVADA_T_STR)
        return false;
    regmatch_t range = { .rm_so = 0, .rm_eo = (regoff_t)value->len };
    return regexec(&node->regex, value->len > 0 ? value->u.s : "", 1, &range, REG_STARTEND) == 0;
}

static bool
holds(const struct node *node, const struct levada_scalar *left, const struct levada_scalar *right)
{
    switch (node->kind) {
    case NODE_COMPARE:
        return compare_holds(node->comparison, left, right);
    case NODE_EXISTS:
        return left->type != LEVADA_T_MISSING;
    case NODE_IS_NULL:
        return (left->type <= LEVADA_T_NULL) != node->negated;
    case NODE_IN:
        return left->type > LEVADA_T_NULL && is_in(node, left) != node->negated;
    case NODE_MATCHES:
        return left->type > LEVADA_T_NULL && is_match(node, left) != node->negated;
    default:
        return false;
    }
}

static void
narrow_by_test(const struct evaluation *evaluation, const struct node *node, bool *mask)
{
    struct values left = values_of(evaluation, &node->left);
    struct values right = values_of(evaluation, &node->right);
    for (uint32_t i = 0; i < evaluation->n; i++)
        if (mask[i])
            mask[i] = holds(node, left.first + (size_t)i * left.step,
                            right.first + (size_t)i * right.step);
}

static void narrow(const struct evaluation *evaluation, const struct node *node, bool *mask);

/* Where none of the children holds, out of where @mask is set. */
static void
narrow_by_none(const struct evaluation *evaluation, const struct node *node, bool *mask)
{
    uint32_t n = evaluation->n;
    bool *held = mask + n;
    for (const struct node *child = node->child; child != NULL; child = child->next) {
        memcpy(held, mask, n * sizeof(*held));
        narrow(evaluation, child, held);
        for (uint32_t i = 0; i < n; i++)
            mask[i] &= !held[i];
    }
}

/* @mask is followed by room for the masks of all nodes below. */
static void
narrow(const struct evaluation *evaluation, const struct node *node, bool *mask)
{
    uint32_t n = evaluation->n;
    switch (node->kind) {
    case NODE_AND:
        for (const struct node *child = node->child; child != NULL; child = child->next)
            narrow(evaluation, child, mask);
        return;
    case NODE_NOT:
        narrow_by_none(evaluation, node, mask);
        return;
    case NODE_OR: { /* what `none` leaves out */
        bool *none = mask + n;
        memcpy(none, mask, n * sizeof(*none));
        narrow_by_none(evaluation, node, none);
        for (uint32_t i = 0; i < n; i++)
            mask[i] &= !none[i];
        return;
    }
    default:
        narrow_by_test(evaluation, node, mask);
    }
}

/* A node with children uses at most two masks beside its own; those of the nodes below come behind.
 */
static size_t
masks_of(const struct node *node)
{
    size_t below = 0;
    for (const struct node *child = node->child; child != NULL; child = child->next) {
        size_t masks = masks_of(child);
        below = masks > below ? masks : below;
    }
    return node->child != NULL ? below + 2 : 1;
}

size_t
expression_masks(const struct expression *expression, uint32_t n)
{
    return masks_of(expression->root) * n * sizeof(bool);
}

void
expression_evaluate(const struct expression *expression, const struct levada_scalar *const *columns,
                    uint32_t n, bool *masks)
{
    struct evaluation evaluation = { .columns = columns, .n = n };
    memset(masks, true, n * sizeof(*masks));
    narrow(&evaluation, expression->root, masks);
}
