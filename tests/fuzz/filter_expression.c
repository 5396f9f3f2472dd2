/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a condition of the filter stage; what compiles is evaluated on values of every type.
 */
#include "expression.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define N 10

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct levada_scalar values[N] = {
    { .type = LEVADA_T_MISSING },
    { .type = LEVADA_T_NULL },
    { .type = LEVADA_T_BOOL, .u.i = 1 },
    { .type = LEVADA_T_I64, .u.i = -7 },
    { .type = LEVADA_T_F64, .u.f = 2.5 },
    { .type = LEVADA_T_STR, .len = 4, .u.s = "2018" },
    { .type = LEVADA_T_STR },
    { .type = LEVADA_T_JSON, .len = 2, .u.s = "[]" },
    { .type = LEVADA_T_NUM, .len = 20, .u.s = "99999999999999999999" },
    { .type = LEVADA_T_TIME, .u.i = 1546300620000 },
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* The C library's regcomp() unrolls nested repeats, in any amount of memory. */
    if (size > 4096 || memchr(data, '{', size) != NULL || memchr(data, '+', size) != NULL)
        return 0;
    struct expression_error error;
    struct expression *expression = expression_parse((const char *)data, size, &error);
    if (expression == NULL) {
        assert(error.column >= 1 && error.column <= size + 1 && error.text[0] != '\0');
        return 0;
    }
    const struct levada_scalar **columns = malloc((expression->n_fields + 1) * sizeof(*columns));
    bool *masks = malloc(expression_masks(expression, N));
    assert(columns != NULL && masks != NULL);
    for (uint32_t i = 0; i < expression->n_fields; i++)
        columns[i] = values;
    expression_evaluate(expression, columns, N, masks);
    free(masks);
    free(columns);
    expression_destroy(expression);
    return 0;
}
