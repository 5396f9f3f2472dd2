/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ISOLATION_OUTCOME_H
#define HOST_ISOLATION_OUTCOME_H

/*
 * What a callback did, on its way from the helper's call to the host's: status, emissions, failed
 * records, positions, keyed state, counters. A callback is a transaction, so all of it crosses at
 * its end and counts only then.
 */

#include "isolation/cells.h"
#include "isolation/shared.h"
#include "record/transfer.h"
#include "runtime/call.h"

/* ---- the helper's side ---- */

struct told_counters { /* zeroed: nothing was told */
    uint64_t *values;
    uint32_t n;
};

struct outcome_out {
    struct stage *stage;
    struct transfer *transfer;
    struct batch *given; /* what the callback was given, or NULL */
    struct helper_cells *cells;
    struct told_counters *counters;
};

/* After call_end(), which said @status. What cannot be put becomes a failure. */
void outcome_put(const struct outcome_out *from, struct wire_out *out, levada_status status);

/* After create(): what it declared beside the options. */
struct declared { /* how much there was before */
    uint32_t n_needs, n_adds;
};
void declarations_put(const struct outcome_out *from, const struct declared *before,
                      struct wire_out *out);

/* What the plugin finds wrong, in create() and in check() of levada.connect/1. */
void problems_put(const struct problems *problems, struct wire_out *out);

/* ---- the host's ---- */

struct outcome_in {
    struct stage *stage;
    struct transfer *transfer;
    struct batch *given;
    struct host_cells *cells;
    struct hold *hold; /* of the message, which batches may stay in */
};

/*
 * Fills stage->call as if the callback had been here, and gives its status. False: it makes no
 * sense, and nothing of it counts.
 */
bool outcome_get(struct outcome_in *to, struct wire_in *in, levada_status *status);

/* To the plan of the stage's call. False: it makes no sense. */
bool problems_get(struct outcome_in *to, struct wire_in *in);

/* @again: the stage was declared before, by a helper that is gone: nothing is added. */
bool declarations_get(struct outcome_in *to, struct wire_in *in, bool again);

#endif
