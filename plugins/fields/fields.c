/* SPDX-License-Identifier: Apache-2.0 */
/* Host functions' failures are sticky, so only pointers that are read here are checked. */
#include "fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- rename ---- */

/* The new place of each field; @n grows by what comes from inside other fields and stands last. */
static const struct levada_path **
renamed_order(const struct fields *self, struct levada_call *call, struct levada_batch *batch,
              uint32_t *n)
{
    uint32_t n_fields;
    const struct levada_field *fields = levada->fields(call, batch, &n_fields);
    const struct levada_path **order =
        levada->scratch(call, (n_fields + self->rename.n) * sizeof(struct levada_path *));
    bool *placed = levada->scratch(call, self->rename.n * sizeof(*placed));

    if (fields == NULL || order == NULL || placed == NULL)
        return NULL;
    memset(placed, 0, self->rename.n * sizeof(*placed));
    *n = 0;
    for (uint32_t f = 0; f < n_fields; f++) {
        bool stays = true;
        for (uint64_t r = 0; r < self->rename.n; r++) {
            const struct rename_step *step = &self->renames[r];
            stays &= fields[f].path != step->from && fields[f].path != step->to;
            if (fields[f].path == step->from) {
                order[(*n)++] = step->to;
                placed[r] = true;
            }
        }
        if (stays)
            order[(*n)++] = fields[f].path;
    }
    for (uint64_t r = 0; r < self->rename.n; r++)
        if (!placed[r])
            order[(*n)++] = self->renames[r].to;
    return order;
}

/* All are read before one is set, so that two fields can change their names with each other. */
static void
rename_fields(const struct fields *self, struct levada_call *call, struct levada_batch *batch)
{
    uint32_t n = batch->n, n_order;
    const struct levada_path **order = renamed_order(self, call, batch, &n_order);
    struct levada_scalar *values = levada->scratch(call, self->rename.n * n * sizeof(*values));

    if (order == NULL || values == NULL)
        return;
    for (uint64_t r = 0; r < self->rename.n; r++) {
        const struct levada_scalar *column = levada->column(call, batch, self->renames[r].from);
        if (column == NULL)
            return;
        if (n > 0)
            memcpy(values + r * n, column, n * sizeof(*values));
    }
    for (uint64_t r = 0; r < self->rename.n; r++)
        if (self->renames[r].moves)
            levada->unset(call, batch, self->renames[r].from);
    for (uint64_t r = 0; r < self->rename.n; r++)
        levada->set_column(call, batch, self->renames[r].to, values + r * n);
    levada->set_fields(call, batch, order, n_order);
}

/* ---- constant ---- */

static void
set_constants(const struct fields *self, struct levada_call *call, struct levada_batch *batch)
{
    struct levada_scalar *values = levada->scratch(call, batch->n * sizeof(*values));
    if (values == NULL)
        return;
    for (uint64_t c = 0; c < self->constant.n; c++) {
        for (uint32_t i = 0; i < batch->n; i++)
            values[i] = self->constants[c].value;
        levada->set_column(call, batch, self->constants[c].path, values);
    }
}

/* ---- cast ---- */

/* One cast of a batch: a column in, a column out. */
struct casting {
    struct levada_call *call;
    const struct cast_step *step;
    const struct levada_scalar *from;
    const int64_t *times; /* for CAST_TIME */
    struct levada_scalar *to;
};

static bool
cast_time(const struct casting *casting, uint32_t i)
{
    struct levada_scalar *to = &casting->to[i];
    if (casting->from[i].type <= LEVADA_T_NULL) {
        *to = casting->from[i];
        return true;
    }
    *to = (struct levada_scalar){ .type = LEVADA_T_TIME, .u.i = casting->times[i] };
    return casting->times[i] != LEVADA_NO_TIME;
}

static bool
cast_text(const struct casting *casting, uint32_t i)
{
    uint64_t n;
    casting->to[i] = casting->from[i];
    if (casting->from[i].type <= LEVADA_T_NULL || casting->from[i].type == LEVADA_T_STR)
        return true;
    const char *text = levada->text(casting->call, &casting->from[i], &n);
    if (text == NULL || n > UINT32_MAX)
        return false;
    casting->to[i] = levada_str(text, (uint32_t)n);
    return true;
}

static bool
cast_one(const struct casting *casting, uint32_t i)
{
    if (casting->step->type == CAST_TIME)
        return cast_time(casting, i);
    if (casting->step->type == CAST_STRING)
        return cast_text(casting, i);
    return cast_value(casting->step->type, &casting->from[i], &casting->to[i]);
}

static void
reject(const struct casting *casting, struct levada_batch *batch, uint32_t i)
{
    uint64_t n;
    const char *value = levada->text(casting->call, &casting->from[i], &n);
    if (value == NULL)
        return;
    uint32_t shown = cast_whole_characters(value, n, 40);
    char text[320];
    snprintf(text, sizeof(text), "field \"%.200s\": \"%.*s%s\" is no %s",
             levada->name_of(casting->step->path), (int)shown, value, shown < n ? "..." : "",
             cast_type_name(casting->step->type));
    levada->fail_at(casting->call, batch, i, LEVADA_REJECT, text);
}

/* Marks in @bad the records that cannot be cast. */
static void
cast_field(const struct cast_step *step, struct levada_call *call, struct levada_batch *batch,
           bool *bad)
{
    struct casting casting = { .call = call, .step = step };
    casting.from = levada->column(call, batch, step->path);
    casting.to = levada->scratch(call, batch->n * sizeof(*casting.to));
    casting.times = step->type == CAST_TIME ? levada->times(call, batch, step->path) : NULL;
    if (casting.from == NULL || casting.to == NULL ||
        (step->type == CAST_TIME && casting.times == NULL))
        return;
    for (uint32_t i = 0; i < batch->n; i++) {
        if (bad[i]) {
            casting.to[i] = (struct levada_scalar){ .type = LEVADA_T_MISSING };
        } else if (!cast_one(&casting, i)) {
            reject(&casting, batch, i);
            bad[i] = true;
            casting.to[i] = casting.from[i];
        }
    }
    levada->set_column(call, batch, step->path, casting.to);
}

/* Casts, and leaves out the records that were rejected. NULL: the call has failed. */
static struct levada_batch *
cast_fields(const struct fields *self, struct levada_call *call, struct levada_batch *batch)
{
    bool *bad = levada->scratch(call, batch->n * sizeof(*bad));
    uint32_t *good = levada->scratch(call, batch->n * sizeof(*good));
    uint32_t n = 0;

    if (bad == NULL || good == NULL)
        return NULL;
    memset(bad, 0, batch->n * sizeof(*bad));
    for (uint64_t c = 0; c < self->cast.n; c++)
        cast_field(&self->casts[c], call, batch, bad);
    for (uint32_t i = 0; i < batch->n; i++) {
        good[n] = i;
        n += !bad[i];
    }
    return n < batch->n ? levada->select(call, batch, good, n) : batch;
}

/* ---- all of it ---- */

levada_status
fields_process(void *object, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct fields *self = object;

    (void)port;
    if (self->rename.n > 0)
        rename_fields(self, call, batch);
    if (self->constant.n > 0)
        set_constants(self, call, batch);
    if (self->cast.n > 0)
        batch = cast_fields(self, call, batch);
    if (batch == NULL)
        return LEVADA_RETRY;
    if (self->keep.n > 0)
        levada->set_fields(call, batch, self->keep.items, (uint32_t)self->keep.n);
    const struct levada_path *const *drop = self->drop.items;
    for (uint64_t d = 0; d < self->drop.n; d++)
        levada->unset(call, batch, drop[d]);
    return levada->emit(call, 0, batch);
}
