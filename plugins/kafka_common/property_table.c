/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_common/property_table.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What librdkafka gives of its table is text for people: "name | C/P | values | default | ...". */
static char *
print_table(void)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    if (out == NULL)
        return NULL;
    rd_kafka_conf_properties_show(out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static void
copy_trimmed(const char *from, size_t n, char *to, size_t size)
{
    while (n > 0 && *from == ' ') {
        from++;
        n--;
    }
    while (n > 0 && from[n - 1] == ' ')
        n--;
    snprintf(to, size, "%.*s", (int)n, from);
}

/* The third column of a row that begins with @name. */
static bool
take_row(const char *row, const char *name, char *values, size_t size)
{
    size_t n = strlen(name);
    if (strncmp(row, name, n) != 0 || row[n] != ' ')
        return false;
    const char *roles = strchr(row, '|');
    const char *from = roles != NULL ? strchr(roles + 1, '|') : NULL;
    const char *to = from != NULL ? strchr(from + 1, '|') : NULL;
    if (to == NULL)
        return false;
    copy_trimmed(from + 1, (size_t)(to - from - 1), values, size);
    return true;
}

static bool
find(const char *name, char *values, size_t size)
{
    char *table = print_table();
    bool found = false;
    for (char *row = table; row != NULL && !found;) {
        found = take_row(row, name, values, size);
        row = strchr(row, '\n');
        if (row != NULL)
            row++;
    }
    free(table);
    return found;
}

void
property_table_values(const char *name, char *values, size_t size)
{
    if (!find(name, values, size))
        values[0] = '\0';
}

bool
property_table_knows(const char *name)
{
    char values[8];
    return find(name, values, sizeof(values));
}
