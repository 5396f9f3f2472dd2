/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CALL_GENERATOR_CALL_GENERATOR_H
#define CALL_GENERATOR_CALL_GENERATOR_H

/* The source: which call comes next, and where to go on after a restart. */

#include "generator.h"
#include "pace/pace.h"

#include <levada/plugin.h>

enum call_order { /* the words of the option */
    CALLS_NEWEST_FIRST,
    CALLS_OLDEST_FIRST,
};

struct call_generator {
    /* Options. */
    int64_t count, seed, order, calls_per_hour, records_per_second;
    const char *start, *end;

    struct generator generator;
    struct pace pace;
    uint64_t next; /* in the order of emission */
};

levada_status call_generator_create(void *self, struct levada_call *call, struct levada_ctx *ctx);
levada_status call_generator_poll(void *self, struct levada_call *call, uint32_t max_records,
                                  uint32_t wait_ms);
levada_status call_generator_signal(void *self, struct levada_call *call,
                                    const struct levada_signal *signal);

#endif
