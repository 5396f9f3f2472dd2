/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mean since the oldest of the last growths: between two triggers nothing grows, so the time
 * since the last look would give nothing, then a multiple of what is true.
 */
#include "cli/rate.h"

#include <string.h>

static void
add_point(struct rate *rate, int64_t now_ns, uint64_t records)
{
    if (rate->n == RATE_POINTS) {
        memmove(rate->points, rate->points + 1, (RATE_POINTS - 1) * sizeof(rate->points[0]));
        rate->n--;
    }
    rate->points[rate->n++] = (struct rate_point){ now_ns, records };
}

double
rate_look(struct rate *rate, int64_t now_ns, uint64_t records)
{
    if (rate->n > 0 && records < rate->points[rate->n - 1].records)
        rate->n = 0; /* other pipelines, after a reload */
    if (rate->n == 0 || records > rate->points[rate->n - 1].records)
        add_point(rate, now_ns, records);
    if (rate->n < 2)
        return 0;
    const struct rate_point *first = &rate->points[0], *last = &rate->points[rate->n - 1];
    int64_t span_ns = last->ns - first->ns, silent_ns = now_ns - last->ns;
    int64_t usual_ns = span_ns / (int64_t)(rate->n - 1);
    if (silent_ns > span_ns)
        return 0;
    if (silent_ns > 2 * usual_ns)
        span_ns += silent_ns; /* no pause between triggers: it becomes slower */
    return span_ns > 0 ? (double)(last->records - first->records) * 1e9 / (double)span_ns : 0;
}
