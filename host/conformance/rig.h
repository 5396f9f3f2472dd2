/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFORMANCE_RIG_H
#define HOST_CONFORMANCE_RIG_H

/*
 * One stage of a plugin with the host's own records and runtime around it, so that cases say what
 * they try and no more. Faults go to the verdict.
 */

#include "base/arena.h"
#include "config/config.h"
#include "conformance/probe.h"
#include "conformance/random.h"
#include "loader/module.h"
#include "runtime/call.h"
#include "runtime/positions.h"

#include <stdbool.h>
#include <stdint.h>

/* A file, and which of its stages is tried with which options. Of one case's process. */
struct strbuf;

struct rig {
    const char *file;
    const char *id;                /* NULL: the file as a whole */
    const struct setting *options; /* a GROUP */
    struct place at;
    bool in_process; /* with other cases */
    bool is_dry;     /* a source that gave nothing for a while: it is not waited for again */
    struct random random;
    struct plugin_file plugin;
    struct module module;
    struct levada_stage op; /* through the probe */
    struct arena arena;     /* what a case makes and needs no longer than it lasts */
};

/* Reads, loads, calls the entry, checks descriptors; finds rig->id. False: a fault is told. */
bool rig_open(struct rig *rig);
void rig_close(struct rig *rig); /* also where it was never opened; the code stays */

/* ---- instances ---- */

struct instance {
    struct rig *rig;
    struct record_space *space;
    struct stage *stage;
    struct batch_decoder *decoder;
    struct positions kept; /* how far a source said that it is, as a checkpoint would have it */
    const struct levada_position *stored; /* of every partition; NULL: what is kept of it */
    uint32_t memory;                      /* as levada.pipeline/1 tells it */
    struct call_services services;
    bool was_assigned;     /* assigned() was called */
    struct strbuf *output; /* what was emitted, a record a line; or NULL */
    uint64_t n_emitted;
    int64_t next_offset;
    char problem[400]; /* the first of options or create(), or of the callback that failed last */
};

/*
 * Options filled from @options (NULL: the rig's), then create(). False: it was refused, with why in
 * ->problem; to be destroyed even so.
 */
bool instance_create(struct instance *instance, struct rig *rig, const struct setting *options);
void instance_destroy(struct instance *instance);

/* start(). False: it cannot start here, which is skipped, or a fault is told. */
bool instance_wake(struct instance *instance);

/* RESTORE, for the first time. False: likewise. */
bool instance_restore(struct instance *instance);

/* Both. */
bool instance_start(struct instance *instance);

/* instance_create with the rig's options, then instance_start; where not, it is destroyed. */
bool instance_begin(struct instance *instance, struct rig *rig);

/* ---- callbacks; each is settled: accounted for, forgotten ---- */

levada_status instance_process(struct instance *instance, uint32_t port, struct batch *batch);
levada_status instance_poll(struct instance *instance, uint32_t max_records);
levada_status instance_signal(struct instance *instance, uint32_t kind);
levada_status instance_signal_as(struct instance *instance, const struct levada_signal *signal);

/* A function of an extension; AGAIN and RETRY for a while, as hosts do. */
levada_status instance_call(struct instance *instance, const char *name, probe_body *body,
                            void *user);

/*
 * Polls for up to @per_poll records each time, never for more than @most in all, until there are
 * @least, the end, or a failure. A source that has to ask a service gets some time.
 */
levada_status instance_read(struct instance *instance, uint32_t per_poll, uint64_t least,
                            uint64_t most);

/* ---- input ---- */

struct batch_wish {
    uint32_t n;
    const char *value;  /* of each field, as JSON; NULL: some of each type */
    bool hostile;       /* absent and empty keys and values, bytes that are no text */
    uint32_t n_headers; /* of each record */
    uint32_t flags;     /* of each record, beside those that it needs */
};

/* A batch with the fields that the stage said it reads. */
struct batch *instance_batch(struct instance *instance, const struct batch_wish *wish);

/* The text of one record, with a newline. */
void instance_record(struct instance *instance, uint32_t i, struct strbuf *out);

/* A batch of @n good records given to every port; for a source: polls until something comes. */
levada_status instance_feed(struct instance *instance, uint32_t n);

static inline bool
rig_is_source(const struct rig *rig)
{
    return rig->op.kind == LEVADA_SOURCE;
}

#endif
