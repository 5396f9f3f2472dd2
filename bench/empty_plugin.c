/* SPDX-License-Identifier: Apache-2.0 */
/* The stage of empty_stage.c as a plugin, which a process of its own can load. */
#include <levada/levada.h>

static levada_status
pass_on(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    (void)self, (void)port;
    return levada->emit(call, 0, batch);
}

static const struct levada_stage empty = { .struct_size = sizeof(empty),
                                           .kind = LEVADA_TRANSFORM,
                                           .id = "empty",
                                           .summary = "Passes everything on.",
                                           .process = pass_on };

LEVADA_MODULE("empty", "1.0", "Apache-2.0", &empty);
