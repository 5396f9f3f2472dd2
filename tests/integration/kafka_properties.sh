# SPDX-License-Identifier: Apache-2.0
# kafka = { ... }: what librdkafka knows and what is harmless is let through. Needs no broker.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

levada check "$pipelines/kafka_server.conf" "$pipelines/consumer_server.conf" "$pipelines/data_stream.conf"
expect_exit 0

refuses() { # PIPELINE PROPERTY=VALUE SENTENCE
    levada check "$pipelines/$1.conf" --set "topic.kafka.$2"
    expect_exit 78
    expect_err "$3"
}
refuses kafka_server nonsense=1 'librdkafka has no property of this name'
refuses kafka_server linger_ms=soon 'Invalid value'
refuses kafka_server fetch_min_bytes=1 'a property of consumers'
refuses data_stream linger_ms=1 'a property of producers'
refuses kafka_server enable_idempotence=false 'always is idempotent'
refuses data_stream group_id=mine 'use the option group'
refuses kafka_server background_event_cb=1 'librdkafka has no property of this name'

# A library would be opened, and its code run, by only checking: it must not even be tried.
refuses kafka_server plugin_library_paths=/nowhere.so 'runs code of its own'
if grep -q nowhere err; then fail "the library was looked for"; fi

levada check "$pipelines/kafka_server.conf" --set topic.kafka.linger_ms=5
expect_exit 0
