# SPDX-License-Identifier: Apache-2.0
# Calls keyed by nothing that the job groups by, shared by 1, 2 and 3 hosts, and by hosts that die: each window has
# the counts of one host that reads the file.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

cat >make.conf <<EOF
pipeline: { name = "make"; trigger = "available_now"; stages = (
  { name = "calls"; plugin = "call_generator"; count = 20000; order = "oldest_first"; },
  { name = "kept"; plugin = "file_sink"; from = [ "calls" ]; path = "calls.json"; format = "json"; },
  { name = "topic"; plugin = "kafka_sink"; from = [ "calls" ]; brokers = "$broker"; topic = "calls";
    key = [ "crime_id" ]; create = { partitions = 4; }; } ); };
EOF
levada run make.conf
expect_exit 0

windows='plugin = "aggregate"; event_time = "call_date_time"; window = "60 min"; watermark = "1 min";
    group_by = [ "original_crime_type_name" ]; output_mode = "append"; on_end = "flush";
    compute = ( { name = "calls"; function = "count"; },
                { name = "places"; function = "count_distinct"; field = "address"; },
                { name = "latest"; function = "max"; field = "call_time"; } );'
cat >oracle.conf <<EOF
pipeline: { name = "oracle"; trigger = "available_now"; stages = (
  { name = "calls"; plugin = "json_file_source"; path = "calls.json"; },
  { name = "windows"; $windows },
  { name = "out"; plugin = "file_sink"; path = "oracle.json"; format = "json"; } ); };
EOF
levada run oracle.conf
expect_exit 0
sort oracle.json >expected

# write_job NAME SINK_OPTIONS: NAME.conf, whose output is the topic NAME. Rows have the time of their windows, years
# ago: a broker would take them for old.
write_job() {
    make_topic "$1" 4 retention.ms=-1
    cat >"$1.conf" <<EOF
pipeline: { name = "$1"; instance = "host"; delivery = "exactly_once"; trigger = "20 ms"; stages = (
  { name = "calls"; plugin = "kafka_source"; brokers = "$broker"; topic = "calls"; starting_offsets = "earliest";
    kafka = { session_timeout_ms = 6000; heartbeat_interval_ms = 500; }; },
  { name = "windows"; $windows },
  { name = "out"; plugin = "kafka_sink"; brokers = "$broker"; topic = "$1"; key = [ "original_crime_type_name" ];
    $2 kafka = { linger_ms = 5; }; } ); };
EOF
}

# run_host NAME NUMBER OPTION...: in the background, its process is in $host.
run_host() {
    name=$1 number=$2
    shift 2
    "$LEVADA" run "$name.conf" --set "pipeline.instance=host$number" "$@" >>"$name.$number.out" 2>>"$name.$number.err" &
    host=$!
}

# catch_up NAME HOSTS: so many hosts together, until each has caught up.
catch_up() {
    hosts='' member=1
    while [ $member -le "$2" ]; do
        run_host "$1" $member --until-caught-up
        hosts="$hosts $host"
        member=$((member + 1))
    done
    for host in $hosts; do
        wait "$host" || { tail -n 5 "$1".*.err >&2; fail "a host of $1 failed"; }
    done
}

# A reader sees the last transaction a moment after its commit.
expect_windows() {
    for try in $(seq 50); do
        read_topic "$1" -X isolation.level=read_committed | sort >actual
        [ "$(wc -l <actual)" -lt "$(wc -l <expected)" ] || break
        sleep 0.2
    done
    expect_same expected actual
}

for n in 1 2 3; do
    write_job "by_$n" 'create = { partitions = 4; };'
    catch_up "by_$n" $n
    expect_windows "by_$n"
done

# A host dies at each step of a transaction, and by kill -9 at any moment; another works on. So slowly that there is
# something to read for all of them.
write_job killed 'create = { partitions = 4; };'
limit="--set calls.max_offsets_per_trigger=10"
# shellcheck disable=SC2086
run_host killed 1 $limit
first=$host died=0
for point in before_trigger before_changelog before_send_offsets after_send_offsets after_commit_transaction; do
    export LEVADA_CRASH_AT=$point:3
    # shellcheck disable=SC2086
    run_host killed 2 $limit
    unset LEVADA_CRASH_AT
    wait "$host" || died=$((died + 1))
done
[ $died -eq 5 ] || fail "only $died of 5 hosts died where they should"
for pause in 0.3 0.7; do
    # shellcheck disable=SC2086
    run_host killed 3 $limit
    sleep $pause
    kill -9 "$first" "$host"
    wait "$first" "$host" || true
    # shellcheck disable=SC2086
    run_host killed 1 $limit
    first=$host
done
kill -9 "$first"
wait "$first" || true
catch_up killed 2
expect_windows killed

# Without leave to create it, the topic is missed by name.
write_job poor ''
make_topic poor-changelog 4 cleanup.policy=compact
levada run poor.conf
expect_exit 73
expect_err "poor-windows-repartition"
expect_err "cleanup.policy=delete"
make_topic poor-windows-repartition 3
levada run poor.conf
expect_exit 78
expect_err "has 3 partitions, but the input has 4"
