/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STREAM_JOIN_ARRIVAL_H
#define STREAM_JOIN_ARRIVAL_H

/* A batch that comes in on one side: its records, one after the other, meet those of the other. */

#include "joined.h"
#include "stream_join.h"

/* Joins and keeps the batch. @n_late: how many records left by the output "late". */
levada_status arrival_join(struct stream_join *self, struct levada_call *call, uint32_t side,
                           struct levada_batch *batch, uint32_t *n_late);

#endif
