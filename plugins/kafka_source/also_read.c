/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/also_read.h"

#include <stdlib.h>
#include <string.h>

bool
also_read_add(struct also_read *also_read, const char *topic)
{
    if (also_read_has(also_read, topic))
        return true;
    char **grown = realloc(also_read->topics, (also_read->n + 1) * sizeof(*grown));
    if (grown == NULL)
        return false;
    also_read->topics = grown;
    grown[also_read->n] = strdup(topic);
    if (grown[also_read->n] == NULL)
        return false;
    also_read->n++;
    return true;
}

bool
also_read_has(const struct also_read *also_read, const char *topic)
{
    for (uint32_t i = 0; i < also_read->n; i++) {
        if (strcmp(also_read->topics[i], topic) == 0)
            return true;
    }
    return false;
}

void
also_read_finish(struct also_read *also_read)
{
    for (uint32_t i = 0; i < also_read->n; i++)
        free(also_read->topics[i]);
    free(also_read->topics);
    *also_read = (struct also_read){ .topics = NULL };
}
