/* SPDX-License-Identifier: Apache-2.0 */
#include "hyperloglog.h"

#include <math.h>
#include <string.h>

#define INDEX_BITS 12u
#define REGISTERS (1u << INDEX_BITS)
#define RANK_BITS (64u - INDEX_BITS)
#define MAX_RANK (RANK_BITS + 1u)

struct hashes { /* ascending */
    uint32_t is_dense, n;
    uint64_t hash[];
};

struct registers {
    uint32_t is_dense, reserved;
    uint16_t n_of_rank[MAX_RANK + 3]; /* how many registers hold which rank; padded */
    uint8_t rank[REGISTERS];
};

static bool
is_dense(const struct buffer *buffer)
{
    return buffer->p != NULL && ((const struct hashes *)buffer->p)->is_dense;
}

/* ---- registers ---- */

static uint32_t
rank_of(uint64_t hash)
{
    uint64_t rest = hash << INDEX_BITS;
    return rest == 0 ? MAX_RANK : (uint32_t)__builtin_clzll(rest) + 1;
}

static void
set_rank(struct registers *registers, uint64_t i, uint32_t new_rank)
{
    uint8_t *rank = &registers->rank[i];
    if (new_rank <= *rank)
        return;
    registers->n_of_rank[*rank]--;
    registers->n_of_rank[new_rank]++;
    *rank = (uint8_t)new_rank;
}

static bool
add_to_registers(struct buffer *buffer, uint64_t hash, bool *changed)
{
    const struct registers *registers = buffer->p;
    if (rank_of(hash) <= registers->rank[hash >> RANK_BITS])
        return true;
    if (!buffer->resize(buffer, sizeof(*registers)))
        return false;
    set_rank(buffer->p, hash >> RANK_BITS, rank_of(hash));
    *changed = true;
    return true;
}

/* ---- hashes ---- */

static uint32_t
find_hash(const struct hashes *hashes, uint64_t hash)
{
    uint32_t low = 0, high = hashes->n;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (hashes->hash[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
make_dense(struct buffer *buffer)
{
    uint64_t hash[HYPERLOGLOG_EXACT];
    const struct hashes *hashes = buffer->p;
    uint32_t n = hashes != NULL ? hashes->n : 0;
    if (n > 0)
        memcpy(hash, hashes->hash, n * sizeof(*hash));
    if (!buffer->resize(buffer, sizeof(struct registers)))
        return false;
    struct registers *registers = buffer->p;
    memset(registers, 0, sizeof(*registers));
    registers->is_dense = 1;
    registers->n_of_rank[0] = REGISTERS;
    for (uint32_t i = 0; i < n; i++)
        set_rank(registers, hash[i] >> RANK_BITS, rank_of(hash[i]));
    return true;
}

static bool
add_to_hashes(struct buffer *buffer, uint64_t hash, bool *changed)
{
    const struct hashes *known = buffer->p;
    uint32_t n = known != NULL ? known->n : 0;
    uint32_t at = n > 0 ? find_hash(known, hash) : 0;
    if (at < n && known->hash[at] == hash)
        return true;
    if (n == HYPERLOGLOG_EXACT)
        return make_dense(buffer) && add_to_registers(buffer, hash, changed);
    if (!buffer->resize(buffer, sizeof(*known) + (n + 1) * sizeof(hash)))
        return false;
    struct hashes *hashes = buffer->p;
    memmove(&hashes->hash[at + 1], &hashes->hash[at], (n - at) * sizeof(hash));
    hashes->hash[at] = hash;
    hashes->n = n + 1;
    *changed = true;
    return true;
}

bool
hyperloglog_add(struct buffer *buffer, uint64_t hash, bool *changed)
{
    return is_dense(buffer) ? add_to_registers(buffer, hash, changed)
                            : add_to_hashes(buffer, hash, changed);
}

/* ---- two into one ---- */

static bool
merge_registers(struct buffer *buffer, const struct registers *from)
{
    if (!is_dense(buffer) && !make_dense(buffer))
        return false;
    if (!buffer->resize(buffer, sizeof(*from)))
        return false;
    for (uint32_t i = 0; i < REGISTERS; i++)
        set_rank(buffer->p, i, from->rank[i]);
    return true;
}

bool
hyperloglog_merge(struct buffer *buffer, const struct buffer *from)
{
    if (is_dense(from))
        return merge_registers(buffer, from->p);
    const struct hashes *hashes = from->p;
    bool changed;
    for (uint32_t i = 0; hashes != NULL && i < hashes->n; i++) {
        if (!hyperloglog_add(buffer, hashes->hash[i], &changed))
            return false;
    }
    return true;
}

/*
 * The estimator of O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches"
 * (2017), algorithm 6: without bias from the first value on, and without tables.
 */
static double
sigma(double x)
{
    double y = 1, z = x, before;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z != before);
    return z;
}

static double
tau(double x)
{
    if (x == 0 || x == 1)
        return 0;
    double y = 1, z = 1 - x, before;
    do {
        x = sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z != before);
    return z / 3;
}

static uint64_t
estimate_registers(const struct registers *registers)
{
    const double m = REGISTERS, alpha = 0.5 / M_LN2;
    double z = m * tau(1 - registers->n_of_rank[MAX_RANK] / m);
    for (uint32_t rank = RANK_BITS; rank > 0; rank--)
        z = 0.5 * (z + registers->n_of_rank[rank]);
    z += m * sigma(registers->n_of_rank[0] / m);
    return (uint64_t)llround(alpha * m * m / z);
}

uint64_t
hyperloglog_estimate(const struct buffer *buffer)
{
    if (buffer->p == NULL)
        return 0;
    return is_dense(buffer) ? estimate_registers(buffer->p) : ((const struct hashes *)buffer->p)->n;
}
