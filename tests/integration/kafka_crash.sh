# SPDX-License-Identifier: Apache-2.0
# Killed at random moments, a copy from topic to topic loses nothing where its checkpoint knows the positions.
# Where its group knows them: kafka_kill.sh.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

records=30000 kills=5
seq 1 $records | sed 's/.*/{"n":&}/' >calls.json
sort calls.json >expected
run_pipeline kafka_server --set calls.path=calls.json --set topic.topic=from
expect_exit 0

# copy_with CHECKPOINT_LINE TO: paced by its limit, so that a kill finds it at work.
copy_with() {
    cat >copy.conf <<EOF
pipeline: {
  name = "copy_$2";
  trigger = "20 ms";
  $1
  stages = (
    { name = "topic"; plugin = "kafka_source"; brokers = "$broker"; topic = "from";
      starting_offsets = "earliest"; max_offsets_per_trigger = 100; kafka = { session_timeout_ms = 1000; heartbeat_interval_ms = 300; }; },
    { name = "to"; plugin = "kafka_sink"; brokers = "$broker"; topic = "$2"; create = { partitions = 2; }; }
  );
};
EOF
    : >progress.jsonl
    for kill in $(seq $kills); do
        batches=$(wc -l <progress.jsonl)
        "$LEVADA" run copy.conf --progress progress.jsonl >out 2>err &
        until [ "$(wc -l <progress.jsonl)" -gt $((batches + kill)) ]; do # at work
            kill -0 $! 2>/dev/null || fail "the copy ended by itself"
        done
        kill -9 $!
        wait $! 2>/dev/null || true
    done
    [ "$(read_topic "$2" | wc -l)" -lt $records ] || fail "no kill interrupted anything"
    levada run copy.conf --until-caught-up --set topic.max_offsets_per_trigger=0
    expect_exit 0
    read_topic "$2" | sort -u >actual
    expect_same expected actual
    twice=$(($(read_topic "$2" | wc -l) - records))
    echo "$2: $twice records came twice"
    # At most what was in flight: the records of one trigger, and one acknowledgement under way, each kill.
    [ $twice -le $((kills * 2 * 100)) ] || fail "$twice records came twice"
}

copy_with 'checkpoint = "kept";' by_checkpoint
