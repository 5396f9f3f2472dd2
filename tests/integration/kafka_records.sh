# SPDX-License-Identifier: Apache-2.0
# What may stand in a topic, and which topics and partitions are read from where.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

# reads STAGE_OPTIONS [RUN_ARGUMENT...]: prints what is there.
reads() {
    cat >print.conf <<EOS
pipeline: {
  name = "print";
  stages = (
    { name = "topic"; plugin = "kafka_source"; brokers = "$broker"; starting_offsets = "earliest"; $1 },
    { name = "out"; plugin = "console_sink"; format = "raw"; }
  );
};
EOS
    shift
    levada run print.conf --until-caught-up "$@"
}

# ---- records ----
make_topic odd 1
printf 'a:{"n":1}\n:{"n":2}\nb:\n' | write_topic odd 0 -Z # the last one is a tombstone, the second has no key
printf '\001\377:{"n":3}\n' | write_topic odd 0           # a binary key
reads 'topic = "odd"; group = "odd1";'
expect_exit 0
printf '{"n":1}\n{"n":2}\n\n{"n":3}\n' >expected
expect_same expected out

# An empty value is no JSON, and a text that is none.
printf 'c:\n' | write_topic odd 0
reads 'topic = "odd"; group = "odd2";'
expect_exit 65
reads 'topic = "odd"; group = "odd3"; format = "string";'
expect_exit 0
printf '{"n":1}\n{"n":2}\n\n{"n":3}\n\n' >expected
expect_same expected out
printf 'd:\377\n' | write_topic odd 0
reads 'topic = "odd"; group = "odd4"; format = "string";'
expect_exit 65
expect_err 'the value is no UTF-8 text'
reads 'topic = "odd"; group = "odd5"; format = "bytes";'
expect_exit 0
[ "$(wc -l <out)" -eq 6 ] || fail "bytes are not passed on"

# From topic to topic nothing changes: keys and values that are null, empty or binary, headers, timestamps.
printf ':{"n":4}\n' | write_topic odd 0 # an empty key
printf 'h:{"n":5}\n' | write_topic odd 0 -H trace=7 -H trace=8 -H none
cat >copy.conf <<EOF
pipeline: { name = "copy"; stages = (
  { name = "topic"; plugin = "kafka_source"; brokers = "$broker"; topic = "odd"; starting_offsets = "earliest"; format = "bytes"; },
  { name = "copies"; plugin = "kafka_sink"; brokers = "$broker"; topic = "copies"; create = { partitions = 1; }; } ); };
EOF
levada run copy.conf --until-caught-up
expect_exit 0
for topic in odd copies; do
    read_topic $topic -f '%K,%k,%S,%s,%h,%T\n' >$topic.all
done
expect_same odd.all copies.all
cut -d, -f1,3 odd.all >lengths # -1: null
printf '%s\n' 1,7 -1,7 1,-1 2,7 1,0 1,1 0,7 1,7 >expected
expect_same expected lengths

# A field of the text.
make_topic lines 1
printf 'k:one\nk:"two"\n' | write_topic lines 0
reads 'topic = "lines"; format = "string"; value_field = "line";'
expect_exit 0
printf '{"line":"one"}\n{"line":"\\"two\\""}\n' >expected
expect_same expected out

# A record as large as the broker takes, and larger than one fetch.
make_topic large 1 max.message.bytes=8000000
{ printf 'k:{"a":"' && head -c 6000000 /dev/zero | tr '\0' x && printf '"}\n'; } >large
for _ in 1 2 3; do write_topic large 0 -X message.max.bytes=8000000 <large; done
reads 'topic = "large";'
expect_exit 0
[ "$(wc -c <out)" -eq 18000027 ] || fail "$(wc -c <out) bytes of large records came"

# One that is larger than it may be is not skipped, nor asked for for ever.
reads 'topic = "large"; group = "small";' --set topic.kafka.receive_message_max_bytes=2000000 \
    --set topic.kafka.fetch_max_bytes=1000000 --set topic.kafka.message_max_bytes=1000000
expect_exit 65
expect_err 'topic large: a record is larger than receive_message_max_bytes lets through'

# ---- topics and partitions ----
make_topic calls-a 2
make_topic calls-b 2
for topic in a b; do
    for partition in 0 1; do
        seq 1 5 | sed "s/.*/k:{\"t\":\"$topic$partition\",\"n\":&}/" | write_topic "calls-$topic" $partition
    done
done
reads 'topic = [ "calls-a", "calls-b" ]; group = "list";'
expect_exit 0
[ "$(wc -l <out)" -eq 20 ] || fail "a list of topics was not read"
reads 'topic = "^calls-"; group = "pattern";'
expect_exit 0
[ "$(sort out | uniq | wc -l)" -eq 20 ] || fail "topics like a pattern were not read"
reads 'topic = "^nothing-";'
expect_exit 66
expect_err "no topic's name is like"

reads 'topic = "calls-a"; partitions = [ 1 ]; group = "fixed";'
expect_exit 0
grep -o '"n":.*' out >numbers
[ "$(grep -c a1 out)-$(grep -c a0 out)" = 5-0 ] || fail "another partition was read"
reads 'topic = "calls-a"; partitions = [ 1 ]; group = "fixed";'
expect_no_out # the group remembers, though it gives nothing away
reads 'topic = "calls-a"; partitions = [ 7 ];'
expect_exit 66
expect_err 'there is no partition 7 of topic calls-a'

reads 'topic = "^calls-"; group = "from";' \
    --set 'topic.starting_offsets=earliest,1=3,calls-b/1=latest'
expect_exit 0
[ "$(grep -c a0 out)-$(grep -c a1 out)-$(grep -c b0 out)-$(grep -c b1 out)" = 5-2-5-0 ] ||
    fail "starting_offsets of partitions are not kept"

# A topic that comes later is noticed.
reads_on() {
    : >live
    "$LEVADA" run print.conf --set topic.kafka.topic_metadata_refresh_interval_ms=200 "$@" >live 2>live.err &
    reader=$!
}
reads 'topic = "^calls-"; group = "later";'
reads_on
make_topic calls-c 1
echo 'k:{"t":"c0"}' | write_topic calls-c 0
until grep -q c0 live; do kill -0 $reader || fail "the reader ended"; sleep 0.1; done
kill -TERM $reader
wait $reader || fail "the reader did not stop in order"

# One that goes ends the run, or is left out where losses are allowed.
loses() { # TOPIC GROUP OPTION...: calls-c is deleted while it is read
    reads 'topic = '"$1"'; group = "'"$2"'";'
    shift 2
    reads_on "$@"
    echo 'k:{"t":"c1"}' | write_topic calls-c 0
    until grep -q c1 live; do kill -0 $reader || fail "the reader ended"; sleep 0.1; done
    delete_topic calls-c
}
goes_on_without() { # ID: of a record that calls-a gets. calls-c comes back, with more than it had
    until grep -q 'a topic was deleted; the others are read on topic=calls-c' live.err; do
        kill -0 $reader || fail "the reader ended"
        sleep 0.1
    done
    echo 'k:{"t":"a'"$1"'"}' | write_topic calls-a 0
    until grep -q "a$1" live; do kill -0 $reader || fail "the reader ended"; sleep 0.1; done
    make_topic calls-c 1
    for _ in 1 2 3 4; do echo 'k:{"t":"c'"$1"'"}'; done | write_topic calls-c 0
    until grep -q "c$1" live; do kill -0 $reader || fail "the reader ended"; sleep 0.1; done
    kill -TERM $reader
    wait $reader || fail "the reader did not stop in order"
}
ends_without() {
    exit_code=0
    wait $reader || exit_code=$?
    expect_exit 66
    grep -q 'topic calls-c was deleted, with what had not been read of it' live.err || fail "the loss is not told"
}
n=2
for topics in '"^calls-"' '[ "calls-a", "calls-c" ]'; do
    loses "$topics" left-$n --set topic.fail_on_data_loss=false
    goes_on_without $n
    loses "$topics" gone-$n
    ends_without
    make_topic calls-c 1
    n=$((n + 1))
done

# ---- limits ----
make_topic uneven 3
seq 1 900 | sed 's/.*/k:{"p":0,"n":&}/' | write_topic uneven 0
seq 1 90 | sed 's/.*/k:{"p":1,"n":&}/' | write_topic uneven 1
seq 1 10 | sed 's/.*/k:{"p":2,"n":&}/' | write_topic uneven 2
reads 'topic = "uneven"; max_offsets_per_trigger = 100;' --progress progress.jsonl
expect_exit 0
sort -u out | wc -l | grep -qx 1000 || fail "records are missing"
for p in 0 1 2; do # in their order
    grep "\"p\":$p" out | sed 's/.*"n":\([0-9]*\).*/\1/' >order
    sort -n order | cmp -s - order || fail "partition $p is out of order"
done
first=$(jq -c 'select(.numInputRows > 0) | .sources[0].endOffset.uneven' progress.jsonl | head -1)
[ "$(echo "$first" | jq -c '[."0", ."1", ."2"]')" = '[90,9,1]' ] ||
    fail "the first trigger was shared out as $first"
[ "$(jq -s 'map(select(.numInputRows > 0)) | length' progress.jsonl)" -eq 10 ] ||
    fail "there were not ten triggers"
jq -s '.[0].sources[0].latestOffset.uneven' progress.jsonl | jq -c '[."0", ."1", ."2"]' |
    grep -qFx '[900,90,10]' || fail "what is unread is not told"

# A rate slows; nothing is lost, and no trigger is cut.
start=$(date +%s%N)
reads 'topic = "uneven"; group = "slow"; max_rate_per_partition = 500; max_offsets_per_trigger = 600;' \
    --progress slow.jsonl
expect_exit 0
took_ms=$((($(date +%s%N) - start) / 1000000))
[ "$took_ms" -ge 1500 ] || fail "900 records of a partition took $took_ms ms at 500 a second"
sort -u out | wc -l | grep -qx 1000 || fail "records are missing"
[ "$(jq -c .numInputRows slow.jsonl | grep -v "^0$" | head -1)" -eq 600 ] ||
    fail "the rate cut a trigger"
