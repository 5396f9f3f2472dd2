# SPDX-License-Identifier: Apache-2.0
# What --progress writes: the fields of docs/progress.md with their nesting, one line a trigger, and
# how reports of one run, and of a restart, fit together.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/oracle.sh"

make_calls 2500 8
cat >query.conf <<EOF
pipeline: { name = "reported"; trigger = "available_now"; max_records_per_trigger = 1000;
  checkpoint = "state"; stages = (
  { name = "calls"; plugin = "json_file_source"; path = "calls.json"; },
  { name = "windows"; plugin = "crime_aggregate"; event_time = "call_date_time";
    window = "60 min"; watermark = "60 min"; output_mode = "update"; on_end = "hold"; },
  { name = "out"; plugin = "console_sink"; format = "json"; } ); };
EOF
levada run query.conf --progress reports
expect_exit 0
[ "$(wc -l <reports)" -eq 3 ] || fail "expected one line for each of three triggers"

# The names in their order, as Spark writes them; of the second report, which has them all.
sed -n 2p reports >second
names() {
    jq -r "$1 | keys_unsorted | join(\" \")" second
}
expect_names() {
    [ "$(names "$1")" = "$2" ] || fail "$1 has the fields $(names "$1"), not $2"
}
rates="inputRowsPerSecond processedRowsPerSecond"
expect_names . "id runId name timestamp batchId batchDuration numInputRows $rates durationMs eventTime \
stateOperators sources sink observedMetrics"
expect_names .durationMs \
    "addBatch commitOffsets getBatch latestOffset queryPlanning triggerExecution walCommit"
expect_names .eventTime "avg max min watermark"
expect_names ".stateOperators[0]" "operatorName numRowsTotal numRowsUpdated allUpdatesTimeMs \
numRowsRemoved allRemovalsTimeMs commitTimeMs memoryUsedBytes numRowsDroppedByWatermark \
numShufflePartitions numStateStoreInstances customMetrics"
expect_names ".sources[0]" \
    "description startOffset endOffset latestOffset numInputRows $rates metrics"
expect_names .sink "description numOutputRows metrics"
expect_names .observedMetrics ""

# A time is in UTC, to the millisecond.
jq -r '.timestamp, .eventTime[]' second |
    grep -cE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$' >times
[ "$(cat times)" = 5 ] || fail "expected five times with milliseconds and a Z"

# The first report has no rate of arrival: there was no trigger before it. Rates have one decimal.
head -n 1 reports | jq -e 'has("inputRowsPerSecond") | not' >truth || fail "a rate since when?"
grep -qE '"inputRowsPerSecond":[0-9]+\.[0-9],"processedRowsPerSecond":[0-9]+\.[0-9],' second ||
    fail "expected rates with one decimal"

# Each trigger goes on where the one before ended, and what is in must come out or stay.
expect_true() {
    jq -s -e "$1" reports >truth || fail "not so: $1"
}
expect_true 'map(.numInputRows) == [1000, 1000, 500]'
expect_true '.[1].sources[0].startOffset == .[0].sources[0].endOffset'
expect_true '.[2].sources[0].startOffset == .[1].sources[0].endOffset'
expect_true '.[2].sources[0] | .endOffset == .latestOffset'
expect_true 'map(.numInputRows == .sources[0].numInputRows) | all'
expect_true 'map(.sink.numOutputRows) | add == '"$(wc -l <out)"
expect_true 'map(.sink.numOutputRows == .stateOperators[0].numRowsUpdated) | all'
expect_true 'map(.batchDuration == .durationMs.triggerExecution) | all'

# A restart is the same query, but another run of it.
sed 's/2018-1[0-2]/2019-03/' calls.json | head -n 700 >more.json
cat more.json >>calls.json
levada run query.conf --progress reports
expect_exit 0
expect_true 'map(.id) | unique | length == 1'
expect_true 'map(.runId) | unique | length == 2'
expect_true 'map(.batchId) == [0, 1, 2, 3]'
expect_true '.[3].numInputRows == 700'
expect_true '.[3].sources[0].startOffset == .[2].sources[0].endOffset'

# On standard error, and where nothing can be written.
rm -r state
levada run query.conf --progress -
expect_exit 0
grep '^{' err | jq -s -e 'map(.numInputRows) | add == 3200' >truth ||
    fail "expected reports on standard error"
levada run query.conf --progress no/such/folder
expect_exit 73
