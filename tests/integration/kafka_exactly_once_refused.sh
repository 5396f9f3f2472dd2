# SPDX-License-Identifier: Apache-2.0
# What keeps exactly once from being kept is told in words, with its exit code, and soon: identities that two
# share, rights that are missing, topics that are missing, gone, or another's.
kafka_secure=true
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

make_topic calls 2
make_topic others 3
make_topic out 2
seq 1 2000 | sed 's/.*/{"k":"&","n":&}/' | kcat -P -b "$broker" -t calls -K '~' -p 0
seq 1 2000 | sed 's/.*/{"k":"&","n":&}/' | kcat -P -b "$broker" -t calls -p 1
seq 1 2000 | sed 's/.*/{"k":"&","n":&}/' >calls.json

# copy NAME [SOURCE_OPTIONS [SINK_OPTIONS]]: the job NAME.conf, from topic to topic.
copy() {
    cat >"$1.conf" <<EOF
pipeline: { name = "$1"; instance = "here"; delivery = "exactly_once"; trigger = "50 ms"; errors = { retry_for = "3 s"; };
  stages = (
    { name = "calls"; plugin = "kafka_source"; brokers = "$broker"; topic = "calls"; starting_offsets = "earliest"; ${2:-} },
    { name = "out"; plugin = "kafka_sink"; brokers = "$broker"; topic = "out"; ${3:-} } ); };
EOF
}

# count NAME [SOURCE_OPTIONS [SINK_OPTIONS]]: the same with counts by key in between.
count() {
    copy "$@"
    sed -i 's/^ *{ name = "out"/    { name = "counts"; plugin = "aggregate"; group_by = [ "k" ]; output_mode = "update"; },\n&/' \
        "$1.conf"
}

# comes NAME CODE SENTENCE [OPTION]...: a run that ends so.
comes() {
    job=$1 code=$2 sentence=$3
    shift 3
    began=$(date +%s)
    levada run "$job.conf" --until-caught-up "$@"
    expect_exit "$code"
    expect_err "$sentence"
    [ $(($(date +%s) - began)) -le 30 ] || fail "that took long"
}

# ---- what check sees ----

copy named 'partitions = [ 0 ];'
comes named 78 '`partitions` names them'
copy uncommitted 'kafka = { isolation_level = "read_uncommitted"; };'
comes uncommitted 78 'isolation_level must be "read_committed"'
copy long
comes long 78 'a transaction is open for at most 20 s' --set pipeline.trigger=continuous --set 'pipeline.checkpoint_every=1 min'

# ---- the changelog ----

count missing 'keyed_by = [ "k" ];'
comes missing 73 'the changelog topic missing-changelog is missing; create it with 2 partitions'
make_topic narrow-changelog 1 cleanup.policy=compact
count narrow 'keyed_by = [ "k" ];'
comes narrow 78 'the changelog topic narrow-changelog has 1 partitions, but the input has 2'
count first 'keyed_by = [ "k" ]; kafka = { session_timeout_ms = 1500; heartbeat_interval_ms = 300; };' 'create = { partitions = 2; };'
comes first 0 'records_in=4000'
count second 'keyed_by = [ "k" ];' 'changelog = "first-changelog";'
comes second 78 'the changelog is that of pipeline "first", not of "second"'
# State that is gone while the group still knows how far it had read, and the other way round. Both gone, it begins anew.
reset_first() {
    for try in 1 2 3 4 5; do # its last member is one until its session ends
        bash "$kafka" tool org.apache.kafka.tools.consumer.group.ConsumerGroupCommand --bootstrap-server "$broker" \
            --group connect-first --reset-offsets --to-earliest --all-topics --execute >reset 2>&1
        ! grep -q '^connect-first *calls' reset || return 0
        sleep 1
    done
    fail "the offsets cannot be reset: $(cat reset)"
}
delete_topic first-changelog
make_topic first-changelog 2 cleanup.policy=compact
comes first 66 'was committed together with state, and the changelog has none of it'
reset_first
comes first 0 'records_in=4000'
reset_first
comes first 66 'the group no position that it belongs to'
make_topic deleting-changelog 2 cleanup.policy=delete
count deleting 'keyed_by = [ "k" ];'
comes deleting 78 'the changelog topic deleting-changelog has cleanup.policy=delete; it needs cleanup.policy=compact'
make_topic foreign-changelog 2 cleanup.policy=compact
echo 'a-key~a-value' | kcat -P -b "$broker" -t foreign-changelog -K '~' -p 1
count foreign 'keyed_by = [ "k" ];'
comes foreign 65 'holds records that no pipeline wrote there'
count unkeyed
make_topic unkeyed-changelog 2 cleanup.policy=compact
comes unkeyed 73 'the repartition topic unkeyed-counts-repartition is missing; create it with 2 partitions'
count wide 'topic = [ "calls", "others" ]; keyed_by = [ "k" ];' 'create = { partitions = 2; };'
sed -i 's/topic = "calls"; starting/starting/' wide.conf
comes wide 78 'topics need as many each'

# ---- rights ----

sasl=127.0.0.1:$((port + 2))
allow() {
    bash "$kafka" tool org.apache.kafka.tools.AclCommand --bootstrap-server "$broker" --add --allow-principal User:writer \
        "$@" >/dev/null
}
allow --operation Read --operation Describe --operation Write --topic out --topic calls
copy locked '' "kafka = { security_protocol = \"sasl_ssl\"; sasl_mechanisms = \"PLAIN\"; sasl_username = \"writer\";
      sasl_password = \"\${file:broker/writer.password}\"; ssl_ca_location = \"$workdir/broker/tls/ca.pem\"; };"
sed -i "/name = \"out\"/s/brokers = \"[^\"]*\"/brokers = \"$sasl\"/" locked.conf
comes locked 78 'transactional id "locked.here.0"'
allow --operation Write --operation Describe --transactional-id locked.here.0
comes locked 78 'Group authorization failed'
allow --operation Read --group connect-locked
comes locked 0 'records_in=4000'
# Who joins is asked for with what the one that commits may do.
sed '$s/ } ); };$/ },\n    { name = "more"; plugin = "kafka_sink"; from = [ "calls" ]; brokers = "'"$sasl"'"; topic = "out"; } ); };/' \
    locked.conf >joined.conf
sed -i 's/name = "locked"/name = "joined"/' joined.conf
levada check joined.conf --connect
expect_exit 0
[ "$(grep -c 'the topic is there topic=out' err)" -eq 2 ] || fail "not both sinks were asked"

# ---- an identity that two have ----

# twice NAME: starts it, and once more; one of them ends, and says why. The other goes on.
twice() {
    : >first.jsonl
    "$LEVADA" run "$1.conf" --progress first.jsonl >out 2>first.err &
    first=$!
    until [ -s first.jsonl ]; do
        kill -0 $first 2>/dev/null || { cat first.err >&2; fail "it ended by itself"; }
        sleep 0.05
    done
    "$LEVADA" run "$1.conf" >out2 2>second.err &
    second=$!
    for _ in $(seq 300); do
        kill -0 $first 2>/dev/null && kill -0 $second 2>/dev/null || break
        sleep 0.1
    done
    code=0
    if ! kill -0 $first 2>/dev/null; then
        wait $first || code=$?
        ended=first rest=$second
    elif ! kill -0 $second 2>/dev/null; then
        wait $second || code=$?
        ended=second rest=$first
    else
        fail "two share an identity, and neither ends"
    fi
    cp $ended.err err
    [ $code -eq 78 ] || fail "the $ended ended with $code, not with 78"
    grep -qE 'another process uses the identity "'"$1"'.here.0"|another member of the group has our group_instance_id|Static consumer fenced' err ||
        fail "it does not say why"
    sleep 1
    kill -0 $rest 2>/dev/null || fail "both ended"
    kill -TERM $rest
    wait $rest || fail "the other did not stop in order"
}

copy both 'max_offsets_per_trigger = 20;'
twice both
make_topic file-changelog 1 cleanup.policy=compact
sed 's/^    { name = "calls".*/    { name = "calls"; plugin = "json_file_source"; path = "calls.json"; follow = true; },/; s/trigger = "50 ms"/& ; max_records_per_trigger = 10/' both.conf |
    sed 's/name = "both"/name = "file"/; s/topic = "out"/topic = "once"/' >file.conf
make_topic once 1
twice file
levada run file.conf --until-caught-up --set calls.follow=false --set pipeline.max_records_per_trigger=0
expect_exit 0
read_topic once -X isolation.level=read_committed | sort >actual
sort calls.json >expected
expect_same expected actual

# ---- a topic that vanishes ----

copy vanishing 'max_offsets_per_trigger = 10;' 'kafka = { topic_metadata_propagation_max_ms = 1000; topic_metadata_refresh_interval_ms = 500; };'
: >vanishing.jsonl
"$LEVADA" run vanishing.conf --progress vanishing.jsonl >out 2>err &
pid=$! ran="levada run vanishing.conf"
until [ "$(wc -l <vanishing.jsonl)" -ge 3 ]; do
    kill -0 $pid 2>/dev/null || fail "it ended by itself"
    sleep 0.05
done
bash "$kafka" tool org.apache.kafka.tools.TopicCommand --bootstrap-server "$broker" --delete --topic out
exit_code=0
wait $pid || exit_code=$?
expect_exit 73
