# SPDX-License-Identifier: Apache-2.0
# What a broker does not take, and what names no topic, goes to a topic of its own: bytes and key as they came,
# with Kafka Connect's headers. All else arrives.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

cat >letters.conf <<EOF
pipeline: {
  name = "letters";
  trigger = "available_now";
  errors = { tolerance = "all"; dead_letter = "bad"; };
  stages = (
    { name = "in"; plugin = "json_file_source"; path = "in.json"; },
    { name = "topic"; plugin = "kafka_sink"; brokers = "$broker"; topic = "small"; topic_field = "t"; key = [ "n" ];
      errors = { tolerance = "all"; }; },
    { name = "bad"; plugin = "kafka_sink"; from = []; brokers = "$broker"; topic = "bad";
      create = { partitions = 1; }; errors = { tolerance = "none"; }; }
  );
};
EOF

# The broker's limit is below ours, so that it is the broker that refuses the batch, and all who are in it.
make_topic small 2 max.message.bytes=2000
make_topic compacted 1 cleanup.policy=compact
python3 - <<'EOF' >in.json
for n in range(20):
    text = "x" * 3000 if n in (3, 4, 17) else "y" * 100
    print('{"n":%d, "v": "%s"}' % (n, text))
print('{"n":20, "t": "no/topic"}')
print('{"n":21, "t": "missing"}')
EOF
levada run letters.conf --set topic.kafka.linger_ms=200
expect_exit 0
read_topic small -f '%k\n' | sort -n >actual
seq 0 19 | grep -vxE '3|4|17' >expected
expect_same expected actual

read_topic bad -f '%s\n' | sort >actual
grep -E '"n":(3|4|17|20|21),' in.json | sort >expected
expect_same expected actual
read_topic bad -f '%h\n' | grep -o '__connect\.errors\.[a-z.]*=' | tr -d = | sort | uniq -c | sed 's/^ *//' >actual
for header in class.name connector.name exception.class.name exception.message offset partition stage task.id topic; do
    echo "5 __connect.errors.$header"
done >expected
expect_same expected actual
read_topic bad -f '%h %s\n' | grep '"n":21' >actual
for told in "topic=$workdir/in.json" partition=0 connector.name=letters task.id=0 stage=topic class.name=kafka_sink \
    exception.class.name=levada.Reject 'exception.message=there is no topic missing'; do
    grep -qF "__connect.errors.$told" actual || fail "not in the headers: $told"
done
grep -q "__connect.errors.offset=$(grep -b '"n":21' in.json | cut -d: -f1)," actual || fail "the offset is not its byte"

# A compacted topic takes no record without a key; the key of a letter is the one that the record came with.
printf '%s\n' '{"n":null,"u":"compacted"}' '{"n":1,"u":"compacted"}' >in.json
levada run letters.conf --set topic.topic=compacted --set bad.topic=keyless --set topic.topic_field=u
expect_exit 0
read_topic compacted -f '%k\n' >actual
echo 1 >expected
expect_same expected actual
read_topic keyless >actual
echo '{"n":null,"u":"compacted"}' >expected
expect_same expected actual

# From topic to topic: the letter has the key, the headers and the bytes that the record came with.
make_topic calls 1
printf 'key;{"n":1, "t":"no/topic"}\n' | kcat -b "$broker" -t calls -P -K ';' -H trace=7
cat >relay.conf <<EOF
pipeline: { name = "relay"; errors = { tolerance = "all"; dead_letter = "bad"; };
  stages = (
    { name = "calls"; plugin = "kafka_source"; brokers = "$broker"; topic = "calls"; starting_offsets = "earliest"; },
    { name = "topic"; plugin = "kafka_sink"; brokers = "$broker"; topic = "small"; topic_field = "t"; },
    { name = "bad"; plugin = "kafka_sink"; from = []; brokers = "$broker"; topic = "relayed";
      create = { partitions = 1; }; errors = { tolerance = "none"; }; } ); };
EOF
levada run relay.conf --until-caught-up
expect_exit 0
read_topic relayed -f '%k %s %h\n' >actual
grep -qF 'key {"n":1, "t":"no/topic"} trace=7,__connect.errors.topic=calls,' actual || fail "key, bytes or headers are not as they came"
