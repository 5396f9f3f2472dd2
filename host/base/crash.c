/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crash.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

void
crash_point(const char *name)
{
    static int passed; /* atomic: pipelines have threads of their own */
    const char *wanted = getenv("LEVADA_CRASH_AT");
    if (wanted == NULL)
        return;
    const char *colon = strchr(wanted, ':');
    size_t n = colon != NULL ? (size_t)(colon - wanted) : strlen(wanted);
    if (strlen(name) != n || strncmp(name, wanted, n) != 0)
        return;
    int at = colon != NULL ? atoi(colon + 1) : 1;
    if (__atomic_add_fetch(&passed, 1, __ATOMIC_RELAXED) == at)
        raise(SIGKILL);
}
