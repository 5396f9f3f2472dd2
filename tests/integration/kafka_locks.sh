# SPDX-License-Identifier: Apache-2.0
# A broker with TLS, passwords, client certificates and ACLs: who may come in does. Whoever may not is told
# why, soon, with the documented exit code; and no password is ever printed.
kafka_secure=true
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

sasl=127.0.0.1:$((port + 2)) tls=127.0.0.1:$((port + 3)) certificates=$workdir/broker/tls
make_topic locked 1
echo 'not-the-password' >wrong.password
echo '{"n":1}' >calls.json

door='brokers = "'$sasl'"; topic = "locked"; kafka = { security_protocol = "sasl_ssl";
      sasl_mechanisms = "PLAIN"; ssl_ca_location = "'$certificates/ca.pem'";'
cat >kafka_sink.conf <<EOF
pipeline: { name = "locks"; trigger = "available_now"; stages = (
  { name = "calls"; plugin = "json_file_source"; path = "calls.json"; },
  { name = "topic"; plugin = "kafka_sink"; $door
      sasl_username = "writer"; sasl_password = "\${file:broker/writer.password}"; }; } ); };
EOF
cat >kafka_source.conf <<EOF
pipeline: { name = "unlock"; stages = (
  { name = "topic"; plugin = "kafka_source"; group = "readers"; starting_offsets = "earliest"; $door
      sasl_username = "reader"; sasl_password = "\${file:broker/reader.password}"; }; },
  { name = "out"; plugin = "console_sink"; format = "raw"; } ); };
EOF

expect_no_secrets() {
    for secret in broker/*.password wrong.password; do
        ! grep -qF -f "$secret" out err || fail "$secret was printed"
    done
}

# comes JOB EXIT_CODE SENTENCE [OPTION=VALUE]...: a run that ends so; it may try again for a while, no more.
comes() {
    job=$1 code=$2 sentence=$3
    shift 3
    for set in "$@"; do
        shift
        set -- "$@" --set "$set"
    done
    began=$(date +%s)
    levada run "$job.conf" --until-caught-up --set pipeline.errors.retry_for='2 s' "$@"
    expect_exit "$code"
    expect_err "$sentence"
    expect_no_secrets
    [ $(($(date +%s) - began)) -le 20 ] || fail "that took long"
}

allow() {
    bash "$kafka" tool org.apache.kafka.tools.AclCommand --bootstrap-server "$broker" --add "$@" >/dev/null
}

# ---- what is allowed ----

comes kafka_sink 78 'topic locked: Broker: Topic authorization failed'
comes kafka_sink 78 'topic locked: Broker: Topic authorization failed' topic.create.partitions=1
comes kafka_source 78 'Group authorization failed'
allow --allow-principal User:writer --allow-principal User:reader --operation Describe --topic locked
comes kafka_sink 78 'authorization failed'
allow --allow-principal User:reader --operation Read --group readers
comes kafka_source 78 'Topic authorization failed'
allow --allow-principal User:writer --allow-principal User:CN=client --producer --topic locked
comes kafka_sink 0 'records_out=1'
allow --allow-principal User:reader --operation Read --topic locked
comes kafka_source 0 'records_out=1'
expect_same calls.json out

# ---- who comes in ----

# by_certificate NAME: the options for the door where certificates are shown.
by_certificate() {
    echo "topic.brokers=$tls topic.kafka.security_protocol=ssl
        topic.kafka.ssl_certificate_location=$certificates/$1.pem topic.kafka.ssl_key_location=$certificates/$1.key"
}
comes kafka_sink 0 'records_out=1' $(by_certificate client)
comes kafka_source 78 'Group authorization failed' $(by_certificate client)
comes kafka_source 0 'records_out=1'

for job in kafka_sink kafka_source; do
    comes $job 78 'Invalid username or password' 'topic.kafka.sasl_password=${file:wrong.password}'
    comes $job 78 'Invalid username or password' topic.kafka.sasl_username=nobody
    comes $job 78 'certificate verify failed' "topic.kafka.ssl_ca_location=$certificates/other_ca.pem"
    comes $job 78 'ssl.ca.location failed' topic.kafka.ssl_ca_location=nowhere.pem
    comes $job 78 'certificate' $(by_certificate stranger)
    comes $job 78 'certificate' "topic.brokers=$tls" topic.kafka.security_protocol=ssl
    comes $job 78 "broker's supported mechanisms" topic.kafka.sasl_mechanisms=SCRAM-SHA-512
    comes $job 69 'incorrect security.protocol configuration' topic.kafka.security_protocol=sasl_plaintext
done

# SCRAM of older librdkafkas is not what newer brokers take.
if pkg-config --atleast-version=2.6.1 rdkafka; then
    comes kafka_sink 0 'records_out=1' topic.kafka.sasl_mechanisms=SCRAM-SHA-256
else
    comes kafka_sink 78 'takes SCRAM of librdkafka 2.6.1' topic.kafka.sasl_mechanisms=SCRAM-SHA-256
fi

# ---- nothing tells a password, however much is told ----

levada run kafka_sink.conf --log-level trace --set topic.kafka.debug=all
expect_exit 0
expect_err 'librdkafka'
expect_no_secrets
levada check kafka_sink.conf kafka_source.conf --print
expect_exit 0
expect_out 'sasl_username'
expect_no_secrets
