# SPDX-License-Identifier: Apache-2.0
#
#   rules.sh LEVADA PAGE FOLDER...
#
# Each plugin that the table of docs/conformance.md names breaks the rule beside which it stands: the suite
# finds that first, says so with exit code 1, and says nothing else before it.
set -eu
levada=$1 page=$2
shift 2
failed=0

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

find_plugin() {
    for folder in "$@"; do
        [ ! -e "$folder/$plugin.so" ] || { echo "$folder/$plugin.so"; return; }
    done
}

[ "$(pairs | wc -l)" -ge 50 ] || { echo "$page names too few fixtures"; exit 1; }
pairs >pairs.txt
while read -r rule plugin; do
    file=$(find_plugin "$@")
    [ -n "$file" ] || { echo "$plugin: is not there"; failed=1; continue; }
    code=0
    found=$("$levada" plugin test "$file" --seed 1 --format tap) || code=$?
    first=$(echo "$found" | sed -n 's/^  rule: //p' | head -n 1)
    if [ "$code" -ne 1 ] || [ "$first" != "$rule" ]; then
        echo "$plugin: expected the rule $rule and exit code 1, found ${first:-none} and $code"
        echo "$found" | grep -A3 '^not ok' || true
        failed=1
    fi
done <pairs.txt
rm pairs.txt
exit $failed
