/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFORMANCE_RANDOM_H
#define HOST_CONFORMANCE_RANDOM_H

/* Numbers that look random and come again with the seed. */

#include <stdint.h>

struct random {
    uint64_t state;
};

/* splitmix64 */
static inline uint64_t
random_next(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 .. below - 1 */
static inline uint32_t
random_below(struct random *random, uint32_t below)
{
    return (uint32_t)(random_next(random) % below);
}

#endif
