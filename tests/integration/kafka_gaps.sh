# SPDX-License-Identifier: Apache-2.0
# Offsets without a record (compacted, of aborted transactions, of their marks), records that are gone, and
# partitions without news.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

# reads TOPIC GROUP OPTION...: what is there from the group's offset on; reports are in progress.jsonl.
reads() {
    cat >print.conf <<EOF
pipeline: { name = "print"; stages = (
  { name = "topic"; plugin = "kafka_source"; brokers = "$broker"; topic = "$1"; group = "$2";
    starting_offsets = "earliest"; },
  { name = "out"; plugin = "console_sink"; format = "raw"; } ); };
EOF
    shift 2
    levada run print.conf --until-caught-up --progress progress.jsonl "$@"
}
# expect_numbers N...: each record's n, and every offset was passed.
expect_numbers() {
    expect_exit 0
    for n in "$@"; do echo "$n"; done >expected
    jq .n out >actual
    expect_same expected actual
    tail -n 1 progress.jsonl | jq -e '.sources[0] | .endOffset == .latestOffset' >passed ||
        fail "it ended before the end: $(tail -n 1 progress.jsonl | jq -c '.sources[0]')"
}
in_transaction() { # commit|abort TOPIC PARTITION N...
    how=$1 to=$2 partition=$3
    shift 3
    for n in "$@"; do echo "k:{\"n\":$n}"; done | "$kafka_transaction" "$broker" "$how" "$to" "$partition"
}

# ---- a compacted topic: one record, a gap, and at its end what was never committed ----
make_topic compacted 1 cleanup.policy=compact segment.ms=10 min.cleanable.dirty.ratio=0.001
{ echo 'keep:{"n":0}' && seq 1 20 | sed 's/.*/k&:{"n":0}/'; } | write_topic compacted 0
seq 1 20 | sed 's/.*/k&:{"n":&}/' | write_topic compacted 0
echo 'z:{"n":21}' | write_topic compacted 0 # before it there are whole segments
until [ "$(read_topic compacted -f '%o\n' | wc -l)" -eq 22 ]; do sleep 0.1; done
in_transaction abort compacted 0 22 23 24
numbers=$(seq 0 21)
reads compacted whole
expect_numbers $numbers
reads compacted whole # goes on behind the end, where there is nothing
expect_numbers
reads compacted slow --set topic.max_offsets_per_trigger=3 --set topic.max_rate_per_partition=1000
expect_numbers $numbers
reads compacted inside --set topic.starting_offsets=0=7 # an offset that is no more
expect_numbers $(seq 1 21)

# ---- aborted transactions ----
make_topic aborted 2
in_transaction commit aborted 0 1 2
in_transaction abort aborted 0 3 4
in_transaction commit aborted 0 5
in_transaction abort aborted 0 6 7
in_transaction abort aborted 1 8 9
reads aborted whole
expect_numbers 1 2 5
[ "$(tail -n 1 progress.jsonl | jq -c '.sources[0].endOffset.aborted | [ ."0", ."1" ]')" = '[11,3]' ] ||
    fail "marks of transactions were not passed"
reads aborted slow --set topic.max_offsets_per_trigger=2
expect_numbers 1 2 5

# One that is open: what is behind it is not read before it is committed, and is not waited for.
make_topic open 1
in_transaction commit open 0 1
mkfifo lines
"$kafka_transaction" "$broker" commit open 0 <lines &
exec 5>lines
echo 'k:{"n":2}' >&5
until read_topic open -X isolation.level=read_uncommitted | grep -q '"n":2'; do sleep 0.1; done
echo 'k:{"n":3}' | write_topic open 0
reads open whole
expect_numbers 1
exec 5>&-
wait
reads open whole
expect_numbers 2 3

# ---- records that are gone ----
make_topic trimmed 1
printf 'k:{"n":0}\nk:{"n":1}\n' | write_topic trimmed 0
reads trimmed whole
expect_numbers 0 1
seq 2 9 | sed 's/.*/k:{"n":&}/' | write_topic trimmed 0
"$kafka_topic" "$broker" trim trimmed 0 5
reads trimmed whole
expect_exit 66
expect_err 'topic trimmed, partition 0: offset 2 comes next, but the topic has 5 to 10: records are gone'
expect_no_out
reads trimmed whole --set topic.fail_on_data_loss=false
expect_numbers 5 6 7 8 9
reads trimmed new
expect_numbers 5 6 7 8 9
"$kafka_topic" "$broker" trim trimmed 0 10
reads trimmed late
expect_numbers

# ---- a partition without news holds windows open, for good or for idle_after ----
mkfifo rows
# counts IDLE_AFTER: the next rows come on descriptor 4.
counts() {
    make_topic "idle$1" 2
    printf 'k:{"t":"2020-01-01T00:01"}\nk:{"t":"2020-01-01T01:00"}\n' | write_topic "idle$1" 0
    echo 'k:{"t":"2020-01-01T00:05"}' | write_topic "idle$1" 1
    cat >idle.conf <<EOF
pipeline: { name = "idle"; trigger = "continuous"; stages = (
  { name = "topic"; plugin = "kafka_source"; brokers = "$broker"; topic = "idle$1"; starting_offsets = "earliest"; },
  { name = "windows"; plugin = "crime_aggregate"; event_time = "t"; window = "10 min"; watermark = "1 ms";
    output_mode = "append"; idle_after = "$1 ms"; },
  { name = "out"; plugin = "console_sink"; format = "json"; },
  { name = "late"; plugin = "console_sink"; from = "windows.late"; format = "json"; } ); };
EOF
    : >reports
    ran="levada run idle.conf"
    "$LEVADA" run idle.conf --progress reports >rows 2>err &
    levada_id=$!
    exec 4<rows
}
expect_row() {
    read -r row <&4 || fail "expected a row, and levada ended"
    [ "$row" = "$1" ] || fail "expected $1, found $row"
}
stop() {
    kill -TERM $levada_id
    exit_code=0
    wait $levada_id || exit_code=$?
    expect_exit 0
    exec 4<&-
}

counts 300
expect_row '{"window_start":"2020-01-01T00:00:00","window_end":"2020-01-01T00:10:00","count":2}'
echo 'k:{"t":"2020-01-01T00:06"}' | write_topic idle300 1
expect_row '{"t":"2020-01-01T00:06"}' # late
stop

counts 3600000
until [ "$(jq -s 'map(.numInputRows) | add' reports)" = 3 ]; do
    kill -0 $levada_id || fail "levada ended"
    sleep 0.1
done
echo 'k:{"t":"2020-01-01T00:06"}' | write_topic idle3600000 1
echo 'k:{"t":"2020-01-01T00:11"}' | write_topic idle3600000 1
expect_row '{"window_start":"2020-01-01T00:00:00","window_end":"2020-01-01T00:10:00","count":3}'
stop
