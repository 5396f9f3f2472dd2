/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_LIVE_LINE_H
#define HOST_CLI_LIVE_LINE_H

/* The line of a terminal that shows how far a run is. */

#include "cli/job.h"
#include "cli/rate.h"

struct live_line {
    bool shown;
    struct rate rate;
};

bool live_line_is_wanted(const struct job *jobs, size_t n);
void live_line_show(struct live_line *live, const struct job *jobs, size_t n);

#endif
