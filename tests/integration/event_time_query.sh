# SPDX-License-Identifier: Apache-2.0
# Sourced after lib.sh: windowed counts of calls, and what tests/oracle/event_time.py says of them.

oracle=$LEVADA_SOURCE/tests/oracle

# The query, until a test says otherwise. Times are in minutes; limit: records a trigger, 0 for all.
order=forward mode=append on_end=flush trigger=available_now limit=0
window=60 slide=60 offset=0 watermark=60
joined=true
tail= # further stages

# write_query PATH: query.conf, in which PATH is read.
write_query() {
    cat >query.conf <<EOF
pipeline: { name = "query"; trigger = "$trigger"; max_records_per_trigger = $limit; stages = (
  { name = "calls"; plugin = "json_file_source"; path = "$1"; order = "$order"; },
  { name = "windows"; plugin = "crime_aggregate"; event_time = "call_date_time";
    window = "$window min"; slide = "$slide min"; watermark = "$watermark min";
    $([ "$offset" = 0 ] || echo "offset = \"$offset min\";")
    group_by = [ "original_crime_type_name", "disposition" ];
    output_mode = "$mode"; on_end = "$on_end"; },
$(! $joined || cat <<EOJ
  { name = "radio"; plugin = "table_join"; table = "$codes"; add = [ "description" ];
    on = { stream = "disposition"; table = "disposition_code"; }; },
EOJ
)
  { name = "out"; plugin = "console_sink"; format = "json"; }$tail ); };
EOF
}

# ask_oracle FILE...: what should happen, in the file expected.
ask_oracle() {
    settings=$(cat <<EOF
{ "event_time": "call_date_time", "group_by": [ "original_crime_type_name", "disposition" ],
  "window": $((window * 60000)), "slide": $((slide * 60000)), "offset": $((offset * 60000)),
  "watermark": $((watermark * 60000)), "output_mode": "$mode", "on_end": "$on_end", "limit": $limit,
  "reverse": $([ $order = reverse ] && echo true || echo false)
  $(! $joined || echo ", \"codes\": \"$codes\"") }
EOF
    )
    python3 "$oracle/event_time.py" "$settings" "$@" >expected || fail "the oracle failed"
}

# run_query PATH: query.conf run, and what it did, in the file actual. Output is in out and rows.json.
run_query() {
    write_query "$1"
    rm -f progress
    levada run query.conf --progress progress
    expect_exit 0
    cp out rows.json
    python3 "$oracle/triggers.py" progress out >actual || fail "no reports that make sense"
}

# judge_query FILE: each trigger's rows, counts and watermark are those of the oracle.
judge_query() {
    run_query "$1"
    ask_oracle "$1"
    echo "$mode, $order, on_end $on_end, limit $limit, windows $window/$slide/$offset, watermark $watermark:" \
        "$(wc -l <out) rows"
    expect_same expected actual
}
