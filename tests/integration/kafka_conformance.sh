# SPDX-License-Identifier: Apache-2.0
# The conformance suite on the Kafka stages beside a real broker, which can all that tests/conformance has to leave
# out beside a pretended one: what was aborted is hidden.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

plugins=$(dirname "$LEVADA")/plugins
options=$LEVADA_SOURCE/tests/conformance
export KAFKA_BROKERS="$broker"
make_topic records 1
make_topic out 4
make_topic conformance-changelog 2 cleanup.policy=compact
make_topic conformance-stream 2
seq -f '{"n":%g}' 70000 | kcat -b "$broker" -t records -p 0 -P

levada plugin test "$plugins/kafka_sink.so" --options "$options/kafka_sink.conf"
expect_exit 0
for name in transaction abort look join streams connect; do
    expect_out "ok     ext.$name "
done

levada plugin test "$plugins/kafka_source.so" --options "$options/kafka_source.conf"
expect_exit 0
expect_out 'ok     source.resume '

levada plugin test "$plugins/kafka_source.so" --options "$options/kafka_source_group.conf" \
    --only life.one_record,life.any_order,source.resume,ext.group
expect_exit 0
expect_out 'ok     ext.group '
