# SPDX-License-Identifier: Apache-2.0
# A member joins and leaves while another works, and the broker dies and comes back: all arrives. Records come as
# long as that takes.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

make_topic from 4
make_topic to 2
cat >copy.conf <<EOF
pipeline: {
  name = "copy";
  trigger = "20 ms";
  stages = (
    { name = "topic"; plugin = "kafka_source"; brokers = "$broker"; topic = "from";
      starting_offsets = "earliest"; max_offsets_per_trigger = 100;
      kafka = { heartbeat_interval_ms = 200; session_timeout_ms = 6000; reconnect_backoff_max_ms = 500; }; },
    { name = "to"; plugin = "kafka_sink"; brokers = "$broker"; topic = "to";
      kafka = { reconnect_backoff_max_ms = 500; }; }
  );
};
EOF

# Ten records of each partition at a time, again where the broker is away; until the file `enough` is there.
write_on() {
    n=0
    while [ ! -e enough ] && [ $n -lt 40000 ]; do
        for partition in 0 1 2 3; do
            seq $((n + 1)) $((n + 10)) | sed 's/.*/{"n":&}/' >ten
            n=$((n + 10))
            until kcat -b "$broker" -t from -p $partition -P <ten 2>>kcat.err; do
                sleep 0.2
            done
            cat ten >>written
        done
    done
}

# works_on FILE PID: until five more triggers had records.
works_on() {
    until=$(($(wc -l <"$1") + 5)) tries=0
    while [ "$(wc -l <"$1")" -lt $until ]; do
        kill -0 "$2" 2>/dev/null || fail "a member ended by itself"
        [ $tries -lt 1800 ] || fail "$1: no records for three minutes: $(tail -n 3 "${1%.jsonl}.err")"
        tries=$((tries + 1))
        sleep 0.1
    done
}

: >first.jsonl
: >second.jsonl
write_on &
writer=$!
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
[ -s so_far ] || fail "nothing arrived"
[ -z "$(uniq -d so_far)" ] || fail "records came twice, and nothing had crashed"

# The broker is killed under way.
bash "$kafka" kill "$workdir/broker"
bash "$kafka" start "$workdir/broker" "$port" >/dev/null
works_on first.jsonl $first
touch enough
wait $writer
kill -TERM $first
wait $first || fail "the first member did not stop in order"

levada run copy.conf --until-caught-up --set topic.max_offsets_per_trigger=0
expect_exit 0
read_topic to | sort -u >actual
sort written >expected
expect_same expected actual
