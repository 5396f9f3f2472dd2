# SPDX-License-Identifier: Apache-2.0
# Exactly once through Kafka: the same rows with one, two and three hosts, with three workers in a process, of
# made-up and of real calls; a file to a topic and a topic to a file, killed on the way.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/oracle.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

# read_committed TOPIC: its records in order of the bytes, those of aborted transactions left out.
read_committed() {
    read_topic "$1" -X isolation.level=read_committed | sort
}

# job FILE NAME TOPIC: counts the calls of TOPIC by type, disposition and hour into the topic NAME.
job() {
    cat >"$1" <<EOF
pipeline: { name = "$2"; instance = "one"; delivery = "exactly_once"; stages = (
  { name = "calls"; plugin = "kafka_source"; brokers = "$broker"; topic = "$3"; starting_offsets = "earliest";
    keyed_by = [ "original_crime_type_name" ]; max_offsets_per_trigger = 2000;
    kafka = { session_timeout_ms = 2000; heartbeat_interval_ms = 500; }; },
  { name = "windows"; plugin = "aggregate"; event_time = "call_date_time"; window = "60 min"; watermark = "60 min";
    group_by = [ "original_crime_type_name", "disposition" ]; output_mode = "append"; on_end = "hold"; },
  { name = "out"; plugin = "kafka_sink"; brokers = "$broker"; topic = "$2"; create = { partitions = 4; }; } ); };
EOF
}

# send TOPIC: calls.json, oldest first and keyed by type, and in each partition a call that closes all windows.
send() {
    cat >send.conf <<EOF
pipeline: { name = "send"; trigger = "available_now"; stages = (
  { name = "calls"; plugin = "json_file_source"; path = "calls.json"; order = "reverse"; },
  { name = "topic"; plugin = "kafka_sink"; brokers = "$broker"; topic = "$1"; key = [ "original_crime_type_name" ];
    create = { partitions = 4; }; } ); };
EOF
    levada run send.conf
    expect_exit 0
    for partition in 0 1 2 3; do
        printf '{"original_crime_type_name":"the end","call_date_time":"2030-01-01T00:00:00.000"}\n' |
            kcat -P -b "$broker" -t "$1" -p $partition
    done
}

# expect_rows TOPIC: expected, each once. The expected ones: see below.
expect_rows() {
    read_committed "$1" >actual.json
    jq -r '[.window_start[:13], .original_crime_type_name, .disposition, .count] | @csv' actual.json | sort >actual
    expect_same expected actual
}

# by_hosts TOPIC: the job over TOPIC on one, two and three hosts at once, and by three workers of one.
by_hosts() {
    ask_sqlite "SELECT '\"' || substr(time, 1, 13) || '\",' || printf('\"%w\"', type) || ',' ||
        printf('\"%w\"', disposition) || ',' || count(*)
        FROM calls GROUP BY substr(time, 1, 13), type, disposition" | sort >expected
    [ "$(wc -l <expected)" -gt 1000 ] || fail "these calls test nothing"
    for hosts in 1 2 3 workers; do
        job job.conf "$1-by-$hosts" "$1"
        workers=1 n=$hosts
        [ "$hosts" != workers ] || workers=3 n=1
        pids=
        for host in $(seq "$n"); do
            "$LEVADA" run job.conf --until-caught-up --set pipeline.instance="host$host" --set pipeline.tasks=$workers \
                >"out$host" 2>"err$host" &
            pids="$pids $!"
        done
        for pid in $pids; do
            wait "$pid" || { cat err[0-9]* >&2; fail "one of $hosts hosts failed"; }
        done
        expect_rows "$1-by-$hosts"
        echo "$1, $hosts: $(wc -l <actual) rows, hosts read$(sed -n 's/.* records_in=\([0-9]*\).*/ \1/p' err[0-9]* | tr -d '\n')"
        rm -f err[0-9]* out[0-9]*
    done
}

# ---- topic to topic ----

make_calls 20000 7
send calls
by_hosts calls
if [ -n "$LEVADA_DATA" ]; then
    xz -dc "$LEVADA_DATA/police-department-calls-for-service.json.xz" | jq -c '.[]' >calls.json
    send real
    by_hosts real
fi

# ---- a host that comes back ----

# Its group does not wait for its session to end: it is known by its name, and goes on where it was.
job again.conf again calls
sed -i 's/max_offsets_per_trigger = 2000/max_offsets_per_trigger = 50/; s/session_timeout_ms = 2000/session_timeout_ms = 60000/' again.conf
: >again.jsonl
for start in first second; do
    began=$(date +%s%N) commits=$(wc -l <again.jsonl)
    "$LEVADA" run again.conf --set pipeline.trigger='50 ms' --progress again.jsonl >out 2>err &
    pid=$!
    until [ "$(wc -l <again.jsonl)" -gt "$commits" ]; do
        kill -0 $pid 2>/dev/null || fail "it ended by itself"
        sleep 0.01
    done
    took=$((($(date +%s%N) - began) / 1000000))
    kill -9 $pid
    wait $pid 2>/dev/null || true
done
echo "$took ms from kill -9 to the next commit"
[ $took -lt 30000 ] || fail "it took $took ms to come back"

# ---- a file to a topic, and a topic to a file ----

# kill_often FILE: runs it, and kills it after one commit, after two.. five times; once the broker dies too.
kill_often() {
    : >progress.jsonl
    for kill in 1 2 3 4 5; do
        until=$(($(wc -l <progress.jsonl) + kill))
        "$LEVADA" run "$1" --progress progress.jsonl >out 2>err &
        pid=$!
        while [ "$(wc -l <progress.jsonl)" -lt $until ]; do
            kill -0 $pid 2>/dev/null || fail "it ended by itself"
            sleep 0.02
        done
        if [ $kill -eq 3 ]; then
            bash "$kafka" kill "$workdir/broker"
            bash "$kafka" start "$workdir/broker" "$port" >/dev/null
        fi
        kill -9 $pid
        wait $pid 2>/dev/null || true
    done
}

seq 1 20000 | sed 's/.*/{"n":&}/' >numbers.json
sort numbers.json >expected
make_topic numbers 2
make_topic to-topic-changelog 1 cleanup.policy=compact
cat >to-topic.conf <<EOF
pipeline: { name = "to-topic"; delivery = "exactly_once"; trigger = "50 ms"; max_records_per_trigger = 50; stages = (
  { name = "numbers"; plugin = "json_file_source"; path = "numbers.json"; follow = true; },
  { name = "out"; plugin = "kafka_sink"; brokers = "$broker"; topic = "numbers"; } ); };
EOF
kill_often to-topic.conf
[ "$(read_committed numbers | wc -l)" -lt 20000 ] || fail "no kill interrupted anything"
levada run to-topic.conf --until-caught-up --set numbers.follow=false --set pipeline.max_records_per_trigger=0
expect_exit 0
read_committed numbers >actual
expect_same expected actual

cat >to-file.conf <<EOF
pipeline: { name = "to-file"; delivery = "exactly_once"; trigger = "50 ms"; checkpoint = "kept"; stages = (
  { name = "numbers"; plugin = "kafka_source"; brokers = "$broker"; topic = "numbers"; starting_offsets = "earliest";
    max_offsets_per_trigger = 50; kafka = { session_timeout_ms = 1000; heartbeat_interval_ms = 300; }; },
  { name = "out"; plugin = "file_sink"; path = "numbers.out"; } ); };
EOF
kill_often to-file.conf
levada run to-file.conf --until-caught-up --set numbers.max_offsets_per_trigger=0
expect_exit 0
sort numbers.out >actual
expect_same expected actual
