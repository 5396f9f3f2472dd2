/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/live_line.h"

#include "base/clock.h"
#include "base/strbuf.h"
#include "record/value.h"

#include <unistd.h>

static struct engine_progress
sum_progress(const struct job *jobs, size_t n)
{
    struct engine_progress sum = { .lag = -1, .watermark_ms = LEVADA_NO_TIME };
    for (size_t i = 0; i < n; i++) {
        struct engine_progress one;
        if (!jobs[i].running)
            continue;
        pipeline_get_progress(jobs[i].pipeline, &one);
        sum.records_in += one.records_in;
        sum.batches += one.batches;
        sum.late += one.late;
        sum.bad += one.bad;
        if (one.lag >= 0)
            sum.lag = (sum.lag > 0 ? sum.lag : 0) + one.lag;
        if (sum.watermark_ms == LEVADA_NO_TIME)
            sum.watermark_ms = one.watermark_ms;
    }
    return sum;
}

void
live_line_show(struct live_line *live, const struct job *jobs, size_t n)
{
    struct engine_progress sum = sum_progress(jobs, n);
    struct strbuf line = { 0 };
    double rate = rate_look(&live->rate, clock_system.monotonic_ns(&clock_system), sum.records_in);
    strbuf_printf(&line, "%llu records  %.0f records/s  %llu batches",
                  (unsigned long long)sum.records_in, rate, (unsigned long long)sum.batches);
    if (sum.lag >= 0)
        strbuf_printf(&line, "  lag %lld", (long long)sum.lag);
    if (sum.watermark_ms != LEVADA_NO_TIME && sum.watermark_ms != INT64_MAX) {
        char time[VALUE_TIME_SIZE];
        strbuf_printf(&line, "  watermark %.*s", (int)value_format_time(sum.watermark_ms, time),
                      time);
    }
    if (sum.late > 0)
        strbuf_printf(&line, "  %llu late", (unsigned long long)sum.late);
    if (sum.bad > 0)
        strbuf_printf(&line, "  %llu bad", (unsigned long long)sum.bad);
    log_live_line(strbuf_text(&line));
    strbuf_finish(&line);
}

/* Where the pipelines print on the terminal themselves, a line that comes and goes would be in the
 * way. */
bool
live_line_is_wanted(const struct job *jobs, size_t n)
{
    if (isatty(STDERR_FILENO) == 0)
        return false;
    for (size_t i = 0; i < n && isatty(STDOUT_FILENO) == 1; i++) {
        if (pipeline_uses_stdout(jobs[i].pipeline))
            return false;
    }
    return true;
}
