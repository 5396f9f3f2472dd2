/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/verdict.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct verdict *verdict;

static void
set_fault(const char *rule, const char *format, va_list args)
{
    char text[sizeof(verdict->text) - 64];
    if (verdict->outcome == OUTCOME_FAULT)
        return;
    vsnprintf(text, sizeof(text), format, args);
    if (verdict->callback[0] != '\0')
        snprintf(verdict->text, sizeof(verdict->text), "%s%s(): %s",
                 verdict->entered_ns != 0 ? "in " : "after ", verdict->callback, text);
    else
        snprintf(verdict->text, sizeof(verdict->text), "%s", text);
    snprintf(verdict->rule, sizeof(verdict->rule), "%s", rule);
    verdict->outcome = OUTCOME_FAULT;
}

void
verdict_fault(const char *rule, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set_fault(rule, format, args);
    va_end(args);
}

void
verdict_end(const char *rule, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set_fault(rule, format, args);
    va_end(args);
    _exit(0);
}

void
verdict_skip(const char *format, ...)
{
    va_list args;
    if (verdict->outcome == OUTCOME_FAULT)
        return;
    va_start(args, format);
    vsnprintf(verdict->text, sizeof(verdict->text), format, args);
    va_end(args);
    verdict->outcome = OUTCOME_SKIP;
}

void
verdict_enter(const char *callback)
{
    struct timespec cpu;
    if (callback == NULL) {
        verdict->entered_ns = 0;
        return;
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    snprintf(verdict->callback, sizeof(verdict->callback), "%s", callback);
    verdict->entered_cpu_ns = cpu.tv_sec * 1000000000LL + cpu.tv_nsec;
    verdict->entered_ns = clock_system.monotonic_ns(&clock_system);
}

bool
verdict_is_open(void)
{
    return verdict->outcome == OUTCOME_NONE;
}
