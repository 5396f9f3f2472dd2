/* SPDX-License-Identifier: Apache-2.0 */
#include "base/suggest.h"

#include <stdint.h>
#include <string.h>

enum {
    LONGEST_NAME = 128, /* nobody mistypes a longer one by a letter or two */
};

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, substitutions, swaps of neighbours. */
static size_t
distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][LONGEST_NAME + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= m; j++)
        above[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            best = smaller(best, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = smaller(best, before[j - 2] + 1);
            row[j] = best;
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[m];
}

void
suggest_start(struct suggest *suggest, const char *wanted)
{
    *suggest = (struct suggest){ .wanted = wanted, .best_distance = SIZE_MAX };
}

void
suggest_offer(struct suggest *suggest, const char *name)
{
    size_t n = strlen(suggest->wanted), m = strlen(name);
    if (n > LONGEST_NAME || m > LONGEST_NAME)
        return;
    size_t d = distance(suggest->wanted, n, name, m);
    if (d < suggest->best_distance) {
        suggest->best = name;
        suggest->best_distance = d;
    }
}

const char *
suggest_best(const struct suggest *suggest)
{
    size_t most = strlen(suggest->wanted) / 3;
    if (most < 1)
        most = 1;
    return suggest->best_distance <= most ? suggest->best : NULL;
}
