/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_rows.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_NAMES 64u
#define MAX_BORROWED 4096u

/* One callback at a time: a test has one thread. */
struct levada_call {
    levada_status status;
    char error[1200];
    uint32_t n_failed;
    void *borrowed[MAX_BORROWED];
    uint32_t n_borrowed;
};

struct levada_path {
    const char *name;
};

static struct levada_call the_call;
static struct levada_path paths[MAX_NAMES];
static uint32_t n_paths, n_texts;
static bool has_state;
static char state_text[200];

static const struct levada_path *
path_of(const char *name)
{
    for (uint32_t p = 0; p < n_paths; p++)
        if (strcmp(paths[p].name, name) == 0)
            return &paths[p];
    assert(n_paths < MAX_NAMES);
    paths[n_paths].name = name;
    return &paths[n_paths++];
}

static void *
borrow(size_t n)
{
    assert(the_call.n_borrowed < MAX_BORROWED);
    void *p = calloc(1, n + 1);
    assert(p != NULL);
    return the_call.borrowed[the_call.n_borrowed++] = p;
}

static void
give_back(void)
{
    while (the_call.n_borrowed > 0)
        free(the_call.borrowed[--the_call.n_borrowed]);
}

struct levada_call *
fake_rows_call(void)
{
    give_back();
    the_call.status = LEVADA_OK;
    the_call.error[0] = '\0';
    the_call.n_failed = 0;
    return &the_call;
}

const char *
fake_rows_error(void)
{
    return the_call.error;
}

uint32_t
fake_rows_n_failed(void)
{
    return the_call.n_failed;
}

uint32_t
fake_rows_n_texts(void)
{
    return n_texts;
}

const char *
fake_rows_state(void)
{
    return state_text;
}

void
fake_rows_keep_state(bool keep)
{
    has_state = keep;
    if (!keep)
        state_text[0] = '\0';
}

void
fake_rows_finish(void)
{
    give_back();
    fake_rows_keep_state(false);
    n_texts = 0;
    n_paths = 0;
}

static levada_status
fake_fail(struct levada_call *call, levada_status code, const char *text)
{
    if (call->status < 0)
        return call->status;
    snprintf(call->error, sizeof(call->error), "%s", text);
    return call->status = code;
}

static levada_status
fake_fail_at(struct levada_call *call, struct levada_batch *batch, uint32_t i, levada_status code,
             const char *text)
{
    (void)batch;
    (void)i;
    (void)code;
    (void)text;
    call->n_failed++;
    return LEVADA_OK;
}

static levada_status
fake_problem(struct levada_call *call, const char *option, const char *text)
{
    (void)option;
    return fake_fail(call, LEVADA_CONFIG, text);
}

static void *
fake_scratch(struct levada_call *call, uint64_t n)
{
    (void)call;
    return borrow(n);
}

static const struct fake_rows *
rows_of(const struct levada_batch *batch)
{
    return (const struct fake_rows *)(const void *)batch;
}

static const struct levada_field *
fake_fields(struct levada_call *call, struct levada_batch *batch, uint32_t *n)
{
    const struct fake_rows *rows = rows_of(batch);
    struct levada_field *fields = borrow(rows->n_fields * sizeof(*fields));

    (void)call;
    *n = rows->n_fields;
    for (uint32_t f = 0; f < *n; f++) {
        fields[f].path = path_of(rows->names[f]);
        fields[f].name = rows->names[f];
        fields[f].flags = f == 0 && rows->ids != NULL ? LEVADA_FIELD_IDS : 0;
    }
    return fields;
}

static const struct levada_scalar *
fake_column(struct levada_call *call, struct levada_batch *batch, const struct levada_path *path)
{
    const struct fake_rows *rows = rows_of(batch);
    struct levada_scalar *column = borrow(batch->n * sizeof(*column));
    uint32_t f = 0;

    (void)call;
    while (path_of(rows->names[f]) != path)
        f++;
    for (uint32_t i = 0; i < batch->n; i++)
        column[i] = rows->cells[i * rows->n_fields + f];
    return column;
}

static const uint32_t *
fake_ids(struct levada_call *call, struct levada_batch *batch, const struct levada_path *path,
         const struct levada_dict **dict)
{
    (void)call;
    (void)path;
    *dict = rows_of(batch)->dict;
    return rows_of(batch)->ids;
}

static const struct levada_record *
fake_records(struct levada_call *call, struct levada_batch *batch)
{
    (void)call;
    return rows_of(batch)->records;
}

static const char *
fake_text(struct levada_call *call, const struct levada_scalar *value, uint64_t *n)
{
    char *text = borrow(64);
    time_t seconds = (time_t)(value->u.i / 1000);
    struct tm tm;

    (void)call;
    n_texts++;
    switch (value->type) {
    case LEVADA_T_BOOL:
        *n = (uint64_t)sprintf(text, "%s", value->u.i ? "true" : "false");
        return text;
    case LEVADA_T_F64:
        *n = (uint64_t)sprintf(text, "%.1f", value->u.f);
        return text;
    case LEVADA_T_I64:
        *n = (uint64_t)sprintf(text, "%lld", (long long)value->u.i);
        return text;
    case LEVADA_T_TIME:
        *n = strftime(text, 64, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
        return text;
    default:
        assert(!"a value that the sink has to write itself");
        return NULL;
    }
}

static levada_status
state_get(struct levada_call *call, struct levada_bytes key, struct levada_bytes *value)
{
    (void)call;
    (void)key;
    value->p = state_text[0] == '\0' ? NULL : state_text;
    value->n = strlen(state_text);
    return LEVADA_OK;
}

static levada_status
state_put(struct levada_call *call, struct levada_bytes key, struct levada_bytes value)
{
    (void)call;
    (void)key;
    snprintf(state_text, sizeof(state_text), "%.*s", (int)value.n, (const char *)value.p);
    return LEVADA_OK;
}

static const void *
fake_ext(const char *id)
{
    static const struct levada_state_v1 state = { .struct_size = sizeof(state),
                                                  .get = state_get,
                                                  .put = state_put };
    return has_state && strcmp(id, "levada.state/1") == 0 ? &state : NULL;
}

const struct levada_host *
fake_rows_host(void)
{
    static const struct levada_host host = {
        .struct_size = sizeof(host),
        .abi_minor = LEVADA_ABI_MINOR,
        .name = "fake_rows",
        .ext = fake_ext,
        .fail = fake_fail,
        .fail_at = fake_fail_at,
        .scratch = fake_scratch,
        .problem = fake_problem,
        .records = fake_records,
        .fields = fake_fields,
        .column = fake_column,
        .ids = fake_ids,
        .text = fake_text,
    };
    return &host;
}
