# SPDX-License-Identifier: Apache-2.0
# Two files, by a pattern or from two sources: each judges its own records, and a window closes only
# when both have passed it. So rows and late records do not depend on where triggers are cut.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/oracle.sh"
. "$LEVADA_SOURCE/tests/integration/event_time_query.sh"

# The second file's calls are mostly older than the first one's.
for part in "1 21 2018-10-02T15:00 2018-10-04T07:03" "2 22 2018-10-02T09:11 2018-10-04T01:00"; do
    read -r number seed start end <<EOF
$part
EOF
    make_calls 1500 "$seed" --set calls.start="$start" --set calls.end="$end"
    python3 "$oracle/shuffle.py" "$seed" 90 <calls.json >part-$number.json
    rm calls.json
done

# One source, which reads one file after the other.
joined=false
for limit in 0 97 1000 1499 1501; do
    for mode in append update; do
        run_query "part-*.json"
        ask_oracle "$PWD/part-1.json" "$PWD/part-2.json"
        echo "a pattern, $mode, limit $limit: $(wc -l <rows.json) rows"
        expect_same expected actual
        cp rows.json one_source.$mode
    done
done
late=$(sed -n 's/^read .* late \([0-9]*\) .*/\1/p' expected | awk '{ n += $1 } END { print n }')
[ "$late" -gt 0 ] || fail "these calls test nothing"

# Two sources, read in turns: what they count is the same, however they interleave.
two_sources() {
    write_query part-1.json
    sed -i 's|.*"json_file_source".*|&\n  { name = "more"; plugin = "json_file_source"; path = "part-2.json"; },|
        s|event_time =|from = [ "calls", "more" ]; &|' query.conf
    rm -f progress
    levada run query.conf --progress progress
    expect_exit 0
}

mode=append
for limit in 0 1 97 1501; do
    two_sources
    expect_same one_source.append out
    expect_err "records_in=3000 records_out=$(wc -l <out) late=$late "
done

# Neither is left without its turn.
limit=100
two_sources
jq -c '[ .sources[].numInputRows ]' progress | head -n 15 | uniq >shares
[ "$(cat shares)" = "[50,50]" ] || fail "expected both sources to have the same share of a trigger"

# A table waits for the sources above it alone.
cat >apart.conf <<EOF
pipeline: { name = "apart"; trigger = "available_now"; max_records_per_trigger = 200; stages = (
  { name = "calls"; plugin = "json_file_source"; path = "part-1.json"; },
  { name = "windows"; plugin = "crime_aggregate"; event_time = "call_date_time";
    window = "1 h"; watermark = "1 h"; },
  { name = "days"; plugin = "crime_aggregate"; event_time = "window_start";
    window = "3 h"; watermark = "1 h"; },
  { name = "out"; plugin = "console_sink"; format = "json"; },
  { name = "more"; plugin = "json_file_source"; path = "part-2.json"; },
  { name = "types"; plugin = "crime_aggregate"; group_by = [ "original_crime_type_name" ]; },
  { name = "typed"; plugin = "file_sink"; path = "types.json"; } ); };
EOF
levada run apart.conf --progress apart
expect_exit 0
[ "$(jq -s '[ .[:8][].sink.numOutputRows ] | add' apart)" -gt 3 ] ||
    fail "expected rows of closed windows before the end, although nothing else is known of \"more\""

# A file that two sources read is two partitions: neither makes the other's records late, also after a crash.
seq 0 999 | sed 's/.*/{"t":&}/' >same.json
cat >same.conf <<'EOP'
pipeline: {
  name = "same"; trigger = "available_now"; max_records_per_trigger = 60; checkpoint = "same_state";
  stages = (
    { name = "one"; plugin = "json_file_source"; path = "same.json"; },
    { name = "two"; plugin = "json_file_source"; path = "same.json"; },
    { name = "few"; plugin = "filter"; where = "t >= 0"; from = [ "one", "two" ]; },
    { name = "windows"; plugin = "aggregate"; event_time = "t"; window = "100 ms"; watermark = "1 ms";
      output_mode = "append"; },
    { name = "out"; plugin = "file_sink"; path = "same_out.json"; },
    { name = "late"; plugin = "file_sink"; from = "windows.late"; path = "same_late.json"; }
  );
};
EOP
for crash in none after_commit:3 before_store_commit:5; do
    rm -rf same_state same_out.json same_late.json
    if [ $crash != none ]; then
        LEVADA_CRASH_AT=$crash levada run same.conf
        expect_exit 137
    fi
    levada run same.conf
    expect_exit 0
    [ ! -s same_late.json ] || fail "$(wc -l <same_late.json) records are late, crash $crash"
    [ "$(jq -s 'map(.count == 200) | all and length == 10' same_out.json)" = true ] || fail "wrong counts, crash $crash"
done
