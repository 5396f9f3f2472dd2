#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# example_test.sh LEVADA FOLDER: the example pipeline prints what it should. FOLDER holds the plugin.
set -eu
here=$(dirname "$0")
printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
"$1" run "$here/example.conf" --plugin-dir "$2" >"$printed"
diff "$here/expected.txt" "$printed"
