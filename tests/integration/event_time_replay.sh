# SPDX-License-Identifier: Apache-2.0
# The same calls give the same bytes: read from a file or from a pipe in pieces of any size and with
# pauses, whatever the trigger and its limit. Usage: event_time_replay.sh FIRST_SEED LAST_SEED
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/oracle.sh"
. "$LEVADA_SOURCE/tests/integration/event_time_query.sh"

# expect_replay WHAT PATH: the query prints what it printed first, and found as many records late.
expect_replay() {
    write_query "$2"
    levada run query.conf
    expect_exit 0
    echo "seed $seed, $mode, $1"
    expect_same first.json out
    expect_err " late=$late "
}

# Again through a pipe, in pieces that follow from the seed and the number of the run.
expect_pipe_replay() {
    run=$((run + 1))
    python3 "$oracle/dribble.py" "$seed$run" calls.json >pipe &
    expect_replay "$1, by a pipe" "$PWD/pipe"
    wait $!
}

replay_seed() {
    rm -f calls.json
    make_calls $((1000 + seed % 7 * 300)) "$seed" --set calls.end=2018-10-04T07:03
    python3 "$oracle/shuffle.py" "$seed" $((seed % 4 * 50)) <calls.json >shuffled.json
    mv shuffled.json calls.json
    window=$((20 + seed % 5 * 20)) slide=$((10 + seed % 2 * 10)) watermark=$((10 + seed % 3 * 40))
    run=0

    for mode in complete update append; do
        trigger=available_now limit=0
        write_query calls.json
        levada run query.conf
        expect_exit 0
        [ -s out ] || fail "these calls test nothing"
        cp out first.json
        late=$(sed -n 's/.* late=\([0-9]*\) .*/\1/p' err)
        expect_pipe_replay "one trigger"
    done

    # In append mode a row leaves once, so that triggers do not show.
    for trigger in available_now continuous; do
        for limit in 0 1 $((seed % 90 + 2)); do
            expect_replay "trigger $trigger, limit $limit" calls.json
            expect_pipe_replay "trigger $trigger, limit $limit"
        done
    done
    limit=0
    for trigger in "10 ms" "1 s"; do
        expect_replay "trigger $trigger" calls.json
    done
    trigger="10 ms"
    expect_pipe_replay "trigger $trigger"
}

mkfifo pipe
joined=false
for seed in $(seq "$1" "$2"); do
    replay_seed
done
