# SPDX-License-Identifier: Apache-2.0
# A member joins and leaves while another works, and the broker dies and comes back: all arrives. Records come
# as long as that takes.
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

# start MEMBER [OPTION]...: in the background, $! is its process. stop MEMBER PID: in order.
start() {
    member=$1
    shift
    "$LEVADA" run copy.conf --progress "$member.jsonl" "$@" >out 2>"$member.err" &
}
stop() {
    kill -TERM "$2"
    wait "$2" || fail "the $1 member did not stop in order"
}
start_writer() {
    touch more
    write_on from &
    writer=$!
}
stop_writer() {
    rm more
    wait $writer || fail "the writer failed: $(tail -n 3 write.err)"
}

: >first.jsonl
: >second.jsonl
# One of them has a name in the group, by which a member is known again, and can be taken for another.
named="--set topic.kafka.group_instance_id=first"
start_writer
start first $named
first=$!
works_on first $first
start second
second=$!
works_on second $second
works_on first $first
stop second $second
works_on first $first
stop_writer
sort written >expected
for _ in $(seq 400); do
    read_topic to | sort >actual
    [ "$(wc -l <actual)" -lt "$(wc -l <expected)" ] || break
    sleep 0.1
done
expect_same expected actual # nothing twice either, as nothing has crashed

# The broker is killed under way.
start_writer
works_on first $first
bash "$kafka" kill "$workdir/broker"
bash "$kafka" start "$workdir/broker" "$port" >/dev/null
works_on first $first
stop_writer
stop first $first

levada run copy.conf $named --until-caught-up --set topic.max_offsets_per_trigger=0
expect_exit 0
read_topic to | sort -u >actual
sort written >expected
expect_same expected actual
