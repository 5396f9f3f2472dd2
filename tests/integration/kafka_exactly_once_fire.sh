# SPDX-License-Identifier: Apache-2.0
#
#   kafka_exactly_once_fire.sh [--long] [--spread]
#
# Three hosts share a topic of four partitions, count by windows and copy, exactly once, while hosts are killed,
# stopped past their session, join and leave, and while the broker dies or answers late: kafka_fire.py. It goes on
# until ten of these faults (--long: a hundred) have interrupted a transaction, and as long as it does calls come.
# --spread: the topic is keyed by nothing that the windows are grouped by, so that their rows pass through a topic of
# the job's own. LEVADA_SEED repeats the draws.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
# A broker that comes back before a controller has noticed that it was gone loads its groups' offsets twice, and
# answers with old ones meanwhile: docs/exactly-once.md, "Brokers".
export KAFKA_APART=true
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

interruptions=10 records=200000 calls=0 spread=
topic_key=original_crime_type_name keyed='keyed_by = [ "original_crime_type_name" ];'
last='function = "last"; field = "crime_id";'
for option in "$@"; do
    case $option in
    --long) interruptions=100 records=1000000 calls=500000 ;;
    --spread)
        spread=--spread topic_key=crime_id keyed=
        last='function = "count_distinct"; field = "crime_id";'
        ;;
    esac
done
seed=${LEVADA_SEED:-$(date +%s)}

cat >make.conf <<EOF
pipeline: { name = "make"; trigger = "available_now"; stages = (
  { name = "calls"; plugin = "call_generator"; count = $records; order = "oldest_first"; },
  { name = "kept"; plugin = "file_sink"; path = "calls.json"; format = "json"; } ); };
EOF
levada run make.conf
expect_exit 0
cat >feed.conf <<EOF
pipeline: { name = "feed"; trigger = "available_now"; stages = (
  { name = "calls"; plugin = "json_file_source"; path = "part.json"; },
  { name = "topic"; plugin = "kafka_sink"; brokers = "$broker"; topic = "calls"; key = [ "$topic_key" ]; } ); };
EOF
make_topic calls 4
make_topic out 4
make_topic job-changelog 4 cleanup.policy=compact
[ -z "$spread" ] || make_topic job-days-repartition 4

cat >job.conf <<EOF
pipeline: { name = "job"; instance = "host"; delivery = "exactly_once"; trigger = "10 ms"; stages = (
  { name = "calls"; plugin = "kafka_source"; brokers = "$broker"; topic = "calls"; starting_offsets = "earliest";
    $keyed max_offsets_per_trigger = 5; errors = { retry_for = "5 min"; };
    kafka = { session_timeout_ms = 1500; heartbeat_interval_ms = 300; }; },
  { name = "days"; plugin = "aggregate"; from = [ "calls" ]; event_time = "call_date_time";
    window = "1440 min"; watermark = "1 min"; group_by = [ "original_crime_type_name" ]; output_mode = "append"; on_end = "hold";
    compute = ( { name = "calls"; function = "count"; }, { name = "last"; $last } ); },
  { name = "out"; plugin = "kafka_sink"; from = [ "calls", "days" ]; brokers = "$broker"; topic = "out";
    key = [ "original_crime_type_name" ]; errors = { retry_for = "5 min"; };
    kafka = { transaction_timeout_ms = 5000; linger_ms = 5; }; } ); };
EOF
levada check job.conf
expect_exit 0
PYTHONDONTWRITEBYTECODE=1 python3 "$LEVADA_SOURCE/tests/integration/kafka_fire.py" \
    --levada "$LEVADA" --kafka "$kafka" --broker "$broker" --dir "$workdir/broker" \
    --interruptions $interruptions --calls $calls --seed "$seed" $spread
