/* SPDX-License-Identifier: Apache-2.0 */
#include "row_text/time_text.h"

#include <levada/levada.h>

#define MS_A_SECOND 1000
#define MS_A_DAY (INT64_C(86400) * MS_A_SECOND)
#define CLOCK_BYTES 8u /* "hh:mm:ss" */

static void
put_pair(char *at, uint32_t value)
{
    at[0] = (char)('0' + value / 10);
    at[1] = (char)('0' + value % 10);
}

static void
set_clock(struct time_text *day, uint32_t second)
{
    char *clock = day->text + day->n - CLOCK_BYTES;

    put_pair(clock, second / 3600);
    put_pair(clock + 3, second / 60 % 60);
    put_pair(clock + 6, second % 60);
}

/* Keeps @text for the other times of its day. Before 1970, and between seconds, is too rare. */
static void
remember_day(struct time_text *day, int64_t ms, const char *text, uint64_t n)
{
    if (ms < 0 || ms % MS_A_SECOND != 0 || n < CLOCK_BYTES || n > sizeof(day->text))
        return;
    memcpy(day->text, text, n);
    day->n = (uint32_t)n;
    day->midnight = ms - ms % MS_A_DAY;
}

void
time_text_add(struct time_text *day, struct levada_call *call, const struct levada_scalar *value,
              struct text_buffer *out)
{
    uint64_t ms = (uint64_t)value->u.i - (uint64_t)day->midnight, n = 0;

    if (day->n > 0 && ms < MS_A_DAY && ms % MS_A_SECOND == 0) {
        set_clock(day, (uint32_t)ms / MS_A_SECOND);
        text_buffer_add(out, day->text, day->n);
        return;
    }
    const char *text = levada->text(call, value, &n);
    if (text == NULL)
        return;
    text_buffer_add(out, text, n);
    remember_day(day, value->u.i, text, n);
}
