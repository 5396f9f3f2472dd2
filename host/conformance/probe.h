/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFORMANCE_PROBE_H
#define HOST_CONFORMANCE_PROBE_H

/*
 * Stands between the host and one plugin, on both sides: the host's functions as the plugin gets
 * them, and the plugin's callbacks as the runtime gets them. It sees who calls what, when and on
 * which thread; makes calls fail; and gives data that cannot be written. What it finds goes to the
 * verdict. Below it is the real host. One a process.
 */

#include "runtime/call.h"

#include <levada/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct probe_setup {
    bool shield;        /* data of batches is given as copies that cannot be written */
    bool newer;         /* the structs of a host that is newer than this one */
    bool bare;          /* the oldest host: no extension */
    const char *canary; /* a secret that may not be told; or NULL */
};

extern struct probe_setup probe_setup;

/* The host's table for the plugin, by the setup. */
const struct levada_host *probe_host(void);

/*
 * @ours becomes @theirs with callbacks that come through here. All stages of a module may be
 * wrapped, and the last one wrapped is the one under test.
 */
void probe_wrap(const struct levada_stage *theirs, struct levada_stage *ours);

/* What the plugin offers by the name @id; asked as a callback is. */
const void *probe_ext(const char *id);

/* A function of an extension: @body calls it with the handle that it is given. */
typedef levada_status probe_body(void *user, struct levada_call *handle);

/* The same, as a callback, of the host's @call. */
levada_status probe_call(const char *name, probe_body *body, void *user, struct levada_call *call);

/* The @nth call of the host from now on, in whatever callback, fails; 0: none does. */
void probe_fail_at(uint32_t nth);
/* Did it come to that? */
bool probe_has_failed(void);
/* How many calls that can fail there were since probe_fail_at(). */
uint32_t probe_calls(void);

/* Calls of a callback that runs no more are faults; this is how cases call one outside a stage. */
bool probe_is_inside(void);

#endif
