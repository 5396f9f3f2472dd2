#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# guide.sh ROOT: docs/plugin-guide.md shows the examples as they are compiled, and each is as short as
# a small stage should be.
set -u
cd "$1" || exit 1
failed=0

# shown NAME: the code block of the guide whose last line makes the module NAME, without its licence line.
shown() {
    awk -v module="LEVADA_MODULE(\"$1\"" '
        /^```c$/ { block = ""; inside = 1; next }
        /^```$/ { if (inside && index(last, module) == 1) printf "%s", block; inside = 0; next }
        inside { block = block $0 "\n"; last = $0 }' docs/plugin-guide.md
}

check() { # NAME LINES
    file=tests/examples/$1.c
    lines=$(wc -l <"$file")
    [ "$lines" -le "$2" ] || { echo "$file has $lines lines; a small stage has at most $2"; failed=1; }
    if [ "$(grep -v 'SPDX-License\|clang-format' "$file")" != "$(shown "$1")" ]; then
        echo "docs/plugin-guide.md does not show $file as it is"
        failed=1
    fi
}

check print 27
check upper 53
check counter 69
check sum 54
check average 63
check join 129
exit $failed
