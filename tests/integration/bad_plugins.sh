# SPDX-License-Identifier: Apache-2.0
# Plugins that misbehave: refused, or stopped with their name, and never believed.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

fixtures=$(dirname "$LEVADA")/tests/fixtures/plugins
i=0
while [ $i -lt 100 ]; do
    echo "{\"n\":$i}"
    i=$((i + 1))
done >in.json

# with PLUGIN [OPTIONS]: PLUGIN between a source and a printing sink; of all the fixtures, it alone is seen.
with() {
    rm -rf own
    mkdir own
    cp "$fixtures/$1.so" own/
    stage=${3-$1}
    cat >p.conf <<END
pipeline: { name = "p"; trigger = "available_now"; errors = { retry_for = "2 s"; ${2-} };
  stages = (
    { name = "in"; plugin = "json_file_source"; path = "in.json"; },
    { name = "odd"; plugin = "$stage"; },
    { name = "out"; plugin = "console_sink"; format = "json"; } ); };
END
    levada run p.conf --plugin-dir own
}

# Not loaded.
for refusal in "future_major:ABI" "needs_minor_99:99" "no_entry:levada_module_v1" "no_process:process" \
    "entry_returns_null:refuses to work" "note_of_another:note" "option_of_wrong_size:option" \
    "option_default_outside_rule:option" "unresolved_symbol:symbol"; do
    with "${refusal%%:*}"
    case $exit_code in 70 | 78) ;; *) fail "expected exit code 70 or 78" ;; esac
    expect_err "${refusal%%:*}.so"
    expect_err "${refusal#*:}"
    expect_no_out
done
rm -rf own
mkdir own
echo 'no plugin' >own/text.so
levada plugin list --plugin-dir own
expect_exit 0
expect_err text.so
cp "$fixtures/twin_a.so" "$fixtures/twin_b.so" own/
sed 's/"odd"; plugin = ".*"/"odd"; plugin = "twin"/' p.conf >q.conf
levada run q.conf --plugin-dir own
expect_exit 78
expect_err twin_a.so
expect_err twin_b.so

# Loaded, and then stopped.
with emits_too_little
expect_exit 70
expect_err 'odd: process() returned OK but emitted only'
with emits_to_bad_port
expect_exit 70
expect_err 'odd: emit() to port'
with index_past_end
expect_exit 70
expect_err 'odd: select() of record'
with returns_unknown_status
expect_exit 70
expect_err 'which is no status'
with fails_create
expect_exit 78
expect_err '"odd"'
with fails_start
[ "$exit_code" -ne 0 ] || fail "expected a failure"
expect_err 'odd: '

# Loaded, and right in the end.
with retries_thrice
expect_exit 0
[ "$(wc -l <out)" -eq 100 ] || fail "expected 100 records"
expect_err 'will be tried again'
with rejects_some
expect_exit 65
expect_err 'odd: '
expect_err 'in.json: record '
with rejects_some 'tolerance = "all";'
expect_exit 0
[ "$(wc -l <out)" -lt 100 ] || fail "expected that some records are missing"
expect_err "bad=$((100 - $(wc -l <out)))"
