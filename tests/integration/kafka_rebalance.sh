# SPDX-License-Identifier: Apache-2.0
# A member joins and leaves while another works, and the broker dies and comes back: all arrives.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

records=30000
seq 1 $records | sed 's/.*/{"n":&}/' >calls.json
sort calls.json >expected
run_pipeline kafka_server --set calls.path=calls.json --set topic.topic=from --set topic.key=n
expect_exit 0
cat >copy.conf <<EOF
pipeline: {
  name = "copy";
  trigger = "20 ms";
  stages = (
    { name = "topic"; plugin = "kafka_source"; brokers = "$broker"; topic = "from";
      starting_offsets = "earliest"; max_offsets_per_trigger = 20; },
    { name = "to"; plugin = "kafka_sink"; brokers = "$broker"; topic = "to"; create = { partitions = 2; }; }
  );
};
EOF

# works_on FILE PID: until five more triggers had records.
works_on() {
    until=$(($(wc -l <"$1") + 5))
    while [ "$(wc -l <"$1")" -lt $until ]; do
        kill -0 "$2" 2>/dev/null || fail "a member ended by itself"
    done
}

: >first.jsonl
: >second.jsonl
"$LEVADA" run copy.conf --progress first.jsonl >out 2>first.err &
first=$!
works_on first.jsonl $first
"$LEVADA" run copy.conf --progress second.jsonl >out 2>second.err &
second=$!
works_on second.jsonl $second
works_on first.jsonl $first
kill -TERM $second
wait $second || fail "the second member did not stop in order"
works_on first.jsonl $first
read_topic to | sort >so_far
[ -z "$(uniq -d so_far)" ] || fail "records came twice, and nothing had crashed"

# The broker is killed under way.
bash "$kafka" kill "$workdir/broker"
bash "$kafka" start "$workdir/broker" "$port" >/dev/null
works_on first.jsonl $first
kill -TERM $first
wait $first || fail "the first member did not stop in order"

levada run copy.conf --until-caught-up --set topic.max_offsets_per_trigger=0
expect_exit 0
read_topic to | sort -u >actual
expect_same expected actual
