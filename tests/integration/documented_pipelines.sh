# SPDX-License-Identifier: Apache-2.0
# The pipelines that the pages show are right, and those that read calls run.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

cp "$codes" .
levada run "$pipelines/make_calls.conf" --set out.path=calls.json --set calls.count=1000
expect_exit 0

# Each block that is a whole pipeline: N.conf, with the page in its first line.
awk '
    /^```/ { inside = !inside; block = ""; next }
    inside { block = block $0 "\n" }
    inside && /^};$/ && block ~ /(^|\n)pipelines?: / {
        printf "# %s\n%s", FILENAME, block >(++n ".conf")
        close(n ".conf")
    }' "$LEVADA_SOURCE"/plugins/*/README.md "$LEVADA_SOURCE/docs/pipeline-files.md"
[ -s 9.conf ] || fail "fewer pipelines than there were"

echo secret >password
for file in *.conf; do
    page=$(sed -n '1s/^# //p' "$file")
    sed -i 's|\${file:/[^}]*}|${file:password}|' "$file"
    levada check "$file"
    [ "$exit_code" -eq 0 ] || fail "$page shows a pipeline that is wrong"
    if grep -q 'path = "calls.json"' "$file" && ! grep -q kafka "$file"; then
        levada run "$file"
        [ "$exit_code" -eq 0 ] || fail "$page shows a pipeline that does not run"
    fi
done
