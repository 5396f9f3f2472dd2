# SPDX-License-Identifier: Apache-2.0
# The workload on a real broker: file to topic, topic to console, and the stream job over 1 and over 4
# partitions, which counts what the job over the file counts.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

if [ -n "$LEVADA_DATA" ]; then
    xz -dc "$LEVADA_DATA/police-department-calls-for-service.json.xz" >calls.json
else
    levada run "$pipelines/make_calls.conf" --set calls.count=20000 --set out.path=calls.json
    expect_exit 0
fi
levada run "$pipelines/crime_file.conf" --set calls.path=calls.json --set out.format=csv
expect_exit 0
mv out expected.csv
jq -c 'if type == "array" then .[] else . end' calls.json | sort >records

for partitions in 1 4; do
    topic=calls_$partitions
    run_pipeline kafka_server --set calls.path=calls.json --set "topic.topic=$topic" \
        --set "topic.create.partitions=$partitions"
    expect_exit 0
    read_topic "$topic" | sort >actual
    expect_same records actual

    run_pipeline data_stream --until-caught-up --set "topic.topic=$topic" \
        --set topic.max_offsets_per_trigger=0 --set topic.max_rate_per_partition=0 --set out.format=csv
    expect_exit 0
    expect_same expected.csv out
done

# As shipped, but for its pace: a thousand records a trigger, and every trigger shows what the first
# thousands of the topic come to; the job is stopped after three of them.
read_topic calls_1 -c 3000 >first
: >shipped.jsonl
"$LEVADA" run "$pipelines/data_stream.conf" --set "topic.brokers=$broker" --set topic.topic=calls_1 \
    --set pipeline.trigger='1 s' --progress shipped.jsonl >out 2>err &
job=$!
while [ "$(wc -l <shipped.jsonl)" -lt 3 ]; do
    kill -0 $job 2>/dev/null || fail "the job ended by itself"
    sleep 0.1
done
kill -TERM $job
wait $job || fail "the job did not stop in order"
[ "$(jq -s -c '[ .[:3][] | .numInputRows ]' shipped.jsonl)" = '[1000,1000,1000]' ] || fail "other numbers of records"
mv out tables
for batch in 0 1 2; do
    head -n $(((batch + 1) * 1000)) first >part.json
    levada run "$pipelines/crime_file.conf" --set calls.path=part.json
    expect_exit 0
    sed "s/^Batch: 0\$/Batch: $batch/" out
done >expected
head -n "$(wc -l <expected)" tables >actual
expect_same expected actual

# Printed once: the group remembers, so that a second run has nothing to print.
run_pipeline consumer_server --until-caught-up --set topic.topic=calls_4
expect_exit 0
sort out >actual
expect_same records actual
run_pipeline consumer_server --until-caught-up --set topic.topic=calls_4
expect_exit 0
expect_no_out

# A job with state begins anew, and an empty topic is caught up with at once.
run_pipeline data_stream --until-caught-up --set topic.topic=calls_1 \
    --set topic.max_offsets_per_trigger=0 --set topic.max_rate_per_partition=0 --set out.format=csv
expect_same expected.csv out
make_topic empty 3
run_pipeline consumer_server --until-caught-up --set topic.topic=empty
expect_exit 0
expect_no_out

# Each trigger takes what max_offsets_per_trigger allows.
run_pipeline consumer_server --until-caught-up --set topic.topic=calls_4 --set topic.group=limited \
    --set topic.max_offsets_per_trigger=7000 --progress progress.jsonl
expect_exit 0
sort out >actual
expect_same records actual
[ "$(jq -s 'map(.numInputRows) | max' progress.jsonl)" -le 7000 ] || fail "a trigger took more"

# A topic that is not there.
run_pipeline consumer_server --until-caught-up --set topic.topic=missing
expect_exit 66
expect_err 'there is no topic missing'
