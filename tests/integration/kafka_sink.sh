# SPDX-License-Identifier: Apache-2.0
# Records to a topic: each once and as it was, with key and timestamp; what a broker refuses.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

# Every record once, as compact JSON, fields in their order, numbers and escapes as they were.
printf '[ {"b" : 1.50, "a":"x\\u00e9\\/y" },\n{"a": "ü", "n":12345678901234567890 , "o": { "z":[1, 2 ] }} ]\n' >calls.json
run_pipeline kafka_server --set calls.path=calls.json
expect_exit 0
read_topic police.service.calls | sort >actual
printf '%s\n' '{"a":"ü","n":12345678901234567890,"o":{"z":[1,2]}}' '{"b":1.50,"a":"x\u00e9\/y"}' >expected
expect_same expected actual

cat >keyed.conf <<EOF
pipeline: {
  name = "keyed";
  trigger = "available_now";
  stages = (
    { name = "calls"; plugin = "json_file_source"; path = "keyed.json"; },
    { name = "topic"; plugin = "kafka_sink"; brokers = "$broker"; topic = "keyed";
      key = [ "k" ]; event_time = "t"; create = { partitions = 1; }; kafka = { message_max_bytes = 2000; }; },
    { name = "dead"; plugin = "console_sink"; from = []; format = "json"; }
  );
};
EOF
cat >keyed.json <<'EOF'
{"k":"a\"b","n":1,"t":"2018-12-31T23:57:00.000"}
{"n":2,"t":"2018-12-31T23:58:00.000"}
EOF

# One field is the key as text, several make a JSON array; a missing one is no key, or null.
run_keyed() {
    levada run keyed.conf --set pipeline.errors.dead_letter=dead --set pipeline.errors.tolerance=all "$@"
}
run_keyed
expect_exit 0
run_keyed --set topic.key=k,n
expect_exit 0
read_topic keyed -Z -f '%k %T\n' >actual
cat >expected <<'EOF'
a"b 1546300620000
NULL 1546300680000
["a\"b",1] 1546300620000
[null,2] 1546300680000
EOF
expect_same expected actual

# A record that is too large goes to the dead letters, or stops the run.
t='"k":1,"t":0'
printf "{\"n\":1,$t}\n{\"n\":2,$t,\"v\":\"%3000s\"}\n{\"n\":3,$t}\n" x >keyed.json
run_keyed --set topic.topic=too_large
expect_exit 0
expect_out 'Message size too large'
read_topic too_large >actual
printf "{\"n\":%d,$t}\n" 1 3 >expected
expect_same expected actual
levada run keyed.conf --set pipeline.errors.dead_letter=dead
expect_exit 65
expect_err 'record 2 (byte '

# Without `create` a missing topic is an error.
sed 's/create = [^;]*; };//' keyed.conf >missing.conf
levada run missing.conf --set topic.topic=missing --set pipeline.errors.dead_letter=dead
expect_exit 73
expect_err 'there is no topic missing'

# A topic is created with its settings, which the broker judges.
run_keyed --set topic.topic=forever --set topic.create.settings.retention_ms=-1 \
    --set topic.create.settings.cleanup_policy=compact,delete
expect_exit 0
"$kafka_topic" "$broker" describe forever >actual
for setting in retention.ms=-1 cleanup.policy=compact,delete; do
    grep -qFx "$setting" actual || fail "the topic was not created with $setting"
done
run_keyed --set topic.topic=never --set topic.create.settings.retention_ms=soon
expect_exit 78
expect_err 'topic never cannot be created: Invalid value soon for configuration retention.ms'
levada run missing.conf --set topic.create.settings.retention_ms=1 --set pipeline.errors.dead_letter=dead
expect_exit 78
expect_err 'does not say how many partitions'

# No broker: tried for as long as retry_for says.
levada run keyed.conf --set topic.brokers=127.0.0.1:1 --set pipeline.errors.retry_for='1 s' --set pipeline.errors.dead_letter=dead
expect_exit 69
expect_err 'no broker can be reached'
