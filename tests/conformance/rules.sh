# SPDX-License-Identifier: Apache-2.0
#
#   rules.sh LEVADA PAGE FOLDER...
#
# Each plugin that the table of docs/conformance.md names breaks the rule beside which it stands: the suite
# finds that first, and says so with exit code 1. Several at a time, since some only wait for their limit.
set -eu

# check LEVADA RULE PLUGIN FOLDER...
check() {
    levada=$1 rule=$2 plugin=$3 file='' code=0
    shift 3
    for folder in "$@"; do
        [ ! -e "$folder/$plugin.so" ] || file=$folder/$plugin.so
    done
    [ -n "$file" ] || { echo "$plugin: is not there"; exit 1; }
    found=$("$levada" plugin test "$file" --seed 1 --format tap) || code=$?
    first=$(echo "$found" | sed -n 's/^  rule: //p' | head -n 1)
    if [ "$code" -ne 1 ] || [ "$first" != "$rule" ]; then
        echo "$plugin: expected the rule $rule and exit code 1, found ${first:-none} and $code"
        echo "$found" | grep -A3 '^not ok' || true
        exit 1
    fi
}

if [ "$1" = --check ]; then
    shift
    check "$@"
    exit
fi

levada=$1 page=$2
shift 2

# "rule plugin" for each.
pairs() {
    awk -F'|' '/^\| `[a-z_]+` \|/ {
        gsub(/[ `]/, "", $2)
        n = split($4, names, ",")
        for (i = 1; i <= n; i++) {
            gsub(/[ `]/, "", names[i])
            print $2, names[i]
        }
    }' "$page"
}

[ "$(pairs | wc -l)" -ge 50 ] || { echo "$page names too few fixtures"; exit 1; }
pairs | while read -r rule plugin; do
    echo "$rule $plugin $*"
done | xargs -P 4 -L 1 sh "$0" --check "$levada"
