/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGGREGATE_QUANTILE_SKETCH_H
#define AGGREGATE_QUANTILE_SKETCH_H

/*
 * Quantiles of numbers: the value of rank ceil(q n), exactly up to 128 numbers, beyond them within
 * a relative error that is known. Numbers are counted in buckets that share their sign, exponent
 * and first mantissa bits: 7 at first, so that a bucket's middle is within 1/256 of all in it.
 * Where more than 1024 buckets are needed, a bit less is kept and the error doubles: 1/256 (0.4 %)
 * while the numbers fill no more than a range of 256 to 1, 1/128 up to 65,000 to 1, 1/64 up to 4
 * thousand million to 1. What a sketch holds depends on the numbers only, not on their order, and
 * so do its answers, and two that are merged hold what one would.
 */

#include "buffer.h"

#define QUANTILE_EXACT 128u
#define QUANTILE_BUCKETS 1024u

/* Adds a number that is finite. False: no room. */
bool quantile_sketch_add(struct buffer *buffer, double number);

/* Adds all numbers of @from, another one with a number. False: no room. */
bool quantile_sketch_merge(struct buffer *buffer, const struct buffer *from);

/* 0 <= @q <= 1; there is a number. */
double quantile_sketch_get(const struct buffer *buffer, double q);

#endif
