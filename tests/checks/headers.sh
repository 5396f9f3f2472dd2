#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# headers.sh INCLUDE CC CXX: each header of the SDK stands alone, as C99, C11 and C++11, with no hole in
# any struct; and a module made with it compiles as C and as C++.
set -u
include=$1 cc=$2 cxx=$3 failed=0
strict="-I $include -Wall -Wextra -Wpedantic -Werror -fsyntax-only"

try() { # SOURCE COMPILER LANGUAGE STANDARD FLAGS
    source=$1
    shift
    # shellcheck disable=SC2086 # the flags are words
    printf '%s\n' "$source" | "$1" $strict -x "$2" -std="$3" $4 - || { echo "fails: $1 -std=$3 $4"; failed=1; }
}

for header in "$include"/levada/*.h; do
    [ -e "$header" ] || { echo "no headers in $include/levada"; exit 1; }
    line="#include <levada/$(basename "$header")>"
    try "$line" "$cc" c c99 -Wpadded
    try "$line" "$cc" c c11 -Wpadded
    try "$line" "$cxx" c++ c++11 -Wpadded
done

module='#include <levada/levada.h>
static const struct levada_stage stage = { sizeof(struct levada_stage), LEVADA_SINK, "one", "One.",
    0, 0, 0, 0, 0, 0, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL };
LEVADA_MODULE("one", "1.0", "Apache-2.0", &stage);'
try "$module" "$cc" c c99 ""
try "$module" "$cc" c c11 ""
try "$module" "$cxx" c++ c++11 ""

others=$(sed -n 's/^#include <\(.*\)>.*/\1/p' "$include/levada/plugin.h" | grep -vx 'stddef.h\|stdint.h')
[ -z "$others" ] || { echo "plugin.h includes more than stddef.h and stdint.h: $others"; failed=1; }
exit $failed
