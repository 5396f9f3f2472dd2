# SPDX-License-Identifier: Apache-2.0
# What `levada state` says of a run that was interrupted is what that run had counted, and what it exports
# is worth as much as the checkpoint itself.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/oracle.sh"

make_calls 5000 3
cat >job.conf <<EOF
pipeline: { name = "job"; trigger = "available_now"; checkpoint = "state"; max_records_per_trigger = 500;
  stages = (
    { name = "calls"; plugin = "json_file_source"; path = "calls.json"; order = "reverse"; },
    { name = "windows"; plugin = "crime_aggregate";
      event_time = "call_date_time"; window = "60 min"; watermark = "60 min";
      group_by = [ "original_crime_type_name", "disposition" ]; output_mode = "complete"; },
    { name = "out"; plugin = "file_sink"; path = "out.csv"; format = "csv"; } ); };
EOF
levada run job.conf
expect_exit 0
mv out.csv expected.csv
rm -r state

# ---- while there is none ----

for verb in ls check export; do
    levada state $verb state
    expect_exit 66
    expect_err "checkpoint state: there is none"
done
levada state get state windows
expect_exit 66

# ---- three checkpoints of 500 calls ----

export LEVADA_CRASH_AT=after_commit:3
levada run job.conf
expect_exit 137
unset LEVADA_CRASH_AT

levada state check state
expect_exit 0
expect_out "checkpoint state: is whole"

levada state ls state
expect_exit 0
expect_out "epoch       3"
expect_out "calls (json_file_source)"
expect_out "position      "
expect_out "windows (crime_aggregate)"

levada state ls state --json
expect_exit 0
mv out ls.json
jq '.stages[] | select(.name == "windows")' ls.json >windows.json
rows=$(jq .rows windows.json)
[ "$(jq '[.windows[].rows] | add' windows.json)" -eq "$rows" ] ||
    fail "the windows have not as many rows as the stage"

levada state get state windows --json
expect_exit 0
[ "$(wc -l <out)" -eq "$rows" ] || fail "expected $rows rows"
[ "$(jq -s 'map(.count) | add' out)" -eq 1500 ] || fail "the rows do not count 1500 calls"

levada state get state windows
expect_exit 0
[ "$(head -n 1 out)" = "window_start,original_crime_type_name,disposition,count" ] ||
    fail "another header"
[ "$(wc -l <out)" -eq $((rows + 1)) ] || fail "expected $rows rows and their header"

levada state get state windows --window "$(jq -r '.windows[0].start' windows.json)" --json
expect_exit 0
[ "$(wc -l <out)" -eq "$(jq '.windows[0].rows' windows.json)" ] ||
    fail "that window has another number of rows"

levada state get state windows Passing --json
expect_exit 0
[ "$(jq -r .original_crime_type_name out | sort -u)" = "Passing Call" ] ||
    fail "expected Passing Calls and no other"

levada state get state calls
expect_exit 0
expect_out "stream,partition,next,latest"
levada state get state window
expect_exit 66
expect_err 'did you mean "windows"?'
levada state get state windows --window yesterday
expect_exit 64

# ---- out and in again ----

levada state export state
expect_exit 0
mv out export.jsonl
jq -es 'length > 10 and (.[0] | has("levada_checkpoint")) and .[-1].entries == length - 2' \
    export.jsonl >/dev/null || fail "the export is not what it says"

# import FILE ARGUMENT...
import() {
    file=$1
    shift
    ran="levada state import $* <$file"
    exit_code=0
    "$LEVADA" state import "$@" <"$file" >out 2>err || exit_code=$?
}

import export.jsonl state
expect_exit 73
expect_err "--force replaces it"
import export.jsonl state --force
expect_exit 0
import export.jsonl other/new
expect_exit 0
levada state export other/new
expect_same export.jsonl out

# Whatever is missing or changed is noticed, and nothing of it stays.
head -n 20 export.jsonl >cut.jsonl
sed '$d' export.jsonl >endless.jsonl
sed '12d' export.jsonl >hole.jsonl
sed '14s/"value":"\(.\)\(.\)\(.\)/"value":"\2\1\3/;15s/"value":"..../"value":"0a5f/' export.jsonl >digit.jsonl
sed '1d' export.jsonl >headless.jsonl
sed '1s/"levada_checkpoint":2/"levada_checkpoint":3/' export.jsonl >newer.jsonl
cat export.jsonl export.jsonl >twice.jsonl
cp calls.json calls.jsonl
: >empty.jsonl
for broken in cut endless hole digit headless newer twice calls empty; do
    import $broken.jsonl new
    expect_exit 65
    expect_err "standard input"
    levada state ls new --json
    [ "$(jq .entries out)" -eq 0 ] || fail "something of $broken.jsonl was kept"
    import $broken.jsonl state --force
    expect_exit 65
    levada state export state
    expect_same export.jsonl out
done

# A run goes on from an import as from what it was made of.
rm -r state
import export.jsonl state
expect_exit 0
levada run job.conf
expect_exit 0
expect_same expected.csv out.csv

# ---- while it runs ----

mkfifo progress
"$LEVADA" run job.conf --quiet --set pipeline.checkpoint=busy --set "pipeline.trigger=10 ms" \
    --set calls.records_per_second=200 --set out.path=busy.csv --progress progress 2>busy.err &
pid=$!
stop_all() { kill -9 $pid 2>/dev/null; }
exec 4<progress
read -r report <&4 || fail "the run in the background has ended"
for verb in ls check export; do
    levada state $verb busy
    expect_exit 0
done
levada state get busy windows --json
expect_exit 0
[ -s out ] || fail "expected rows"
import export.jsonl busy --force
expect_exit 75
expect_err "(pid $pid)"
levada run job.conf --set pipeline.checkpoint=busy --set out.path=second.csv
expect_exit 75
expect_err "(pid $pid)"
kill -TERM $pid
cat <&4 >/dev/null
wait $pid || fail "the run in the background did not end well"

# ---- torn ----

cp -r other/new torn
head -c $(($(wc -c <torn/data.mdb) / 2)) other/new/data.mdb >torn/data.mdb
for verb in ls check export; do
    levada state $verb torn
    expect_exit 65
    expect_err "checkpoint torn: is torn, or no checkpoint of levada"
done
levada state check torn --json
jq -e '.whole == false and (.reason | length > 0)' out >/dev/null || fail "expected the reason as JSON"
levada run job.conf --set pipeline.checkpoint=torn
expect_exit 65
expect_err "is torn, or no checkpoint of levada"

# ---- nobody reads ----

{ "$LEVADA" state export other/new 2>err || echo failed >err; } | head -n 1 >/dev/null
[ ! -s err ] || fail "a closed output is no failure"
