# SPDX-License-Identifier: Apache-2.0
#
#   kafka_broker_down.sh [--long]
#
# A broker that is not there at the start, that is killed and stays away for a while (with --long for more than
# a minute), a topic that is deleted under way: it is said, nothing is lost, and no memory grows.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

away=5 records=40000
[ "${1:-}" != --long ] || away=70
seq 1 $records | sed 's/.*/{"n":&,"filler":"a record of about as many bytes as a call has, so that some of them fill a queue"}/' >calls.json
sort calls.json >expected

cat >fill.conf <<EOF
pipeline: { name = "fill"; trigger = "available_now"; stages = (
  { name = "calls"; plugin = "json_file_source"; path = "calls.json"; },
  { name = "topic"; plugin = "kafka_sink"; brokers = "$broker"; topic = "calls";
      kafka = { queue_buffering_max_kbytes = 1024; }; } ); };
EOF
cat >print.conf <<EOF
pipeline: { name = "print"; stages = (
  { name = "topic"; plugin = "kafka_source"; brokers = "$broker"; topic = "calls"; starting_offsets = "earliest"; },
  { name = "out"; plugin = "console_sink"; format = "raw"; } ); };
EOF

# start JOB [ARGUMENT]...: in the background; JOB.out, JOB.err. $! is its process.
start() {
    job=$1
    shift
    "$LEVADA" run "$job.conf" "$@" >"$job.out" 2>"$job.err" &
}

# until_true COMMAND...: waits for it, as long as it takes others to give up.
until_true() {
    for try in $(seq 600); do
        ! "$@" || return 0
        sleep 0.1
    done
    tail -n 20 ./*.err >&2
    fail "still not so: $*"
}

says() { # FILE TEXT
    grep -qF -e "$2" "$1"
}

has_lines() { # FILE N
    [ "$(wc -l <"$1")" -ge "$2" ]
}

ends_with() { # PID EXIT_CODE STDERR
    exit_code=0
    wait "$1" || exit_code=$?
    cp "$3" err
    expect_exit "$2"
}

make_topic calls 2

# ---- not there at the start ----

bash "$kafka" kill "$workdir/broker"
for job in fill print; do
    levada run $job.conf --set pipeline.errors.retry_for='1 s'
    expect_exit 69
    expect_err 'no broker can be reached'
done
mkfifo some
{
    head -n 10000 calls.json
    until [ -e broker_is_dead ]; do sleep 0.1; done
    tail -n +10001 calls.json
} >some &
start fill --set calls.path=some
fill=$!
start print
print=$!
until_true says fill.err 'will be tried again'
until_true says print.err 'will be tried again'
bash "$kafka" start "$workdir/broker" "$port" >/dev/null

# ---- killed under way ----

until_true has_lines print.out 5000
bash "$kafka" kill "$workdir/broker"
touch broker_is_dead
before=$(settled_kib $fill) before_print=$(settled_kib $print) # the queue is full
sleep $away
grew=$(($(resident_kib $fill) - before)) grew_print=$(($(resident_kib $print) - before_print))
echo "$away s without a broker: the job that writes grew by $grew KiB, the one that reads by $grew_print KiB"
[ $grew -le 2048 ] && [ $grew_print -le 2048 ] || fail "memory grows while the broker is away"
bash "$kafka" start "$workdir/broker" "$port" >/dev/null
ends_with $fill 0 fill.err
until_true has_lines print.out $records
kill -TERM $print
ends_with $print 0 print.err
sort print.out >actual
expect_same expected actual

# ---- deleted under way ----

# Endless jobs, both at work.
mkfifo more
start fill --set calls.path=more --set pipeline.trigger=continuous
fill=$!
exec 4>more
cat calls.json >&4
start print --set topic.group=another --set topic.kafka.topic_metadata_refresh_interval_ms=2000
print=$!
until_true has_lines print.out $((2 * records))
delete_topic calls
head -n 10 calls.json >&4
ends_with $print 66 print.err
expect_err 'topic calls was deleted'
ends_with $fill 73 fill.err
expect_err 'Unknown'
