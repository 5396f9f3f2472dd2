/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/starting_offsets.h"

#include <librdkafka/rdkafka.h>
#include <string.h>
#include <time.h>

bool
starting_offsets_parse(const char *text, int64_t *wanted)
{
    static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d" };
    if (strcmp(text, "earliest") == 0) {
        *wanted = RD_KAFKA_OFFSET_BEGINNING;
        return true;
    }
    if (strcmp(text, "latest") == 0) {
        *wanted = RD_KAFKA_OFFSET_END;
        return true;
    }
    for (unsigned i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        struct tm time = { 0 };
        const char *end = strptime(text, forms[i], &time);
        if (end == NULL || (*end != '\0' && strcmp(end, "Z") != 0))
            continue;
        *wanted = (int64_t)timegm(&time) * 1000;
        return *wanted >= 0; /* below are librdkafka's own words */
    }
    return false;
}
