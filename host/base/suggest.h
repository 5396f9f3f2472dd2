/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_BASE_SUGGEST_H
#define HOST_BASE_SUGGEST_H

/* The name that a user probably meant. */

#include <stddef.h>

struct suggest {
    const char *wanted, *best; /* best: borrowed from the caller of suggest_offer */
    size_t best_distance;
};

void suggest_start(struct suggest *suggest, const char *wanted);

/* Offers a known name; it must live until the result is used. */
void suggest_offer(struct suggest *suggest, const char *name);

/*
 * The nearest name offered, or NULL if none has a Damerau-Levenshtein distance (optimal string
 * alignment) of at most max(1, length / 3), the length being that of the wanted name in bytes.
 */
const char *suggest_best(const struct suggest *suggest);

#endif
