/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STREAM_JOIN_SHAPE_H
#define STREAM_JOIN_SHAPE_H

/* The options that decide what is kept, in words: saved rows fit no others. */

#include "packing.h"

struct stream_join;

/* Adds the words to @out; out->failed: out of memory. */
void shape_write(const struct stream_join *self, struct packer *out);

#endif
