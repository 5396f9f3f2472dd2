/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_ROW_TEXT_TIME_TEXT_H
#define PLUGINS_ROW_TEXT_TIME_TEXT_H

/*
 * Times as the host writes them, at less than a question each: neighbours mostly share their day,
 * which then only gets another clock.
 */

#include "row_text/text_buffer.h"

#include <levada/plugin.h>

struct time_text { /* zeroed is ready */
    int64_t midnight;
    uint32_t n;    /* 0: no day yet */
    char text[36]; /* some time of that day */
};

/* Appends the text of @value, which is of T_TIME. A failing host is sticky. */
void time_text_add(struct time_text *day, struct levada_call *call,
                   const struct levada_scalar *value, struct text_buffer *out);

#endif
