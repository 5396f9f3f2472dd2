/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/text_value.h"

#include <levada/helpers.h>
#include <string.h>

/* How many bytes the character has that begins with @first; 0: none does. */
static uint64_t
length_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first < 0xe0)
        return 2;
    if (first >= 0xe0 && first < 0xf0)
        return 3;
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/* Longer forms than needed, surrogates, and what is beyond Unicode: the second byte tells. */
static bool
is_second(unsigned char first, unsigned char second)
{
    if (first == 0xe0)
        return second >= 0xa0;
    if (first == 0xed)
        return second < 0xa0;
    if (first == 0xf0)
        return second >= 0x90;
    return first != 0xf4 || second < 0x90;
}

bool
text_value_is_utf8(struct levada_bytes bytes)
{
    const unsigned char *c = bytes.p;
    for (uint64_t at = 0; at < bytes.n;) {
        uint64_t n = length_of(c[at]);
        if (n == 0 || n > bytes.n - at || (n > 1 && !is_second(c[at], c[at + 1])))
            return false;
        for (uint64_t i = 1; i < n; i++) {
            if ((c[at + i] & 0xc0) != 0x80)
                return false;
        }
        at += n;
    }
    return true;
}

static struct levada_scalar
scalar_of(struct levada_bytes bytes)
{
    if (bytes.p == NULL)
        return (struct levada_scalar){ .type = LEVADA_T_NULL };
    return levada_str(bytes.p, (uint32_t)bytes.n);
}

levada_status
text_value_check(struct levada_call *call, struct levada_batch *batch,
                 const struct levada_path *field)
{
    const struct levada_record *first = levada->records(call, batch);
    struct levada_scalar *values = levada->scratch(call, batch->n * sizeof(*values));
    if (first == NULL || values == NULL)
        return LEVADA_FATAL;
    for (uint32_t i = 0; i < batch->n; i++) {
        struct levada_bytes value = levada_at(batch, first, i)->value;
        bool is_text = text_value_is_utf8(value);
        values[i] = is_text ? scalar_of(value) : (struct levada_scalar){ .type = LEVADA_T_NULL };
        if (!is_text)
            levada->fail_at(call, batch, i, LEVADA_REJECT, "the value is no UTF-8 text");
    }
    return field != NULL ? levada->set_column(call, batch, field, values) : LEVADA_OK;
}
