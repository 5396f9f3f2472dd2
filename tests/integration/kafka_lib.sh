# SPDX-License-Identifier: Apache-2.0
# Sourced behind lib.sh by tests that need a real broker: $broker is its address. It ends with the test.
# With kafka_secure=true before, it has locked doors too: see tests/kafka/kafka. A test is skipped where no
# broker can run.

kafka=$LEVADA_SOURCE/tests/kafka/kafka
kafka_topic=$(dirname "$LEVADA")/tests/kafka/kafka_topic
kafka_transaction=$(dirname "$LEVADA")/tests/kafka/kafka_transaction

if ! command -v java >/dev/null || ! command -v mvn >/dev/null; then
    echo "SKIPPED: no java or no mvn"
    exit 77
fi

stop_all() {
    kill -9 $(jobs -p) 2>/dev/null
    bash "$kafka" end "$workdir/broker" 2>/dev/null
}
export KAFKA_AUTO_CREATE=false KAFKA_SECURE="${kafka_secure:-false}"

# Four neighbouring ports. Tests run side by side, so that somebody may listen there already.
port=$((20000 + $$ % 3000 * 4)) broker=
for try in 1 2 3 4 5; do
    if broker=$(bash "$kafka" start "$workdir/broker" "$port" 2>broker.err); then
        break
    fi
    rm -rf "$workdir/broker"
    port=$((20000 + (port + 1236 * try) % 12000))
done
[ -n "$broker" ] || { cat broker.err >&2; fail "no broker starts"; }

# run_pipeline NAME OPTION...: a shipped pipeline, against the broker.
run_pipeline() {
    name=$1
    shift
    levada run "$pipelines/$name.conf" --set "topic.brokers=$broker" "$@"
}

# read_topic TOPIC [KCAT_OPTION...]: its records, a line each. Nobody may write to it meanwhile: it ends where each
# partition had nothing new for a moment, and as long as somebody writes that may be never.
read_topic() {
    topic=$1
    shift
    kcat -b "$broker" -t "$topic" -C -e -q "$@"
}

# make_topic NAME PARTITIONS [PROPERTY=VALUE...], delete_topic NAME
make_topic() {
    "$kafka_topic" "$broker" create "$@" || fail "topic $1 cannot be made"
}
delete_topic() {
    "$kafka_topic" "$broker" delete "$1" || fail "topic $1 cannot be deleted"
}

# write_on TOPIC: {"n":1} and so on, 2,000 records a second, as long as the file `more` is there; all that it ever
# wrote is in `written`. For the background: it outlives its broker, and writes nothing twice.
write_on() {
    cat >write.conf <<EOF
pipeline: { name = "write"; stages = (
  { name = "in"; plugin = "json_file_source"; path = "-"; },
  { name = "topic"; plugin = "kafka_sink"; brokers = "$broker"; topic = "$1"; kafka = { reconnect_backoff_max_ms = 500; }; } ); };
EOF
    touch written
    n=$(wc -l <written)
    while [ -e more ]; do
        seq -f '{"n":%.0f}' $((n + 1)) $((n + 100))
        n=$((n + 100))
        sleep 0.05
    done | tee -a written | "$LEVADA" run write.conf 2>write.err
}

# works_on MEMBER PID: until it had five more triggers with records; its progress is in MEMBER.jsonl. It may wait for
# a session to end, but for none of librdkafka's time limits, which are a minute.
works_on() {
    until=$(($(wc -l <"$1.jsonl") + 5))
    for _ in $(seq 400); do
        [ "$(wc -l <"$1.jsonl")" -lt $until ] || return 0
        kill -0 "$2" 2>/dev/null || fail "$1 ended by itself: $(tail -n 3 "$1.err")"
        sleep 0.1
    done
    fail "$1 has read nothing for 40 s: $(tail -n 3 "$1.err")"
}

# write_topic TOPIC PARTITION [KCAT_OPTION...]: standard input, a record a line, "KEY:VALUE".
write_topic() {
    to=$1 partition=$2
    shift 2
    kcat -b "$broker" -t "$to" -p "$partition" -P -K : "$@"
}

# resident_kib PID: the memory that it has. settled_kib PID: once it has stopped growing, as what fills does.
resident_kib() {
    awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}
settled_kib() {
    settled=$(resident_kib "$1")
    for _ in $(seq 60); do
        sleep 0.5
        before_settled=$settled
        settled=$(resident_kib "$1")
        [ $((settled - before_settled)) -gt 64 ] || break
    done
    echo "$settled"
}
