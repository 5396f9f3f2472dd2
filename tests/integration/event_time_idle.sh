# SPDX-License-Identifier: Apache-2.0
# A followed file without news holds windows open, for good or for idle_after; when it wakes nothing is
# opened again.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

mkfifo rows reports
levada_id=
stop_all() { [ -z "$levada_id" ] || kill "$levada_id" 2>kill.err; }

# follow OPTION: levada follows busy.json and quiet.json; descriptors 3 and 4 give rows and reports.
follow() {
    rm -f late.json
    echo '{"t":"2020-01-01T00:05"}' >quiet.json
    printf '{"t":"2020-01-01T00:01"}\n{"t":"2020-01-01T01:00"}\n' >busy.json
    cat >follow.conf <<EOF
pipeline: { name = "follow"; trigger = "continuous"; checkpoint_every = "10 ms"; stages = (
  { name = "busy"; plugin = "json_file_source"; path = "busy.json"; follow = true; },
  { name = "quiet"; plugin = "json_file_source"; path = "quiet.json"; follow = true; },
  { name = "windows"; plugin = "crime_aggregate"; from = [ "busy", "quiet" ]; event_time = "t";
    window = "10 min"; watermark = "1 ms"; output_mode = "append"; $1 },
  { name = "out"; plugin = "console_sink"; format = "json"; },
  { name = "late"; plugin = "console_sink"; from = "windows.late"; format = "json"; } ); };
EOF
    ran="levada run follow.conf"
    "$LEVADA" run follow.conf --progress reports >rows 2>err &
    levada_id=$!
    exec 3<rows 4<reports
}

# expect_row TEXT: the next line.
expect_row() {
    read -r row <&3 || fail "expected a row, and levada ended"
    [ "$row" = "$1" ] || fail "expected $1, found $row"
}

stop() {
    kill -TERM $levada_id
    exit_code=0
    wait $levada_id || exit_code=$?
    levada_id=
    expect_exit 0
    cat <&3 >out
    exec 3<&- 4<&-
    expect_no_out
}

row() {
    echo "{\"window_start\":\"2020-01-01T$1:00\",\"window_end\":\"2020-01-01T$2:00\",\"count\":$3}"
}

follow 'idle_after = "50 ms";'
expect_row "$(row 00:00 00:10 2)"
echo '{"t":"2020-01-01T00:06"}' >>quiet.json
expect_row '{"t":"2020-01-01T00:06"}'
echo '{"t":"2020-01-01T02:00"}' >>busy.json
expect_row "$(row 01:00 01:10 1)"
stop

follow ""
read=0
while [ $read -lt 3 ]; do
    read -r report <&4 || fail "levada ended"
    read=$((read + $(echo "$report" | jq .numInputRows)))
done
echo '{"t":"2020-01-01T00:11"}' >>quiet.json
expect_row "$(row 00:00 00:10 2)"
stop
