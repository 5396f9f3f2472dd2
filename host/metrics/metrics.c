/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/metrics.h"

#include <stdlib.h>
#include <string.h>

static void
metric_destroy(struct metric *metric)
{
    free(metric->name);
    free(metric->unit);
    free(metric->help);
    free(metric);
}

static struct metric *
metric_create(const char *name, const char *unit, const char *help)
{
    struct metric *metric = calloc(1, sizeof(*metric));
    if (metric == NULL)
        return NULL;
    metric->name = strdup(name);
    metric->unit = strdup(unit == NULL ? "" : unit);
    metric->help = strdup(help == NULL ? "" : help);
    if (metric->name == NULL || metric->unit == NULL || metric->help == NULL) {
        metric_destroy(metric);
        return NULL;
    }
    return metric;
}

uint64_t *
metrics_own(struct stage_metrics *metrics, const char *name, const char *unit, const char *help)
{
    struct metric **end = &metrics->own;
    for (; *end != NULL; end = &(*end)->next) {
        if (strcmp((*end)->name, name) == 0)
            return &(*end)->value;
    }
    *end = metric_create(name, unit, help);
    return *end == NULL ? NULL : &(*end)->value;
}

void
metrics_finish(struct stage_metrics *metrics)
{
    for (struct metric *metric = metrics->own; metric != NULL;) {
        struct metric *next = metric->next;
        metric_destroy(metric);
        metric = next;
    }
    metrics->own = NULL;
}
