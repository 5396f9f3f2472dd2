/* SPDX-License-Identifier: Apache-2.0 */
/* What plugins ask for by id: ext() of the host's table. */
#include "runtime/call.h"
#include "runtime/keyed_state.h"

#include <string.h>

/* ---- the extension levada.state/1 ---- */

static levada_status
state_get(struct levada_call *call, struct levada_bytes key, struct levada_bytes *value)
{
    struct error err = { .status = LEVADA_OK };
    *value = (struct levada_bytes){ NULL, 0 };
    if (call->err.status < 0)
        return call->err.status;
    if (keyed_state_get(call->stage->keyed, key, value, &err) < 0)
        return call_fail_with(call, &err);
    return LEVADA_OK;
}

static levada_status
state_put(struct levada_call *call, struct levada_bytes key, struct levada_bytes value)
{
    struct error err = { .status = LEVADA_OK };
    if (call->err.status < 0)
        return call->err.status;
    if (key.p == NULL || key.n == 0 || key.n > LEVADA_STATE_MAX_KEY)
        return call_fail(call, LEVADA_FATAL, "put() with a key of %llu bytes; 1 to %u are possible",
                         (unsigned long long)key.n, LEVADA_STATE_MAX_KEY);
    if (keyed_state_put(call->stage->keyed, key, value, &err) < 0)
        return call_fail_with(call, &err);
    return LEVADA_OK;
}

static levada_status
state_next(struct levada_call *call, struct levada_bytes after, struct levada_bytes *key,
           struct levada_bytes *value)
{
    struct error err = { .status = LEVADA_OK };
    *key = *value = (struct levada_bytes){ NULL, 0 };
    if (call->err.status < 0)
        return call->err.status;
    if (keyed_state_next(call->stage->keyed, after, key, value, &err) < 0)
        return call_fail_with(call, &err);
    return LEVADA_OK;
}

static const struct levada_state_v1 state_v1 = {
    .struct_size = sizeof(state_v1),
    .get = state_get,
    .put = state_put,
    .next = state_next,
};

/* ---- the extension levada.pipeline/1 ---- */

static const char *
pipeline_name(struct levada_call *call)
{
    return call->stage->pipeline;
}

static uint32_t
pipeline_memory(struct levada_call *call)
{
    if (call->services == NULL || call->services->memory == NULL)
        return 0;
    return call->services->memory(call->services->user);
}

static const char *
pipeline_identity(struct levada_call *call)
{
    if (call->services == NULL || call->services->identity == NULL)
        return NULL;
    return call->services->identity(call->services->user);
}

static const struct levada_pipeline_v1 pipeline_v1 = {
    .struct_size = sizeof(pipeline_v1),
    .name = pipeline_name,
    .memory = pipeline_memory,
    .identity = pipeline_identity,
};

/* ---- the extension levada.batch/1 ---- */

static int32_t
batch_column_is_set(struct levada_call *call, struct levada_batch *batch,
                    const struct levada_path *path)
{
    (void)call;
    return batch != NULL && path != NULL && batch_is_set(batch_of(batch), path);
}

static const struct levada_batch_v1 batch_v1 = {
    .struct_size = sizeof(batch_v1),
    .is_set = batch_column_is_set,
};

const void *
call_extension(const char *id)
{
    if (strcmp(id, "levada.batch/1") == 0)
        return &batch_v1;
    if (strcmp(id, "levada.pipeline/1") == 0)
        return &pipeline_v1;
    return strcmp(id, "levada.state/1") == 0 ? &state_v1 : NULL;
}
