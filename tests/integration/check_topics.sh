# SPDX-License-Identifier: Apache-2.0
# check and graph say which topics a pipeline needs, what each is for, and what fails without it; nobody is asked.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

# write NAME SOURCE_OPTIONS DELIVERY: counts by key, of a topic, with dead letters in another.
write() {
    cat >"$1.conf" <<EOF
pipeline: { name = "$1"; delivery = "$3"; errors = { tolerance = "all"; dead_letter = "bad"; };
  stages = (
    { name = "calls"; plugin = "kafka_source"; brokers = "nobody:9092"; topic = [ "calls", "^more-" ]; $2 },
    { name = "counts"; plugin = "aggregate"; group_by = [ "k" ]; output_mode = "update"; },
    { name = "out"; plugin = "kafka_sink"; brokers = "nobody:9092"; topic = "out"; },
    { name = "bad"; plugin = "kafka_sink"; from = []; brokers = "nobody:9092"; topic = "out.bad"; } ); };
EOF
}

write once '' exactly_once
levada check once.conf
expect_exit 0
expect_no_err
cat >expected <<'EOF'
once needs these topics:
  calls                    input of "calls"
                             without it nothing can be read
  ^more-                   input of "calls"
                             without it nothing can be read
  out                      output of "out"
                             without it nothing can be written
  out.bad                  dead letters of "bad"
                             without it the first bad record ends the run
  once-changelog           state of "counts"; compacted, as many partitions as the input
                             without it exactly once fails: state would not change together with the output
  once-counts-repartition  rows of "counts", where the input has several partitions; not compacted, as many partitions as the input
                             without it counts fail: the rows of a group would stay in several partitions
EOF
expect_same expected out
levada graph once.conf
expect_exit 0
tail -n "$(wc -l <expected)" out >listed
expect_same expected listed
levada graph --dot once.conf
expect_exit 0
expect_out '"topic calls" -> "calls";'
expect_out '"out" -> "topic once-changelog" [dir=both style=dotted];'

levada check --json once.conf
expect_exit 0
[ "$(jq -r '.role' out | tr '\n' ' ')" = 'input input output dead letters changelog repartition ' ] || fail "not those roles"
[ "$(jq -r 'select(.role == "repartition") | .topic + " " + .stage' out)" = 'once-counts-repartition counts' ] ||
    fail "not that topic of that stage"

# Groups that hold the key stay where they are; the changelog has the name that the file gives it.
write keyed 'keyed_by = [ "k" ];' exactly_once
levada check --json keyed.conf --set out.changelog=mine
expect_exit 0
[ "$(jq -r .topic out | tr '\n' ' ')" = 'calls ^more- out out.bad mine ' ] || fail "not those topics"

# At least once, the host keeps nothing there. Pipelines without topics have nothing to tell.
write least '' at_least_once
levada check --json least.conf
expect_exit 0
[ "$(jq -r .topic out | tr '\n' ' ')" = 'calls ^more- out out.bad ' ] || fail "not those topics"
levada check "$pipelines/crime_file.conf"
expect_exit 0
expect_no_out

# What several partitions would make impossible is told before anybody knows how many there are.
write chain '' exactly_once
sed -i 's/^    { name = "out"/    { name = "sums"; plugin = "aggregate"; group_by = [ "window_start" ]; output_mode = "update"; },\n&/
    s/group_by = \[ "k" \]; output_mode = "update"/group_by = [ "k" ]; event_time = "t"; watermark = "1 min"; window = "1 min"; output_mode = "append"/' chain.conf
levada check chain.conf
expect_exit 0
expect_err 'chain.conf:1:40: warning: where the input has several partitions, a run is refused: sums: '
expect_out 'chain-changelog  state of "counts", state of "sums"; compacted, as many partitions as the input'

# Sinks of one transaction are of one cluster and one producer.
write apart '' exactly_once
levada check apart.conf --set bad.brokers=elsewhere:9092 --set bad.kafka.linger_ms=1 --set bad.changelog=mine
expect_exit 78
expect_err 'stage "bad": a transaction is of one cluster'
expect_err 'stage "bad": one producer writes the whole transaction'
expect_err 'stage "bad": is of the sink that commits the transaction'
