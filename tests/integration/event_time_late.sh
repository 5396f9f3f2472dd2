# SPDX-License-Identifier: Apache-2.0
# Late records leave by their own output, as they came and as many as are counted; nothing is lost
# between counted, late and bad; and an input that is newest first is told of once, early.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/oracle.sh"
. "$LEVADA_SOURCE/tests/integration/event_time_query.sh"

make_calls 3000 5 --set calls.start=2018-10-02T09:11 --set calls.end=2018-10-04T07:03
mv calls.json newest_first.json
python3 "$oracle/shuffle.py" 1 150 <newest_first.json >calls.json
joined=false

# Bad records: no time, null, no time to be read, no JSON. By awk, so that their number is known.
awk '{ print }
     NR % 50 == 0 { print "{\"original_crime_type_name\":\"no time\"}" }
     NR % 70 == 0 { print "{\"call_date_time\":null}" }
     NR % 80 == 0 { print "{\"call_date_time\":\"yesterday\"}" }
     NR % 90 == 0 { print "{\"call_date_time\":}" }' calls.json >mixed.json
bad=$(($(wc -l <mixed.json) - 3000))

tail=',
  { name = "late"; from = "windows.late"; plugin = "file_sink"; path = "late.json"; overwrite = true; },
  { name = "dead"; from = []; plugin = "file_sink"; path = "dead.json"; overwrite = true; }'
for mode in append update complete; do
    for slide in 60 20; do
        for limit in 0 1000; do
            write_query mixed.json
            sed -i 's|stages = (|errors = { tolerance = "all"; dead_letter = "dead"; };\n&|' query.conf
            rm -f progress late.json dead.json
            levada run query.conf --progress progress
            expect_exit 0
            cp out rows.json
            counted=$(jq -s "map({ key: \"\\(.window_start) \\(.original_crime_type_name)/\\(.disposition)\",
                value: .count }) | from_entries | [ .[] ] | add" rows.json)
            late=$(wc -l <late.json)
            reported=$(jq -s '[ .[].stateOperators[0].numRowsDroppedByWatermark ] | add' progress)
            [ "$late" = "$reported" ] || fail "$reported records were counted as late, $late left"
            expect_err " late=$late bad=$bad dead_lettered=$bad "
            [ "$(wc -l <dead.json)" = "$bad" ] || fail "expected $bad dead letters"
            read=$(jq -s '[ .[].numInputRows ] | add' progress)
            [ "$read" = "$((3000 + bad))" ] || fail "expected that all records are read"
            if [ $slide = 60 ]; then
                [ "$read" = "$((counted + late + bad))" ] ||
                    fail "$mode, limit $limit: $read read, but $counted counted, $late late, $bad bad"
            fi
            # What leaves late is what came, and what came late.
            sort late.json >sorted
            sort calls.json | comm -23 sorted - >strangers
            [ ! -s strangers ] || fail "records left as late that never came"
            cp late.json late.$mode.$slide.$limit
        done
        expect_same late.$mode.$slide.0 late.$mode.$slide.1000
    done
done
[ -s late.append.60.0 ] || fail "these calls test nothing"
[ ! -s late.complete.60.0 ] || fail "in complete mode nothing is late"
expect_same late.append.60.0 late.update.60.0
[ "$(wc -l <late.append.20.0)" -lt "$(wc -l <late.append.60.0)" ] ||
    fail "a record is late when all of its windows have closed, not the first of them"
tail= slide=60

# The warning: once, and before 2,000 records were read; not for calls that come nearly in time.
warnings() {
    run_query "$1"
    grep -c "event times go backwards" err || :
}
limit=0
for mode in append update; do
    [ "$(warnings newest_first.json)" = 1 ] || fail "$mode: expected one warning of newest-first input"
    of=$(sed -n 's/.*event times go backwards.* of=\([0-9]*\) .*/\1/p' err)
    [ "$of" -lt 2000 ] || fail "expected the warning early, not after $of records"
    expect_err 'read it with order=reverse'
    [ "$(warnings calls.json)" = 0 ] || fail "$mode: expected no warning"
    order=reverse
    [ "$(warnings newest_first.json)" = 0 ] || fail "$mode: expected no warning of a reversed file"
    order=forward
done
mode=complete
[ "$(warnings newest_first.json)" = 0 ] || fail "in complete mode nothing is late, nothing to warn of"
