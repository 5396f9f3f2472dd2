# SPDX-License-Identifier: Apache-2.0
# levada check --connect: brokers, topics, ours to use or not; each problem with its place and its exit code.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

cat >both.conf <<EOF
pipeline: {
  name = "both";
  stages = (
    { name = "calls"; plugin = "kafka_source"; brokers = "$broker";
      topic = "calls"; },
    { name = "topic"; plugin = "kafka_sink"; brokers = "$broker";
      topic = "copies"; }
  );
};
EOF

# All that is missing is told at once, where it stands.
levada check both.conf --connect
expect_exit 78
expect_err 'both.conf:5:15: error: stage "calls": there is no topic calls'
expect_err 'both.conf:7:15: error: stage "topic": there is no topic copies'
levada check both.conf
expect_exit 0

# Nothing was created by asking.
levada check both.conf --connect --json
expect_exit 78
[ "$(jq -r .option out | sort -u)" = topic ] || fail "not two problems of the option topic"
make_topic calls 3
levada check both.conf --connect --set topic.create.partitions=2
expect_exit 0
expect_err 'the topic is there topic=calls partitions=3'
expect_err 'the topic will be created topic=copies partitions=2'

# How it would be created is for the brokers to judge, and then told where it stands.
levada check both.conf --connect --set topic.create.partitions=2 --set topic.create.settings.retention_mss=1
expect_exit 78
expect_err 'stage "topic": topic copies could not be created: Unknown topic config name: retention.mss'
levada check both.conf --connect --set topic.create.partitions=2 --set topic.create.replication=7
expect_exit 78
expect_err 'topic copies could not be created: Unable to replicate the partition 7 time(s)'
[ "$(kcat -b "$broker" -L -J | jq '[ .topics[] | select(.topic == "copies") ] | length')" -eq 0 ] ||
    fail "the topic was created by asking"
make_topic copies 1
levada check both.conf --connect
expect_exit 0

# Stages in processes of their own are asked there.
set -- --set calls.isolation.mode=process --set topic.isolation.mode=process
levada check both.conf --connect "$@" --set calls.isolation.network=true --set topic.isolation.network=true
expect_exit 0
expect_err 'the topic is there topic=calls partitions=3'
levada check both.conf --connect "$@" --set calls.isolation.network=true --set topic.isolation.network=true \
    --set calls.topic=missing --set topic.topic=absent
expect_exit 78
expect_err 'stage "calls": there is no topic missing'
expect_err 'stage "topic": there is no topic absent'
levada check both.conf --connect "$@" # which have no network
expect_exit 69
expect_err "no broker answers at $broker: "

# Patterns and numbered partitions.
levada check both.conf --connect --set 'calls.topic=^cal'
expect_exit 0
levada check both.conf --connect --set 'calls.topic=^nothing,calls'
expect_exit 78
expect_err 'no topic'"'"'s name is like ^nothing'
levada check both.conf --connect --set calls.partitions=2,3
expect_exit 78
expect_err 'topic calls has 3 partitions, from 0; there is no 3'

# Nobody there is another exit code than something not right, and both together are the latter.
levada check both.conf --connect --set calls.brokers=127.0.0.1:1 --set topic.brokers=127.0.0.1:1
expect_exit 69
expect_err 'no broker answers at 127.0.0.1:1: '
levada check both.conf --connect --set calls.brokers=127.0.0.1:1 --set topic.topic=missing
expect_exit 78
expect_err 'there is no topic missing'

# What is wrong in the file comes first: nobody is asked.
levada check both.conf --connect --set topic.create.replication=2
expect_exit 78
! grep -q 'the topic is there' err || fail "a broker was asked"

# What the host itself needs for exactly once, as it has to be: each with the promise that fails without it.
cat >once.conf <<EOF
pipeline: { name = "once"; delivery = "exactly_once";
  stages = (
    { name = "calls"; plugin = "kafka_source"; brokers = "$broker"; topic = "calls"; },
    { name = "counts"; plugin = "aggregate"; group_by = [ "k" ]; output_mode = "update"; },
    { name = "out"; plugin = "kafka_sink"; brokers = "$broker"; topic = "copies"; } ); };
EOF
levada check once.conf --connect
expect_exit 78
expect_err 'once.conf:5:5: error: stage "out": the changelog topic once-changelog is missing; create it with 3 partitions and cleanup.policy=compact'
expect_err 'without it exactly once fails: state would not change together with the output'
expect_err 'the repartition topic once-counts-repartition is missing; create it with 3 partitions and cleanup.policy=delete'
expect_err 'without it counts fail: the rows of a group would stay in several partitions'
levada check both.conf once.conf --connect --set both/calls.topic=missing
expect_exit 78
expect_err 'there is no topic missing'
expect_err 'the changelog topic once-changelog is missing'
levada check once.conf --connect --set out.create.partitions=1
expect_exit 0
expect_out 'once-changelog           state of "counts"; compacted, 3 partitions'
make_topic once-changelog 3 cleanup.policy=delete
make_topic once-counts-repartition 2
levada check once.conf --connect
expect_exit 78
expect_err 'the changelog topic once-changelog has cleanup.policy=delete; it needs cleanup.policy=compact'
expect_err 'the repartition topic once-counts-repartition has 2 partitions, but the input has 3'
delete_topic once-changelog
delete_topic once-counts-repartition
make_topic once-changelog 3 cleanup.policy=compact
make_topic once-counts-repartition 3 cleanup.policy=compact
levada check once.conf --connect
expect_exit 78
expect_err 'the repartition topic once-counts-repartition has cleanup.policy=compact; it needs cleanup.policy=delete'
levada check once.conf --connect --set calls.keyed_by=k --json
expect_exit 0
[ "$(jq -r 'select(.role == "changelog").partitions' out)" = 3 ] || fail "not the partitions that were found"
levada check once.conf --connect --set calls.brokers=127.0.0.1:1 --set out.brokers=127.0.0.1:1
expect_exit 69
