/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate.h"

#include "compute_option.h"
#include "numbers.h"

#include <stdlib.h>
#include <string.h>

/* ---- create ---- */

static bool
take_options(struct aggregate *self, struct levada_call *call)
{
    static const struct compute_option count = { .name = "count" };
    struct levada_list list = self->compute;
    if (list.n == 0)
        list = (struct levada_list){ &count, 1 };
    const struct compute_option *options = list.items;
    self->computations = calloc(list.n, sizeof(*self->computations));
    if (self->computations == NULL) {
        levada->fail(call, LEVADA_FATAL, "out of memory");
        return false;
    }
    for (uint64_t i = 0; i < list.n; i++)
        if (compute_option_check(call, &options[i]))
            self->computations[self->n++] = compute_option_use(&options[i]);
    return true;
}

/* Failures are sticky: they void the call. */
static void
declare_cells(struct levada_call *call, struct computation *computation)
{
    const struct function *function = computation->function;
    computation->result = levada->cell(call, computation->name, function->result_type, 0);
    if (function->state_bytes > 0)
        computation->state = levada->cell(call, NULL, LEVADA_T_BIN, function->state_bytes);
    if (function->has_bytes)
        computation->bytes = levada->cell(call, NULL, LEVADA_T_BIN, 0);
}

levada_status
aggregate_create(void *object, struct levada_call *call, struct levada_ctx *ctx)
{
    struct aggregate *self = object;
    (void)ctx;
    if (!take_options(self, call))
        return LEVADA_FATAL;
    for (uint32_t c = 0; c < self->n; c++)
        declare_cells(call, &self->computations[c]);
    return LEVADA_OK;
}

void
aggregate_destroy(void *object)
{
    struct aggregate *self = object;
    free(self->computations);
}

/* ---- process ---- */

/* The column that each computation reads; NULL, and an error in the call: one is unreadable. */
static const struct levada_scalar **
read_columns(const struct aggregate *self, struct levada_call *call, struct levada_batch *batch)
{
    const struct levada_scalar **columns = levada->scratch(call, self->n * sizeof(*columns));
    for (uint32_t c = 0; columns != NULL && c < self->n; c++) {
        const struct computation *computation = &self->computations[c];
        columns[c] = NULL;
        if (computation->field == NULL)
            continue;
        columns[c] = levada->column(call, batch, computation->field);
        if (computation->function->of_numbers)
            columns[c] = numbers_rounded(call, columns[c], batch->n);
        if (columns[c] == NULL)
            return NULL;
    }
    return columns;
}

/* The first computation that cannot take record @i; self->n: none. */
static uint32_t
find_fault(const struct aggregate *self, const struct levada_scalar *const *columns, uint32_t i)
{
    for (uint32_t c = 0; c < self->n; c++)
        if (self->computations[c].function->of_numbers && !number_or_none(&columns[c][i]))
            return c;
    return self->n;
}

static uint32_t
find_first_fault(const struct aggregate *self, const struct levada_scalar *const *columns,
                 uint32_t n)
{
    uint32_t first = n;
    for (uint32_t c = 0; c < self->n; c++)
        for (uint32_t i = 0; self->computations[c].function->of_numbers && i < first; i++)
            if (!number_or_none(&columns[c][i]))
                first = i;
    return first;
}

/* The records without a fault; those with one are taken out before they could open a row. */
static struct levada_batch *
select_sound(const struct aggregate *self, struct levada_call *call, struct levada_batch *batch,
             const struct levada_scalar *const *columns)
{
    uint32_t n = 0, *sound = levada->scratch(call, batch->n * sizeof(*sound));
    for (uint32_t i = 0; sound != NULL && i < batch->n; i++) {
        uint32_t c = find_fault(self, columns, i);
        if (c == self->n)
            sound[n++] = i;
        else
            number_reject(call, batch, i, self->computations[c].field);
    }
    return levada->select(call, batch, sound, n);
}

static levada_status
fold_all(const struct aggregate *self, struct levada_call *call,
         const struct levada_scalar *const *columns, const struct levada_slots *slots)
{
    levada_status status = LEVADA_ABSORBED;
    for (uint32_t c = 0; c < self->n && status >= 0; c++) {
        const struct computation *computation = &self->computations[c];
        const struct fold fold = { call, computation, slots, columns[c] };
        levada_status folded = computation->function->fold(&fold);
        status = folded < 0 ? folded : status;
    }
    return status;
}

levada_status
aggregate_process(void *object, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct aggregate *self = object;
    (void)port;
    const struct levada_scalar **columns = read_columns(self, call, batch);
    if (columns == NULL)
        return LEVADA_RETRY;
    if (find_first_fault(self, columns, batch->n) < batch->n) {
        batch = select_sound(self, call, batch, columns);
        columns = batch != NULL ? read_columns(self, call, batch) : NULL;
    }
    const struct levada_slots *slots = levada->slots(call, batch);
    if (columns == NULL || slots == NULL)
        return LEVADA_RETRY;
    return fold_all(self, call, columns, slots);
}

/* ---- merge ---- */

levada_status
aggregate_merge(void *object, struct levada_call *call, const struct levada_slots *pairs)
{
    const struct aggregate *self = object;
    levada_status status = LEVADA_OK;
    for (uint32_t c = 0; c < self->n && status >= 0; c++) {
        const struct fold fold = { call, &self->computations[c], pairs, NULL };
        status = self->computations[c].function->merge(&fold);
    }
    return status;
}

/* ---- rows ---- */

static const struct levada_path *
find_column(const struct levada_field *fields, uint32_t n, const char *name)
{
    for (uint32_t f = 0; f < n; f++)
        if (strcmp(fields[f].name, name) == 0)
            return fields[f].path;
    return NULL;
}

static levada_status
set_result(const struct computation *computation, struct levada_call *call,
           struct levada_batch *batch, const struct levada_slots *slots)
{
    uint32_t n;
    const struct levada_field *fields = levada->fields(call, batch, &n);
    struct levada_scalar *values = levada->scratch(call, batch->n * sizeof(*values));
    if (fields == NULL || values == NULL)
        return LEVADA_RETRY;
    for (uint32_t k = 0; k < slots->n; k++)
        values[slots->record[k]] = computation->function->get(computation, slots, slots->slot[k]);
    return levada->set_column(call, batch, find_column(fields, n, computation->name), values);
}

levada_status
aggregate_rows(void *object, struct levada_call *call, struct levada_batch *batch,
               const struct levada_slots *slots)
{
    const struct aggregate *self = object;
    for (uint32_t c = 0; c < self->n; c++)
        if (self->computations[c].function->get != NULL)
            set_result(&self->computations[c], call, batch, slots);
    return levada->emit(call, 0, batch);
}
