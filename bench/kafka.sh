# SPDX-License-Identifier: Apache-2.0
# Sourced by bench/run: the Kafka jobs, on a real broker that is started for them, where there is Java.

kafka=tests/kafka/kafka
kafka_rounds=5

# start_broker: sets $broker; false where none can run.
start_broker() {
    command -v java >/dev/null && command -v mvn >/dev/null || return 1
    for try in 1 2 3; do # somebody may listen there already
        port=$((20000 + ($$ + 1237 * try) % 6000 * 2))
        broker=$(KAFKA_AUTO_CREATE=false bash "$kafka" start "$work/broker" "$port" 2>"$work/broker.err") &&
            return 0
        rm -rf "$work/broker"
    done
    tail -n 3 "$work/broker.err" >&2
    return 1
}

stop_broker() {
    [ ! -e "$work/broker/pid" ] || bash "$kafka" kill "$work/broker"
}

make_topic() { # NAME
    build/tests/kafka/kafka_topic "$broker" create "$1" 1
}

to_topic() { # TOPIC COMPRESSION
    echo "$levada run pipelines/kafka_server.conf --quiet --set calls.path=$calls --set topic.brokers=$broker
        --set topic.topic=$1 --set topic.kafka.compression_type=$2"
}

stream_job() { # TOPIC
    echo "$levada run pipelines/data_stream.conf --quiet --until-caught-up --set topic.brokers=$broker
        --set topic.topic=$1 --set topic.max_offsets_per_trigger=0 \
        --set topic.max_rate_per_partition=0 --set out.format=csv"
}

# per_second MS: of the calls, in thousands.
per_second() {
    awk -v n="$n_calls" -v ms="$1" 'BEGIN { printf "%.0f", n / ms }'
}

# A file to a topic, beside a loop that sends the same bytes, which are in memory, with the same settings.
compare_sinks() { # COMPRESSION
    say "file to topic, $1"
    make_topic "sink_$1"
    build/bench/bench_measure "$kafka_rounds" \
        -- hand build/bench/bench_kafka_sink_by_hand "$broker" "sink_$1" "$work/lines" "compression.type=$1" \
        -- levada $(to_topic "sink_$1" "$1") >"$work/times"
    add "file to topic, $1" "k records/s" "librdkafka" "$(per_second "$(figure hand 2)")" \
        "$(per_second "$(figure levada 2)")" ">0.85"
    add "file to topic, $1" "CPU ms" "librdkafka" "$(figure hand 4)" "$(figure levada 4)" -
    add "file to topic, $1" "peak MiB" "librdkafka" "$(figure hand 5)" "$(figure levada 5)" -
}

# The stream job over a whole topic, beside one file of C++ on librdkafka.
compare_streams() { # COMPRESSION
    say "stream job, $1"
    make_topic "stream_$1"
    $(to_topic "stream_$1" "$1")
    hand="build/bench/bench_kafka_stream_by_hand $broker stream_$1 $codes"
    $hand >"$work/by_hand.csv"
    $(stream_job "stream_$1") >"$work/levada.csv"
    cmp "$work/by_hand.csv" "$work/levada.csv" || die "the two programs do not do the same"
    build/bench/bench_measure "$kafka_rounds" -- hand $hand -- levada $(stream_job "stream_$1") >"$work/times"
    add "stream job, $1" "wall ms" "by hand" "$(figure hand 2)" "$(figure levada 2)" x1.25
    add "stream job, $1" "CPU ms" "by hand" "$(figure hand 4)" "$(figure levada 4)" -
    add "stream job, $1" "peak MiB" "by hand" "$(figure hand 5)" "$(figure levada 5)" 64
}

# A topic to another exactly once, beside a loop that commits as often: each run under a name of its own, so that it
# begins at the beginning.
compare_copies() {
    say "exactly once copy"
    make_topic copied
    for _ in 1 2 3 4; do $(to_topic copied none); done
    cat >"$work/copy.conf" <<EOT
pipeline: { name = "\${env:COPY}"; delivery = "exactly_once"; max_records_per_trigger = 50000; stages = (
  { name = "from"; plugin = "kafka_source"; brokers = "$broker"; topic = "copied"; starting_offsets = "earliest"; format = "bytes"; },
  { name = "to"; plugin = "kafka_sink"; brokers = "$broker"; topic = "copies"; } ); };
EOT
    make_topic copies
    build/bench/bench_measure "$kafka_rounds" \
        -- hand sh -c "build/bench/bench_kafka_copy_by_hand $broker copied copies hand-\$\$ 50000" \
        -- levada sh -c "COPY=copy-\$\$ $levada run $work/copy.conf --quiet --until-caught-up" >"$work/times"
    n_calls=$((n_calls * 4))
    add "exactly once copy" "k records/s" "librdkafka" "$(per_second "$(figure hand 2)")" \
        "$(per_second "$(figure levada 2)")" ">0.8"
    add "exactly once copy" "CPU ms" "librdkafka" "$(figure hand 4)" "$(figure levada 4)" -
    add "exactly once copy" "peak MiB" "librdkafka" "$(figure hand 5)" "$(figure levada 5)" -
}

# counted NAME GROUP: the job that NAME.conf is: counts by GROUP, exactly once, of the topic of all calls.
counted() {
    cat >"$work/$1.conf" <<EOT
pipeline: { name = "$1"; instance = "here"; delivery = "exactly_once"; max_records_per_trigger = 1000; stages = (
  { name = "from"; plugin = "kafka_source"; brokers = "$broker"; topic = "lines"; starting_offsets = "earliest"; },
  { name = "counts"; plugin = "aggregate"; group_by = [ "$2" ]; output_mode = "update"; },
  { name = "to"; plugin = "kafka_sink"; brokers = "$broker"; topic = "counts"; create = { partitions = 1; }; } ); };
EOT
}

now_ms() {
    echo $(($(date +%s%N) / 1000000))
}

# first_commit: starts the job; $took is the time in ms until it has committed something, $pid the job.
first_commit() {
    rm -f "$work/commits"
    mkfifo "$work/commits"
    began=$(now_ms)
    $levada run "$work/$1.conf" --quiet --progress "$work/commits" &
    pid=$!
    head -n 1 "$work/commits" >/dev/null
    took=$(($(now_ms) - began))
}

# The job is killed at work and started again. Then a start with a state of 199,999 groups beside one with two.
compare_restarts() {
    say "restart and restore"
    make_topic counts
    counted few city
    counted many crime_id
    : >"$work/restarts"
    first_commit few
    first=$took
    for _ in $(seq "$kafka_rounds"); do
        kill -9 $pid 2>/dev/null || true # its reader of commits is gone, so it may be too
        wait $pid 2>/dev/null || true
        first_commit few
        echo "$took" >>"$work/restarts"
    done
    kill $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    add "exactly once" "restart, ms" "first start" "$first" \
        "$(sort -n "$work/restarts" | sed -n $((kafka_rounds / 2 + 1))p)" 1500
    for job in few many; do
        $levada run "$work/$job.conf" --quiet --until-caught-up --set pipeline.max_records_per_trigger=20000
    done
    build/bench/bench_measure "$kafka_rounds" \
        -- few $levada run "$work/few.conf" --quiet --until-caught-up \
        -- many $levada run "$work/many.conf" --quiet --until-caught-up >"$work/times"
    add "exactly once" "restore, ms" "few groups" "$(figure few 2)" "$(figure many 2)" 2000
}

compare_kafka() {
    say "starting a broker"
    if ! start_broker; then
        say "no broker: needs Java, Maven and the jars that tests/kafka/pom.xml names"
        return
    fi
    make_topic lines
    $(to_topic lines lz4)
    $levada run pipelines/consumer_server.conf --quiet --until-caught-up --set "topic.brokers=$broker" \
        --set topic.topic=lines >"$work/lines"
    n_calls=$(wc -l <"$work/lines")
    for compression in none lz4; do
        compare_sinks "$compression"
        compare_streams "$compression"
    done
    compare_copies
    compare_restarts
    stop_broker
}

# As print_quoted() in bench/run.
print_quoted_kafka() {
    cat <<'EOT'

quoted, not measured here: the stream job over a topic of 199,999 calls   wall s / CPU s / peak MB
  Kafka Streams 4.2, at least once                                        19.1 / 30.4 / 655
  Kafka Streams 4.2, exactly once                                         21.4 / 30.5 / 648
  Spark 3.5.7, complete mode, tuned                                       37.0 / 49.1 / 788
  quixstreams                                                             56 / 32.7 / 327
quoted: a file to a topic                                                 thousand records a second / MB
  kcat                                                                    500 / 40
  Python, confluent-kafka, from a list in memory; parsing JSON            294; 62-89 / 39
  Kafka Connect 4.2, FileStreamSource, cold; warm                         44; 75 / 740
  Redpanda Connect                                                        41 / 68
EOT
}
