# SPDX-License-Identifier: Apache-2.0
#
#   kafka_kill.sh [--long]
#
# A copy from topic to topic is killed with signal 9 at random moments, 5 times, with --long 50. Between the
# kills a second member joins and leaves (in order, or killed as well), and once the broker itself is killed.
# Nothing is lost; twice comes only what was in flight at a kill. LEVADA_SEED repeats the moments. Records come
# as long as that takes.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

wanted=5
[ "${1:-}" != --long ] || wanted=50
seed=${LEVADA_SEED:-$(date +%s)}
echo "seed $seed"
awk -v seed="$seed" 'BEGIN { srand(seed); for (i = 0; i < 1000; i++) print int(rand() * 1000000) }' >random
exec 3<random
# random N: sets $n to one of 0 .. N-1.
random() {
    read -r n <&3 || fail "out of random numbers"
    n=$((n % $1))
}

make_topic from 4
touch more
write_on from &
writer=$!

# A trigger takes 100 records, so that a kill finds the copy at work, and little is in flight.
limit=100
cat >copy.conf <<EOF
pipeline: {
  name = "copy";
  trigger = "20 ms";
  stages = (
    { name = "topic"; plugin = "kafka_source"; brokers = "$broker"; topic = "from"; starting_offsets = "earliest";
      max_offsets_per_trigger = $limit;
      kafka = { session_timeout_ms = 1500; heartbeat_interval_ms = 300; }; },
    { name = "to"; plugin = "kafka_sink"; brokers = "$broker"; topic = "to"; create = { partitions = 2; };
      kafka = { reconnect_backoff_max_ms = 1000; }; }
  );
};
EOF

# begin MEMBER: starts it; $pid. Its progress, over all of its runs, is in MEMBER.jsonl.
begin() {
    "$LEVADA" run copy.conf --progress "$1.jsonl" >out 2>"$1.err" &
    pid=$!
}

kill_it() { # PID
    kill -9 "$1"
    wait "$1" 2>/dev/null || true
    kills=$((kills + 1))
}

# second_member PID: one joins while PID works, and leaves: killed, or in order.
second_member() {
    begin second
    second=$pid
    random 1000
    sleep "0.$(printf '%03d' "$n")"
    works_on first "$1"
    random 2
    if [ "$n" -eq 0 ]; then
        kill_it $second
        return
    fi
    kill -TERM $second
    wait $second || fail "the second member did not stop in order"
}

: >first.jsonl
: >second.jsonl
kills=0 joins=0
while [ $kills -lt $wanted ]; do
    begin first
    first=$pid
    works_on first $first
    if [ $((kills % 3)) -eq 1 ]; then
        second_member $first
        joins=$((joins + 1))
    fi
    if [ $kills -ge $((wanted / 2)) ] && [ -z "${broker_died:-}" ]; then
        broker_died=yes
        bash "$kafka" kill "$workdir/broker"
        bash "$kafka" start "$workdir/broker" "$port" >/dev/null
        works_on first $first
    fi
    random 500
    sleep "0.$(printf '%03d' "$n")"
    kill_it $first
done
rm more
wait $writer || fail "the writer failed: $(tail -n 3 write.err)"

levada run copy.conf --until-caught-up --set topic.max_offsets_per_trigger=0
expect_exit 0
read_topic to | sort >all
sort -u all >actual
sort written >expected
expect_same expected actual
records=$(wc -l <written)
twice=$(($(wc -l <all) - records))
echo "$kills kills, $joins members joined and left, the broker died once: nothing lost, $twice of $records came twice"
# In flight at a kill: a trigger's records, and one acknowledgement on its way; for each member of that moment.
[ $twice -le $(((kills + joins) * 2 * limit)) ] || fail "$twice records came twice"
