/* SPDX-License-Identifier: Apache-2.0 */
#include "expression.h"

#include <levada/levada.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct filter {
    const char *where; /* option */
    struct expression *expression;
    const struct levada_path **fields; /* the expression's */
};

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_STRING,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct filter, where),
        .name = "where",
        .rule = "len:1..65536",
        .help = "Which records stay, such as \"disposition = 'ARR' and not exists report\".",
    },
};

static bool
filter_compile_fields(struct filter *self, struct levada_call *call)
{
    const struct expression *expression = self->expression;
    self->fields = calloc(expression->n_fields + 1, sizeof(*self->fields));
    if (self->fields == NULL) {
        levada->fail(call, LEVADA_FATAL, "out of memory");
        return false;
    }
    for (uint32_t i = 0; i < expression->n_fields; i++) {
        const struct expression_field *field = &expression->fields[i];
        self->fields[i] =
            field->needed ? levada->needs(call, field->path) : levada->path(call, field->path);
        if (self->fields[i] == NULL)
            return false;
    }
    return true;
}

static void
filter_destroy(void *object)
{
    struct filter *self = object;
    free(self->fields);
    expression_destroy(self->expression);
}

static levada_status
filter_create(void *object, struct levada_call *call, struct levada_ctx *ctx)
{
    struct filter *self = object;
    struct expression_error error;

    (void)ctx;
    self->expression = expression_parse(self->where, strlen(self->where), &error);
    if (self->expression == NULL) {
        char text[sizeof(error.text) + 60];
        snprintf(text, sizeof(text), "option \"where\", character %zu: %s", error.column,
                 error.text);
        return levada->problem(call, "where", text);
    }
    if (filter_compile_fields(self, call))
        return LEVADA_OK;
    filter_destroy(self);
    return LEVADA_FATAL;
}

/* For which records the expression holds; NULL: the call has failed. */
static const bool *
filter_masks(const struct filter *self, struct levada_call *call, struct levada_batch *batch)
{
    const struct expression *expression = self->expression;
    const struct levada_scalar **columns =
        levada->scratch(call, expression->n_fields * sizeof(struct levada_scalar *));
    bool *masks = levada->scratch(call, expression_masks(expression, batch->n));

    if (columns == NULL || masks == NULL)
        return NULL;
    for (uint32_t i = 0; i < expression->n_fields; i++) {
        columns[i] = levada->column(call, batch, self->fields[i]);
        if (columns[i] == NULL)
            return NULL;
    }
    expression_evaluate(expression, columns, batch->n, masks);
    return masks;
}

static levada_status
filter_process(void *object, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct filter *self = object;
    const bool *holds = filter_masks(self, call, batch);
    uint32_t *index = levada->scratch(call, batch->n * sizeof(*index));
    uint32_t n = 0;

    (void)port;
    if (holds == NULL || index == NULL)
        return LEVADA_RETRY;
    for (uint32_t i = 0; i < batch->n; i++) {
        index[n] = i;
        n += holds[i];
    }
    if (n > 0) {
        struct levada_batch *kept = n < batch->n ? levada->select(call, batch, index, n) : batch;
        levada->emit(call, 0, kept); /* sticky: a failure voids the call */
    }
    return LEVADA_FILTERED;
}

static const struct levada_stage filter = {
    .struct_size = sizeof(filter),
    .kind = LEVADA_TRANSFORM,
    .id = "filter",
    .summary = "Lets only those records pass for which a condition holds.",
    .self_size = sizeof(struct filter),
    LEVADA_OPTIONS(options),
    .create = filter_create,
    .process = filter_process,
    .destroy = filter_destroy,
};

LEVADA_MODULE("filter", "1.0", "Apache-2.0", &filter);
