/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGGREGATE_HYPERLOGLOG_H
#define AGGREGATE_HYPERLOGLOG_H

/*
 * How many different hashes there were, about: HyperLogLog with 2^12 registers, whose standard
 * error is 1.04 / sqrt(2^12) = 1.6 %. Up to 256 hashes are kept themselves and counted exactly.
 * What it holds depends on the set of hashes only, not on their order.
 */

#include "buffer.h"

#define HYPERLOGLOG_EXACT 256u

/*
 * Adds a hash. False: no room. Asks for a buffer that can be written only where something changes,
 * and then sets *@changed.
 */
bool hyperloglog_add(struct buffer *buffer, uint64_t hash, bool *changed);

/* Adds all hashes that @from, another one, has seen. False: no room. */
bool hyperloglog_merge(struct buffer *buffer, const struct buffer *from);

uint64_t hyperloglog_estimate(const struct buffer *buffer);

#endif
