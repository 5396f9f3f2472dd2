/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFORMANCE_PROBE_PRIVATE_H
#define HOST_CONFORMANCE_PROBE_PRIVATE_H

/* What probe.c and probe_host.c share. */

#include "runtime/call.h"

/* The host's call behind the plugin's handle; a handle that is not of now ends the process. */
struct levada_call *probe_check(struct levada_call *handle, const char *function);

/* The same, counted; NULL: this one has to fail, and the call knows. */
struct levada_call *probe_enter(struct levada_call *handle, const char *function);

/* A text that leaves the plugin. NULL is allowed. */
void probe_check_secret(const char *text);

/* Memory until the callback ends. */
void *probe_scratch(size_t n);

/* Batches that the plugin keeps, with what it read of them; from any thread. */
struct levada_batch *probe_retain(struct levada_batch *batch);
void probe_release(struct levada_batch *batch);

/* The slots as a newer host would give them, or as they are. NULL is allowed. */
const struct levada_slots *probe_newer_slots(const struct levada_slots *slots);

#endif
