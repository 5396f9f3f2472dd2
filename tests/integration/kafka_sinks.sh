# SPDX-License-Identifier: Apache-2.0
# Several sinks, dead letters among them, in one transaction: whatever dies, each topic has each record once. So it
# is where the broker refuses a record of one sink, which is a dead letter then.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

make_topic calls 2
make_topic out 2
make_topic small 2 max.message.bytes=2000
make_topic bad 1
for partition in 0 1; do
    python3 - $partition <<'END' >in.$partition
import json, sys
for n in range(int(sys.argv[1]), 2000, 2):
    if n % 400 < 2:
        print("oops", n)
    else:
        print(json.dumps({"n": n, "v": "x" * (3000 if n in (1700, 1801) else 20)}, separators=(",", ":")))
END
    kcat -P -b "$broker" -t calls -p $partition <in.$partition
done
cat >job.conf <<EOF
pipeline: { name = "job"; instance = "here"; delivery = "exactly_once"; trigger = "20 ms"; tasks = 2;
  errors = { tolerance = "all"; dead_letter = "bad"; };
  stages = (
    { name = "calls"; plugin = "kafka_source"; brokers = "$broker"; topic = "calls"; starting_offsets = "earliest";
      kafka = { session_timeout_ms = 6000; heartbeat_interval_ms = 500; }; },
    { name = "bad"; plugin = "kafka_sink"; from = []; brokers = "$broker"; topic = "bad"; errors = { tolerance = "none"; }; },
    { name = "out"; plugin = "kafka_sink"; from = [ "calls" ]; brokers = "$broker"; topic = "out";
      kafka = { batch_num_messages = 20; }; }, # a broker measures batches, not records
    { name = "small"; plugin = "kafka_sink"; from = [ "calls" ]; brokers = "$broker"; topic = "small"; } ); };
EOF

died=0
for point in after_prepare before_send_offsets after_send_offsets after_commit_transaction; do
    export LEVADA_CRASH_AT=$point:4
    levada run job.conf --set calls.max_offsets_per_trigger=100
    unset LEVADA_CRASH_AT
    [ "$exit_code" -ne 137 ] || died=$((died + 1))
done
[ $died -eq 4 ] || fail "only $died of 4 runs died where they should"
levada run job.conf --until-caught-up --set calls.max_offsets_per_trigger=200
expect_exit 0

# committed TOPIC: its records, sorted, once the last transaction is stable
committed() {
    read_topic "$1" -X isolation.level=read_committed | sort
}
sort in.0 in.1 | grep -v oops >expected
grep -v xxxxxxxxxxxxxxxxxxxxxxxxx expected >expected.small
sort in.0 in.1 | grep -E 'oops|xxxxxxxxxxxxxxxxxxxxxxxxx' >expected.bad
for try in $(seq 50); do
    committed bad >actual.bad
    committed out >actual
    committed small >actual.small
    [ "$(cat actual actual.small actual.bad | wc -l)" -lt "$(cat expected expected.small expected.bad | wc -l)" ] || break
    sleep 0.1
done
expect_same expected actual
expect_same expected.small actual.small
expect_same expected.bad actual.bad
