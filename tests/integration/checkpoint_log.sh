# SPDX-License-Identifier: Apache-2.0
# Hundreds of checkpoints, each of which writes the few rows that changed: what they come to is every
# row, also after crashes on the way, and the checkpoint does not grow with their number.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/oracle.sh"

make_calls 60000 11
cat >job.conf <<EOF
pipeline: { name = "job"; trigger = "available_now"; checkpoint = "state"; max_records_per_trigger = 100;
  stages = (
    { name = "calls"; plugin = "json_file_source"; path = "calls.json"; },
    { name = "types"; plugin = "crime_aggregate"; group_by = [ "original_crime_type_name" ];
      output_mode = "update"; on_end = "hold"; },
    { name = "out"; plugin = "file_sink"; path = "out.json"; format = "json"; } ); };
EOF

run_and_crash() {
    export LEVADA_CRASH_AT="$1"
    levada run job.conf --quiet
    unset LEVADA_CRASH_AT
    expect_exit 137
}

bytes_kept() {
    wc -c <state/data.mdb
}

run_and_crash after_commit:100
early=$(bytes_kept)
run_and_crash before_store_commit:130
run_and_crash after_store_commit:90
levada run job.conf
expect_exit 0
levada state check state
expect_exit 0
[ "$(bytes_kept)" -le $((early * 2)) ] || fail "$(bytes_kept) bytes after 600 checkpoints, $early after 100"

levada state get state types --json
expect_exit 0
jq -r '[.original_crime_type_name, .count] | @tsv' out | LC_ALL=C sort >kept
ask_sqlite 'SELECT type || char(9) || count(*) FROM calls GROUP BY type' | LC_ALL=C sort >expected
expect_same expected kept

# Where all rows have left, nothing stays of them.
levada run job.conf --set pipeline.checkpoint=windows --set out.path=windows.json \
    --set "types.window=1 h" --set types.event_time=call_date_time --set "types.watermark=1 h" \
    --set types.output_mode=append --set types.on_end=flush --set calls.order=reverse
expect_exit 0
[ "$(wc -l <windows.json)" -gt 1000 ] || fail "these calls test nothing"
levada state ls windows --json
expect_exit 0
jq -e '.stages[] | select(.name == "types") | has("rows") | not' out >/dev/null || fail "rows have stayed"
[ "$(jq .entries out)" -lt 100 ] || fail "$(jq .entries out) entries have stayed"
