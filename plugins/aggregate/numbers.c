/* SPDX-License-Identifier: Apache-2.0 */
#include "numbers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 60 /* bytes of a value in a message */

bool
number_or_none(const struct levada_scalar *value)
{
    return value->type <= LEVADA_T_NULL || value->type == LEVADA_T_I64 ||
           (value->type == LEVADA_T_F64 && isfinite(value->u.f));
}

static struct levada_scalar
rounded(struct levada_call *call, const struct levada_scalar *value)
{
    char *text = levada->scratch(call, value->len + (uint64_t)1);
    if (text == NULL)
        return *value;
    memcpy(text, value->u.s, value->len);
    text[value->len] = '\0';
    return (struct levada_scalar){ .type = LEVADA_T_F64, .u.f = strtod(text, NULL) };
}

const struct levada_scalar *
numbers_rounded(struct levada_call *call, const struct levada_scalar *values, uint32_t n)
{
    struct levada_scalar *copy = NULL;
    for (uint32_t i = 0; values != NULL && i < n; i++) {
        if (values[i].type != LEVADA_T_NUM)
            continue;
        if (copy == NULL) {
            copy = levada->scratch(call, n * sizeof(*copy));
            if (copy == NULL)
                return NULL;
            memcpy(copy, values, n * sizeof(*copy));
        }
        copy[i] = rounded(call, &values[i]);
    }
    return copy != NULL ? copy : values;
}

static const char *
what_it_is(const struct levada_scalar *value)
{
    switch (value->type) {
    case LEVADA_T_BOOL:
        return "a boolean";
    case LEVADA_T_F64:
    case LEVADA_T_NUM:
        return "larger than any double";
    case LEVADA_T_JSON:
        return "an object or a list";
    case LEVADA_T_TIME:
        return "a time";
    default:
        return "a text";
    }
}

levada_status
number_reject(struct levada_call *call, struct levada_batch *batch, uint32_t i,
              const struct levada_path *field)
{
    char why[400];
    uint64_t n;
    const struct levada_scalar *column = levada->column(call, batch, field);
    const char *text = column != NULL ? levada->text(call, &column[i], &n) : NULL;
    if (text == NULL)
        return LEVADA_RETRY;
    int shown = (int)(n < SHOWN ? n : SHOWN);
    while (shown > 0 && (uint64_t)shown < n && ((unsigned char)text[shown] & 0xC0) == 0x80)
        shown--; /* no half of a character */
    snprintf(why, sizeof(why), "field \"%.200s\": a number is needed, but \"%.*s%s\" is %s",
             levada->name_of(field), shown, text, (uint64_t)shown < n ? "..." : "",
             what_it_is(&column[i]));
    return levada->fail_at(call, batch, i, LEVADA_REJECT, why);
}
