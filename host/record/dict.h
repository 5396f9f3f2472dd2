/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_DICT_H
#define HOST_RECORD_DICT_H

/*
 * Interned values: equal scalars, equal ids. Id 0 is MISSING, id 1 NULL. Entries are only added;
 * who wants to forget makes a new dictionary with another generation. Shared by reference count;
 * only one thread adds.
 */

#include <levada/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dict;

/* Generations are unique in the process. NULL: out of memory. */
struct dict *dict_create(void);
struct dict *dict_ref(struct dict *dict); /* NULL is allowed */
void dict_unref(struct dict *dict);       /* NULL is allowed */

/* What plugins see; its address is the same for the dictionary's life, its contents grow. */
const struct levada_dict *dict_public(const struct dict *dict);

/* The id of @value, added if new (bytes are copied); UINT32_MAX: out of memory. */
uint32_t dict_add(struct dict *dict, const struct levada_scalar *value);

/* Adds @n values; false: out of memory. The hot path of grouping. */
bool dict_add_all(struct dict *dict, const struct levada_scalar *values, uint32_t n, uint32_t *ids);

/* The id or UINT32_MAX; adds nothing. */
uint32_t dict_find(const struct dict *dict, const struct levada_scalar *value);

/* Appends without looking for an equal one: mirrors a foreign dictionary. False: no memory. */
bool dict_append(struct dict *dict, const struct levada_scalar *value);

size_t dict_bytes(const struct dict *dict); /* memory in use */

#endif
