# SPDX-License-Identifier: Apache-2.0
#
#   kill.sh [--long]
#
# However often `levada run` is killed with signal 9, and wherever, what it has written in the end is what
# an uninterrupted run writes, byte for byte, in every output mode. A third of the kills hit a named place,
# the others a random moment. LEVADA_SEED repeats a run; a kill that came too late is no kill.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/oracle.sh"

wanted=20
[ "${1:-}" != --long ] || wanted=200
seed=${LEVADA_SEED:-$(date +%s)}
echo "seed $seed"

awk -v seed="$seed" 'BEGIN { srand(seed); for (i = 0; i < 20000; i++) print int(rand() * 1000000) }' >random
exec 3<random
# random N: sets $n to one of 0 .. N-1.
random() {
    read -r n <&3 || fail "out of random numbers"
    n=$((n % $1))
}

make_calls 8000 5
cat >job.conf <<EOF
pipeline: { name = "job"; trigger = "available_now"; checkpoint = "state"; max_records_per_trigger = 400;
  stages = (
    { name = "calls"; plugin = "json_file_source"; path = "calls.json"; order = "reverse"; },
    { name = "windows"; plugin = "crime_aggregate";
      event_time = "call_date_time"; window = "60 min"; watermark = "60 min";
      group_by = [ "original_crime_type_name", "disposition" ]; output_mode = "append"; },
    { name = "radio"; plugin = "table_join"; table = "$codes";
      on = { stream = "disposition"; table = "disposition_code"; }; type = "inner"; add = [ "description" ]; },
    { name = "out"; plugin = "file_sink"; path = "out.csv"; format = "csv"; } ); };
EOF

microseconds() {
    echo $(($(date +%s%N) / 1000))
}

# run_job PREFIX...: in $mode, under a command that may kill it.
run_job() {
    ran="$* levada run job.conf, mode $mode, seed $seed"
    exit_code=0
    "$@" "$LEVADA" run job.conf --quiet --set "windows.output_mode=$mode" >out 2>err || exit_code=$?
}

run_and_kill() {
    random 3
    if [ "$n" -gt 0 ]; then
        random "$duration"
        run_job timeout --foreground --preserve-status -s KILL "$(printf '%d.%06d' $((n / 1000000)) $((n % 1000000)))"
        return
    fi
    random 7
    set -- before_trigger after_trigger before_checkpoint after_prepare before_store_commit \
        after_store_commit after_commit
    shift "$n"
    random 15
    run_job env "LEVADA_CRASH_AT=$1:$((n + 1))"
}

# Kills it and starts it again until it is done; in between there is nothing torn.
finish_job() {
    while run_and_kill && [ "$exit_code" -ne 0 ]; do
        expect_exit 137
        kills=$((kills + 1))
        levada state check state
        [ "$exit_code" -eq 66 ] || expect_exit 0
    done
}

for mode in append update complete; do
    rm -rf state out.csv
    began=$(microseconds)
    run_job env
    expect_exit 0
    duration=$(($(microseconds) - began))
    mv out.csv "expected_$mode.csv"
    [ "$(wc -l <"expected_$mode.csv")" -gt 1000 ] || fail "these calls test nothing"

    kills=0 jobs=0
    while [ "$kills" -lt "$wanted" ]; do
        rm -rf state out.csv
        finish_job
        expect_same "expected_$mode.csv" out.csv
        jobs=$((jobs + 1))
    done
    echo "$mode: $kills kills in $jobs jobs of $((duration / 1000)) ms"
done
