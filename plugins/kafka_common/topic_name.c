/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_common/topic_name.h"

#include <string.h>

#define LONGEST_NAME 249u

bool
topic_name_is_valid(const char *name, size_t n, const char **why)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    *why = n == 0                                 ? "the name is empty"
           : n > LONGEST_NAME                     ? "the name is longer than 249 characters"
           : n <= 2 && memcmp(name, "..", n) == 0 ? "\".\" and \"..\" are no names"
                                                  : NULL;
    for (size_t i = 0; i < n && *why == NULL; i++) {
        if (name[i] == '\0' || strchr(allowed, name[i]) == NULL)
            *why = "a name has letters, digits, '.', '_' and '-' alone";
    }
    return *why == NULL;
}
