/* SPDX-License-Identifier: Apache-2.0 */
#include "entry_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's, and the name of a host function */

static struct levada_bytes
copy(struct levada_bytes bytes)
{
    char *text = malloc(bytes.n + 1);
    assert_non_null(text);
    if (bytes.n > 0)
        memcpy(text, bytes.p, bytes.n);
    return (struct levada_bytes){ text, bytes.n };
}

void
entry_log_append(struct entry_log *log, int32_t partition, struct levada_bytes key,
                 struct levada_bytes value)
{
    assert_true(log->n < sizeof(log->all) / sizeof(*log->all));
    log->all[log->n++] = (struct entry){ .partition = partition,
                                         .key = copy(key),
                                         .value = value.p != NULL ? copy(value) : value };
}

void
entry_log_commit(struct entry_log *log)
{
    log->n_durable = log->n;
}

void
entry_log_abort(struct entry_log *log)
{
    while (log->n > log->n_durable) {
        const struct entry *last = &log->all[--log->n];
        free((void *)(uintptr_t)last->key.p);
        free((void *)(uintptr_t)last->value.p);
    }
}

void
entry_log_clear(struct entry_log *log)
{
    log->n_durable = 0;
    entry_log_abort(log);
}
