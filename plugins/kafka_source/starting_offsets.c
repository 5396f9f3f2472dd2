/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/starting_offsets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct entry {
    const char *topic; /* NULL: each; else its first @topic_n bytes */
    size_t topic_n;
    int32_t partition; /* -1: each */
    struct starting starting;
};

/* ---- reading ---- */

static bool
parse_number(const char *text, const char *end, int64_t most, int64_t *number)
{
    char *stop;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoll(text, &stop, 10);
    return errno == 0 && stop == end && *number <= most;
}

static bool
parse_time(const char *text, int64_t *ms)
{
    static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d" };
    for (unsigned i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        struct tm time = { 0 };
        const char *end = strptime(text, forms[i], &time);
        if (end == NULL || (*end != '\0' && strcmp(end, "Z") != 0))
            continue;
        *ms = (int64_t)timegm(&time) * 1000;
        return *ms >= 0; /* Kafka has no older ones */
    }
    return false;
}

static bool
parse_starting(const char *text, struct starting *starting)
{
    *starting = (struct starting){ STARTING_EARLIEST, 0 };
    if (strcmp(text, "earliest") == 0)
        return true;
    starting->kind = STARTING_LATEST;
    if (strcmp(text, "latest") == 0)
        return true;
    starting->kind = STARTING_TIME;
    return parse_time(text, &starting->at);
}

/* "PARTITION=" or "TOPIC/PARTITION=", which ends at @equals. */
static bool
parse_partition(const char *text, const char *equals, struct entry *entry)
{
    const char *slash = memchr(text, '/', (size_t)(equals - text));
    int64_t number;
    if (slash != NULL) {
        entry->topic = text;
        entry->topic_n = (size_t)(slash - text);
    }
    if (!parse_number(slash != NULL ? slash + 1 : text, equals, INT32_MAX, &number))
        return false;
    entry->partition = (int32_t)number;
    return true;
}

static bool
parse(const char *text, struct entry *entry)
{
    const char *equals = strchr(text, '=');
    *entry = (struct entry){ .partition = -1 };
    if (equals == NULL)
        return parse_starting(text, &entry->starting);
    if (!parse_partition(text, equals, entry))
        return false;
    entry->starting.kind = STARTING_OFFSET;
    const char *value = equals + 1;
    return parse_number(value, value + strlen(value), INT64_MAX, &entry->starting.at) ||
           parse_starting(value, &entry->starting);
}

/* ---- use ---- */

static bool
same_place(const struct entry *one, const struct entry *other)
{
    return one->partition == other->partition && one->topic_n == other->topic_n &&
           (one->topic_n == 0 || memcmp(one->topic, other->topic, one->topic_n) == 0);
}

bool
starting_offsets_check(const struct levada_list *texts, struct levada_call *call)
{
    const char *const *text = texts->items;
    struct entry entry, other;
    char why[300];
    bool are_right = true;
    for (uint64_t i = 0; i < texts->n; i++) {
        if (!parse(text[i], &entry)) {
            snprintf(why, sizeof(why),
                     "\"%.80s\": must be \"earliest\", \"latest\" or a time such as "
                     "\"2018-12-31T23:00:00\"; of one partition \"3=42\", \"3=latest\" or "
                     "\"TOPIC/3=42\"",
                     text[i]);
            are_right = false;
            levada->problem(call, "starting_offsets", why);
            continue;
        }
        for (uint64_t j = 0; j < i; j++) {
            if (!parse(text[j], &other) || !same_place(&entry, &other))
                continue;
            snprintf(why, sizeof(why), "\"%.80s\" contradicts \"%.80s\"", text[i], text[j]);
            are_right = false;
            levada->problem(call, "starting_offsets", why);
        }
    }
    return are_right;
}

/* How closely this entry means the partition; 0: not at all. */
static int
closeness(const struct entry *entry, const char *topic, int32_t partition)
{
    if (entry->partition < 0)
        return 1;
    if (entry->partition != partition)
        return 0;
    if (entry->topic == NULL)
        return 2;
    return strncmp(entry->topic, topic, entry->topic_n) == 0 && topic[entry->topic_n] == '\0' ? 3
                                                                                              : 0;
}

struct starting
starting_offsets_of(const struct levada_list *texts, const char *topic, int32_t partition)
{
    const char *const *text = texts->items;
    struct starting starting = { STARTING_LATEST, 0 };
    int closest = 0;
    for (uint64_t i = 0; i < texts->n; i++) {
        struct entry entry;
        if (!parse(text[i], &entry) || closeness(&entry, topic, partition) <= closest)
            continue;
        closest = closeness(&entry, topic, partition);
        starting = entry.starting;
    }
    return starting;
}
