#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
#   abi_diff.sh [--update] ROOT CC
#
# What libabigail sees of the plugin ABI, compared with the recorded baseline: types too, not only numbers.
# It follows what functions take, so the probe has one for each struct. New structs are no change. Whatever
# else is different fails; where abi_layout.py finds nothing but growth, --update records it, and the review
# sees what. Recorded on amd64.
set -eu
update=
[ "$1" != --update ] || { update=1; shift; }
root=$1 cc=$2
checks=$root/tests/checks
[ "$(uname -m)" = x86_64 ] || { echo "the baseline is of amd64"; exit 0; }
command -v abidiff >/dev/null || { echo "abidiff is not installed (abigail-tools)"; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
structs=$(sed -n 's/^struct \(levada_[a-z0-9_]*\) {.*/\1/p' "$root/include/levada/plugin.h")
{
    echo '#define LEVADA_API 1000'
    echo '#include <levada/plugin.h>'
    for struct in $structs; do
        echo "LEVADA_EXPORT void probe_$struct(const struct $struct *it);"
        echo "void probe_$struct(const struct $struct *it) { (void)it; }"
    done
} >"$work/probe.c"
include=$(cd "$root/include" && pwd)
(cd "$work" && "$cc" -g -shared -fPIC -fvisibility=hidden -I "$include" probe.c -o probe.so)

if [ -n "$update" ]; then
    abidw --no-comp-dir-path --no-corpus-path --no-show-locs --no-elf-needed --type-id-style hash \
        --out-file "$checks/abi_baseline.xml" "$work/probe.so"
    exit
fi
code=0
abidiff --no-added-syms --no-show-locs "$checks/abi_baseline.xml" "$work/probe.so" >"$work/report" 2>&1 ||
    code=$?
[ "$code" -eq 0 ] || { cat "$work/report"; echo "abidiff finds changes (exit code $code)"; exit 1; }
