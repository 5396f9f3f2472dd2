# SPDX-License-Identifier: Apache-2.0
# A cluster that cannot make its log of transactions, since it has fewer brokers than copies are asked for: exactly
# once ends in words, in time, and with its exit code. At least once works.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
export KAFKA_PROPERTIES=transaction.state.log.replication.factor=3
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

make_topic out 1
seq 1 100 | sed 's/.*/{"n":&}/' >in.json
cat >job.conf <<EOF
pipeline: { name = "job"; delivery = "exactly_once"; trigger = "available_now"; errors = { retry_for = "3 s"; };
  stages = (
    { name = "calls"; plugin = "json_file_source"; path = "in.json"; },
    { name = "out"; plugin = "kafka_sink"; brokers = "$broker"; topic = "out"; create = { partitions = 1; }; } ); };
EOF

began=$(date +%s)
levada run job.conf
expect_exit 69
expect_err 'out: transactions cannot be opened, although brokers answer'
expect_err 'transaction.state.log.replication.factor'
[ $(($(date +%s) - began)) -le 60 ] || fail "that took long"
[ -z "$(read_topic out)" ] || fail "something was written"

levada run job.conf --set pipeline.delivery=at_least_once
expect_exit 0
[ "$(read_topic out | wc -l)" -eq 100 ] || fail "at least once has not written all"
