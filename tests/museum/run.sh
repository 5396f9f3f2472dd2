# SPDX-License-Identifier: Apache-2.0
#
#   run.sh LEVADA FOLDER CC CXX
#
# Builds the exhibits in FOLDER, such as tests/museum/1.0, with its own headers; loads, runs and tries them.
set -eu
levada=$1 exhibits=$2 cc=$3 cxx=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags="-O2 -fPIC -shared -fvisibility=hidden -I $exhibits/include"
failed=0

for source in "$exhibits"/*.c; do
    # shellcheck disable=SC2086 # the flags are words
    "$cc" -std=c11 $flags "$source" -o "$work/$(basename "$source" .c).so"
done
for source in "$exhibits"/*.cc; do
    # C++'s library has templates of its own, which would be exported.
    printf '{ global: levada_module_v*; local: *; };\n' >"$work/plugin.map"
    # shellcheck disable=SC2086
    "$cxx" -std=c++17 $flags -Wl,--version-script="$work/plugin.map" "$source" \
        -o "$work/$(basename "$source" .cc).so"
done

"$levada" run "$exhibits/pipeline.conf" --plugin-dir "$work" --quiet >"$work/printed"
diff "$exhibits/expected.txt" "$work/printed" || { echo "the pipeline of $exhibits prints something else"; failed=1; }
for plugin in "$work"/*.so; do
    "$levada" plugin test "$plugin" --options "$exhibits/pipeline.conf" --seed 1 >"$work/report" ||
        { cat "$work/report"; failed=1; }
done
exit $failed
