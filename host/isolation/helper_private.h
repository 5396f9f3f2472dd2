/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ISOLATION_HELPER_PRIVATE_H
#define HOST_ISOLATION_HELPER_PRIVATE_H

/* Inside isolation/ only: what helper.c and helper_ask.c share. */

#include "isolation/cells.h"
#include "isolation/channel.h"
#include "isolation/outcome.h"
#include "isolation/setup.h"
#include "isolation/shared.h"

struct helper {
    struct shared *shared;
    struct arena arena; /* as long as the process */
    struct setup setup;
    struct record_space *space;
    struct transfer *transfer;
    struct stage *stage;
    struct problems problems;
    struct call_services services;
    struct batch *given; /* what the running callback was given, or NULL */
    struct helper_cells cells;
    struct told_counters counters;
    int host_processor; /* where the host ran when it last said something; -1: unknown */
    uint32_t memory;    /* what levada.pipeline/1 tells */
    uint32_t *answers;  /* slots that what the plugin was told lies in, until its callback ends */
    uint32_t n_answers, room_answers;
};

/* ---- helper.c ---- */

struct wire_out helper_begin(struct helper *helper, struct message *message, uint32_t kind);
void helper_send(struct message *message, const struct wire_out *out);
void helper_receive(struct helper *helper, struct message *message, struct wire_in *in);

/* ---- helper_ask.c: host functions that only the host can answer ---- */

/* Gives the stage's calls their services and its keyed state its source. */
void helper_serve_stage(struct helper *helper);
void helper_forget_answers(struct helper *helper);

#endif
