/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/guard.h"

#include <cstdio>
#include <exception>

int
guard_run(void (*body)(void *arguments), void *arguments, char *what, unsigned long n)
{
    try {
        body(arguments);
        return 0;
    } catch (const std::exception &e) {
        std::snprintf(what, n, "%s", e.what());
    } catch (...) {
        std::snprintf(what, n, "of a type that is no std::exception");
    }
    return 1;
}
