/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ISOLATION_REMOTE_PRIVATE_H
#define HOST_ISOLATION_REMOTE_PRIVATE_H

/* Inside isolation/ only: the host's side of a helper, in the files remote*.c. */

#include "isolation/cells.h"
#include "isolation/channel.h"
#include "isolation/isolation.h"
#include "isolation/outcome.h"
#include "isolation/process.h"
#include "isolation/shared.h"
#include "runtime/callback.h"

struct remote {
    struct stage *stage;
    const struct isolation_spec *spec;
    const struct setting *settings;
    struct levada_stage op; /* the plugin's, without what only works in its own process */
    char *name;             /* "PIPELINE/STAGE" */

    /* Of the helper that runs; pid 0: none does. */
    struct process process;
    int channel_fd;
    struct shared *shared;
    struct transfer *transfer;
    struct host_cells cells;

    /* What a new helper has to be brought to. */
    bool declared, started, restored;
    struct levada_signal restore;

    /* What is known of its deaths. */
    char why[400];     /* of the last one */
    unsigned deaths;   /* one after the other, without a callback in between that came through */
    uint32_t suspects; /* records that are left of a batch whose bad record is looked for */
    bool has_records;  /* that no checkpoint and no other process has */
    bool is_void;      /* they are gone: the next signal tells, and the round is void */
};

/* How the end of a helper was noticed. */
enum death {
    DEATH_CLOSED,   /* it is gone */
    DEATH_HANGS,    /* it took too long */
    DEATH_NONSENSE, /* what it said is not to be trusted */
};

/* ---- remote_life.c ---- */

/* The stage's call as it was before its callback: what was done in it is undone and forgotten. */
void remote_rewind_call(struct remote *remote);
/* A helper that runs and is where the last one was. Fails the stage's call. */
levada_status remote_ensure(struct remote *remote);
/* It has died, or is to: takes the reason, and everything that was its. */
void remote_bury(struct remote *remote, const char *callback, enum death death);
/* No process is there, nor what was shared with it. */
void remote_forget(struct remote *remote);
/* A clean end. */
void remote_dismiss(struct remote *remote);

/* ---- remote_call.c ---- */

/* One call of a callback, from its message to its outcome. */
struct exchange {
    struct remote *remote;
    const char *callback; /* "process()" */
    struct message message;
    struct wire_out out;
    struct batch *given; /* or NULL */
};

/* Where the call's arguments go. Fails the stage's call when there is no room or no helper. */
levada_status exchange_begin(struct exchange *exchange, struct remote *remote, uint32_t kind,
                             const char *callback);
/* The same for calls that frame the stage's life: no words of the host's go before. */
levada_status exchange_begin_bare(struct exchange *exchange, struct remote *remote, uint32_t kind,
                                  const char *callback);
/* Instead of running it. */
void exchange_drop(struct exchange *exchange);
/*
 * Sends it, answers what the helper asks, takes the outcome into the stage's call. False: the
 * helper died over it, and is buried; the call is as it was before.
 */
bool exchange_run(struct exchange *exchange, levada_status *status);
/* The same with other words behind the status: @take reads them. */
typedef bool take_fn(struct exchange *exchange, struct outcome_in *outcome, struct wire_in *in,
                     levada_status *status);
bool exchange_run_with(struct exchange *exchange, levada_status *status, take_fn *take);

/* ---- remote_answer.c ---- */

/* Answers a question of the helper's. False: it makes no sense. */
bool remote_answer(struct exchange *exchange, const struct message *question, struct wire_in *in);

/* ---- remote_stage.c ---- */

extern const struct stage_remote remote_callbacks;
/* Each once, in a helper that runs. False: it died over it. */
bool remote_create_once(struct remote *remote, levada_status *status);
bool remote_signal_once(struct remote *remote, const struct levada_signal *signal,
                        levada_status *status);
bool remote_start_once(struct remote *remote, levada_status *status);

#endif
