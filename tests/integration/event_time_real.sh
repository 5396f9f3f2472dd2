# SPDX-License-Identifier: Apache-2.0
# The real calls, 20,000 a trigger: each trigger's rows, late records and watermark are the oracle's,
# and those that leave are the rows that are known to be right.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/event_time_query.sh"

xz -dc "$LEVADA_DATA/police-department-calls-for-service.json.xz" >calls.json
xz -dc "$LEVADA_DATA/expected/window_type_disposition_inner_join.csv.xz" | tail -n +2 | sort >rows.csv
limit=20000

# expect_rows FILE: the rows of the last run are those of the CSV file.
expect_rows() {
    # Of each group the last row counts: in update mode it comes more than once.
    jq -r '[ .window_start, .original_crime_type_name, .disposition, .description, .count ]
           | map(tostring | if test("[,\"]") then "\"\(gsub("\""; "\"\""))\"" else . end) | join(",")' \
        rows.json | tac | awk '{ group = $0; sub(/,[0-9]+$/, "", group) } !seen[group]++' |
        sort >last.csv
    expect_same "$1" last.csv
}

for order in reverse forward; do
    for mode in append update; do
        judge_query calls.json
        [ $order = forward ] || expect_rows rows.csv
        grep -c "event times go backwards" err >warnings || :
        [ "$(cat warnings)" -eq $([ $order = forward ] && echo 1 || echo 0) ] ||
            fail "expected one warning of a newest-first input, and none of any other"
    done
done

# Without the flush the windows of the last two hours stay inside, as they did in Spark 3.5.7.
order=reverse mode=append on_end=hold
judge_query calls.json
grep -v "^2018-12-31T2[23]:00:00," rows.csv >held.csv
[ "$(wc -l <rows.csv) $(wc -l <held.csv)" = "120830 120756" ] || fail "other rows than expected"
expect_rows held.csv
