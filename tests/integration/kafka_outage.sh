# SPDX-License-Identifier: Apache-2.0
# The broker dies in the middle and comes back: the pipeline waits, says so, and loses nothing; its memory does
# not grow meanwhile. Without an argument for 4 s; with --long for a minute.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"
seconds=4
[ "${1:-}" != --long ] || seconds=60

make_topic numbers 2
python3 -c "
for n in range(100000):
    print('{\"n\":%d,\"text\":\"%0200d\"}' % (n, n))" >numbers
mkfifo numbers.json
{
    head -n 30000 numbers
    until [ -e broker_is_dead ]; do sleep 0.1; done
    tail -n +30001 numbers
} >numbers.json &
cat >numbers.conf <<EOF
pipeline: { name = "numbers"; trigger = "available_now"; stages = (
  { name = "numbers"; plugin = "json_file_source"; path = "numbers.json"; },
  { name = "topic"; plugin = "kafka_sink"; brokers = "$broker"; topic = "numbers";
    kafka = { queue_buffering_max_kbytes = 8192; }; } ); };
EOF

"$LEVADA" run numbers.conf --log-level debug >out 2>err &
pid=$!
ran="levada run numbers.conf" exit_code=none
until [ "$(read_topic numbers -c 1 -f x 2>/dev/null | wc -c)" -gt 0 ]; do
    kill -0 "$pid" || fail "it ended before the broker died"
done
bash "$kafka" kill "$workdir/broker"
touch broker_is_dead
until grep -q 'no broker answers; waiting for one' err; do
    kill -0 "$pid" || fail "it did not wait"
    sleep 0.1
done
before=$(settled_kib "$pid") # the queue is full
sleep "$seconds"
after=$(resident_kib "$pid")
[ "$after" -le $((before + 4096)) ] || fail "memory grew from $before to $after KiB while it waited"
[ "$before" -le 262144 ] || fail "it holds $before KiB"
bash "$kafka" start "$workdir/broker" "$port" >/dev/null
exit_code=0
wait "$pid" || exit_code=$?
expect_exit 0
expect_err 'brokers answer again'
read_topic numbers -f '%s\n' | jq -c .n | sort -n >actual
seq 0 99999 >expected
expect_same expected actual
