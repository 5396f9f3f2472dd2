// SPDX-License-Identifier: Apache-2.0
#include "base/fault.h"

#include <cstdio>
#include <cstdlib>
#include <cxxabi.h>
#include <exception>
#include <typeinfo>

namespace
{

void (*tell_of)(const char *what);

void
tell_name_of_exception()
{
    char text[512] = "std::terminate()";
    const std::type_info *type = abi::__cxa_current_exception_type();
    if (type != nullptr) {
        int failed = 0;
        char *name = abi::__cxa_demangle(type->name(), nullptr, nullptr, &failed);
        const char *shown = failed == 0 ? name : type->name();
        std::snprintf(text, sizeof(text), "a C++ exception (%s)", shown);
        try {
            throw;
        } catch (const std::exception &exception) {
            std::snprintf(text, sizeof(text), "a C++ exception (%s: %s)", shown, exception.what());
        } catch (...) {
            // Its type is all that can be told.
        }
        std::free(name);
    }
    tell_of(text);
    std::abort();
}

} // namespace

extern "C" void
fault_watch_exceptions(void (*tell)(const char *what))
{
    tell_of = tell;
    std::set_terminate(tell_name_of_exception);
}
