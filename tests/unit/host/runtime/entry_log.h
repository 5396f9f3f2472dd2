/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_HOST_RUNTIME_ENTRY_LOG_H
#define TESTS_UNIT_HOST_RUNTIME_ENTRY_LOG_H

/* What a service's transactions have written to one of its topics, and the open one writes. */

#include <levada/plugin.h>
#include <stdint.h>

struct entry {
    int32_t partition;
    struct levada_bytes key, value; /* .p NULL: the key is gone */
};

struct entry_log { /* zeroed: empty */
    struct entry all[10000];
    uint32_t n, n_durable; /* the rest is of the open transaction */
};

/* Copies both. */
void entry_log_append(struct entry_log *log, int32_t partition, struct levada_bytes key,
                      struct levada_bytes value);
void entry_log_commit(struct entry_log *log);
void entry_log_abort(struct entry_log *log);
void entry_log_clear(struct entry_log *log);

#endif
