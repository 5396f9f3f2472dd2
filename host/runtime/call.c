/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/call.h"

#include "runtime/keyed_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
call_init(struct levada_call *call, struct stage *stage)
{
    memset(call, 0, sizeof(*call));
    call->stage = stage;
}

void
call_finish(struct levada_call *call)
{
    call_reset(call);
    free(call->emissions);
    free(call->failed);
    free(call->positions);
    free(call->made);
    arena_finish(&call->scratch);
}

void
call_reset(struct levada_call *call)
{
    for (uint32_t i = 0; i < call->n_emissions; i++)
        batch_release(call->emissions[i].batch);
    for (uint32_t i = 0; i < call->n_failed; i++)
        batch_release(call->failed[i].batch);
    for (uint32_t i = 0; i < call->n_made; i++)
        batch_release(call->made[i]);
    call->n_emissions = call->n_failed = call->n_made = call->n_positions = 0;
    call->assigned = NULL;
    call->n_assigned = call->n_late = 0;
    call->err.status = LEVADA_OK;
    call->err.text[0] = '\0';
    arena_reset(&call->scratch);
}

levada_status
call_end(struct levada_call *call, levada_status returned)
{
    metrics_add(&call->stage->metrics.callbacks, 1);
    if (call->err.status < 0)
        returned = call->err.status;
    bool done = returned >= 0 && returned != LEVADA_AGAIN; /* which promises that nothing is */
    if (call->table_open) {
        if (done)
            table_commit(call->stage->table);
        else
            table_rollback(call->stage->table);
        call->table_open = false;
    }
    call->is_start = call->is_merge = false;
    if (done) {
        keyed_state_commit(call->stage->keyed);
        metrics_add(&call->stage->metrics.late, call->n_late);
    } else {
        keyed_state_rollback(call->stage->keyed);
    }
    if (returned >= 0)
        return returned;
    struct error err = call->err;
    if (err.status >= 0)
        error_set(&err, returned, "the stage failed without a reason");
    call_reset(call);
    call->err = err;
    return returned;
}

levada_status
call_fail(struct levada_call *call, levada_status status, const char *format, ...)
{
    if (call->err.status < 0)
        return call->err.status;
    char text[sizeof(call->err.text)];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return error_set(&call->err, status, "%s", text);
}

levada_status
call_fail_with(struct levada_call *call, const struct error *err)
{
    return call_fail(call, err->status < 0 ? err->status : LEVADA_FATAL, "%s", err->text);
}

bool
call_room(struct levada_call *call, void *items, uint32_t n, uint32_t *room, size_t size)
{
    if (n < *room)
        return true;
    uint32_t more = *room > 0 ? *room * 2 : 8;
    void **place = items;
    void *grown = realloc(*place, more * size);
    if (grown == NULL) {
        call_fail(call, LEVADA_FATAL, "out of memory");
        return false;
    }
    *place = grown;
    *room = more;
    return true;
}

struct levada_batch *
call_give(struct levada_call *call, struct batch *batch)
{
    if (batch == NULL)
        return NULL;
    if (!call_room(call, &call->made, call->n_made, &call->room_made, sizeof(*call->made))) {
        batch_release(batch);
        return NULL;
    }
    call->made[call->n_made++] = batch;
    return batch_public(batch);
}
