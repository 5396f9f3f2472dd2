# SPDX-License-Identifier: Apache-2.0
#
#   abi_gates.sh ROOT CC
#
# The two checks of the ABI hold against what they are there for: each of these edits of plugin.h is found.
set -eu
root=$1 cc=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$root/include" "$root/tests" "$work"
header=$work/include/levada/plugin.h

layout() {
    python3 "$work/tests/checks/abi_layout.py" "$@" "$work/include" "$work/tests/checks/abi_layout.txt"
}

# breaks WHAT EDIT: no --update may record it, where the numbers tell; else abidiff finds it.
breaks() {
    sed "$2" "$root/include/levada/plugin.h" >"$header"
    ! cmp -s "$header" "$root/include/levada/plugin.h" || { echo "$1: the edit changes nothing"; exit 1; }
    if layout --update >/dev/null && sh "$work/tests/checks/abi_diff.sh" "$work" "$cc" >/dev/null; then
        echo "$1: nobody noticed"
        exit 1
    fi
    cp "$root/tests/checks/abi_layout.txt" "$work/tests/checks/abi_layout.txt"
}

breaks "a member moved" 's/uint32_t struct_size, generation, n, reserved;/uint32_t struct_size, n, generation, reserved;/'
breaks "a frozen struct grew" '/^struct levada_bytes {/,/^};/s/uint64_t n;/uint64_t n, more;/'
breaks "a number changed" 's/^#define LEVADA_FATAL (-4)/#define LEVADA_FATAL (-40)/'
breaks "a constant is gone" '/^#define LEVADA_CAP_REPLAY/d'
breaks "another parameter" 's/void \*(\*scratch)(struct levada_call \*call, uint64_t n)/void *(*scratch)(struct levada_call *call, uint32_t n)/'

# Growth at the end is told, and then may be recorded.
sed '/^struct levada_signal {/,/^};/s/^};/    uint64_t later;\n};/' "$root/include/levada/plugin.h" >"$header"
! layout >/dev/null || { echo "growth was not told"; exit 1; }
layout --update || { echo "growth cannot be recorded"; exit 1; }
layout || { echo "recorded growth is told again"; exit 1; }
