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
refuses kafka_server lingr_ms=1 'did you mean "linger_ms"?'
refuses kafka_server linger_ms=soon 'linger_ms: must be 0 .. 900000, not "soon"'
refuses kafka_server linger_ms=900001 'must be 0 .. 900000'
refuses kafka_server compression_type=zip 'must be one of none, gzip, snappy, lz4, zstd, not "zip"'
refuses kafka_server security_protocol=tls 'must be one of plaintext, ssl, sasl_plaintext, sasl_ssl'
refuses kafka_server fetch_min_bytes=1 'a property of consumers'
refuses data_stream linger_ms=1 'a property of producers'
refuses kafka_server enable_idempotence=false 'always is idempotent'
refuses data_stream group_id=mine 'use the option group'
refuses kafka_server queuing_strategy=fifo 'cannot be set in a pipeline file'
refuses kafka_server background_event_cb=1 'cannot be set in a pipeline file'
refuses data_stream partition_assignment_strategy=cooperative-sticky 'cooperative-sticky loses partitions in librdkafka before 2.10'
refuses data_stream partition_assignment_strategy=sticky 'must be "range" or "roundrobin"'
refuses data_stream isolation_level=serializable 'must be one of'

# A library would be opened, and its code run, by only checking: it must not even be tried.
refuses kafka_server plugin_library_paths=/nowhere.so 'runs code of its own'
if grep -q nowhere err; then fail "the library was looked for"; fi
refuses kafka_server sasl_kerberos_kinit_cmd=true 'is a command that would be run'
refuses kafka_server ssl_engine_location=/nowhere.so 'runs code of its own'
refuses kafka_server sasl_oauthbearer_config=x 'OAUTHBEARER is not supported'
refuses kafka_server enable_ssl_certificate_verification=false 'always has to prove who it is'

# A secret stands neither in a file nor on a command line, and no message repeats it.
export CANARY=canary-in-the-environment
for property in sasl_password ssl_key_password ssl_key_pem ssl_keystore_password; do
    refuses kafka_server "$property=canary-in-clear" 'must be a reference, "${env:NAME}"'
    ! grep -q canary err || fail "$property was shown"
done
levada check "$pipelines/kafka_server.conf" --set 'topic.kafka.sasl_password=${env:CANARY}' --print
expect_exit 0
! grep -q canary-in out err || fail "a secret was printed"
# Nor does a run tell, though librdkafka tells all it does, nor why a key is none.
run_with_canary() { # EXIT_CODE OPTION...
    code=$1
    shift
    for set in "$@"; do
        shift
        set -- "$@" --set "topic.kafka.$set"
    done
    levada run "$pipelines/kafka_server.conf" --log-level trace --set calls.path=one.json --set topic.brokers=127.0.0.1:1 \
        --set pipeline.errors.retry_for='0 s' --set topic.kafka.debug=all "$@"
    expect_exit "$code"
    ! grep -q canary-in out err || fail "a secret was printed at level trace"
}
echo '{"n":1}' >one.json
run_with_canary 69 security_protocol=sasl_plaintext sasl_mechanisms=PLAIN sasl_username=me 'sasl_password=${env:CANARY}'
expect_err 'librdkafka'
run_with_canary 78 security_protocol=ssl 'ssl_key_pem=${env:CANARY}'
run_with_canary 78 security_protocol=ssl ssl_key_location=/dev/null 'ssl_key_password=${env:CANARY}'
run_with_canary 78 security_protocol=ssl ssl_keystore_location=/dev/null 'ssl_keystore_password=${env:CANARY}'

levada check "$pipelines/kafka_server.conf" --set topic.kafka.linger_ms=5
expect_exit 0
levada check "$pipelines/data_stream.conf" --set topic.kafka.isolation_level=read_uncommitted \
    --set topic.kafka.partition_assignment_strategy=roundrobin
expect_exit 0
