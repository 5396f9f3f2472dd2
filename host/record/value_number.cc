// SPDX-License-Identifier: Apache-2.0
#include "record/value_number.h"

#include <charconv>

extern "C" size_t
number_shortest(double value, char *buf)
{
    return static_cast<size_t>(std::to_chars(buf, buf + 32, value).ptr - buf);
}

extern "C" bool
number_read(const char *text, size_t n, double *value)
{
    return std::from_chars(text, text + n, *value).ec == std::errc();
}
