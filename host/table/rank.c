/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rank.h"

#include "record/dict.h"
#include "record/value.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* A value's first bytes decide nearly always, without going to the value. */
struct ranked {
    uint64_t prefix;
    uint32_t id;
};

uint32_t *
rank_begin(const struct dict *dict)
{
    size_t bytes = dict_public(dict)->n * sizeof(uint32_t);
    uint32_t *rank = malloc(bytes);
    if (rank != NULL)
        memset(rank, 0xff, bytes);
    return rank;
}

/* Never against value_compare: where that says less, the prefix is less or the same. */
static uint64_t
prefix_of(const struct levada_scalar *value)
{
    unsigned char bytes[8] = { 0 };
    switch (value->type) {
    case LEVADA_T_STR:
    case LEVADA_T_BIN:
    case LEVADA_T_JSON:
    case LEVADA_T_NUM:
        bytes[0] = 2;
        if (value->len > 0)
            memcpy(bytes + 1, value->u.s, value->len < 7 ? value->len : 7);
        break;
    case LEVADA_T_TIME:
        bytes[0] = 3;
        break;
    case LEVADA_T_I64:
    case LEVADA_T_F64:
        bytes[0] = 1;
        break;
    default:
        break;
    }
    uint64_t prefix;
    memcpy(&prefix, bytes, sizeof(prefix));
    return be64toh(prefix);
}

static int
compare_ranked(const void *a, const void *b, void *entries)
{
    const struct ranked *x = a, *y = b;
    const struct levada_scalar *entry = entries;
    if (x->prefix != y->prefix)
        return x->prefix < y->prefix ? -1 : 1;
    int order = value_compare(&entry[x->id], &entry[y->id]);
    return order != 0 ? order : (x->id > y->id) - (x->id < y->id);
}

bool
rank_finish(uint32_t *rank, const struct dict *dict, uint32_t *n)
{
    const struct levada_dict *values = dict_public(dict);
    struct ranked *ranked = malloc(values->n * sizeof(*ranked));
    if (ranked == NULL)
        return false;
    *n = 0;
    for (uint32_t id = 0; id < values->n; id++) {
        if (rank[id] == 0)
            ranked[(*n)++] = (struct ranked){ prefix_of(&values->entry[id]), id };
    }
    qsort_r(ranked, *n, sizeof(*ranked), compare_ranked, (void *)(uintptr_t)values->entry);
    for (uint32_t i = 0; i < *n; i++)
        rank[ranked[i].id] = i;
    free(ranked);
    return true;
}
