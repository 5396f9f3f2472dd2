# SPDX-License-Identifier: Apache-2.0
# What is an event time and what is none, what a bad one does to a run, and times ahead of the clock.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

# write_windows OPTION...: windows of 1 ms over t, so that each row tells the time of its records.
write_windows() {
    cat >windows.conf <<EOF
pipeline: { name = "times"; trigger = "available_now"; $policy stages = (
  { name = "records"; plugin = "json_file_source"; path = "records.json"; },
  { name = "windows"; plugin = "crime_aggregate"; window = "1 ms"; $*
    group_by = [ "n" ]; output_mode = "complete"; order_by = [ "n" ]; },
  { name = "out"; plugin = "console_sink"; format = "csv"; header = false; }$dead ); };
EOF
}

tolerate() {
    policy='errors = { tolerance = "all"; dead_letter = "dead"; };'
    dead=', { name = "dead"; from = []; plugin = "file_sink"; path = "dead.json"; }'
}

do_not_tolerate() {
    policy= dead=
}

tolerate

# Each good time, and what it is in UTC; of each bad one, why it is none.
n=0
while read -r time meaning; do
    n=$((n + 1))
    echo "{\"n\":$n,\"t\":$(echo "$time" | tr _ ' ')}" >>records.json
    echo "$meaning,$n" >>expected.csv
done <<'EOF'
"2018-12-31T23:57:00.000" 2018-12-31T23:57:00
"2018-12-31T23:57:00" 2018-12-31T23:57:00
"2018-12-31T23:57" 2018-12-31T23:57:00
"2018-12-31_23:57:00" 2018-12-31T23:57:00
"2018-12-31" 2018-12-31T00:00:00
"2018-12-31T23:57:00Z" 2018-12-31T23:57:00
"2018-12-31T23:57:00+01:30" 2018-12-31T22:27:00
"2018-12-31T23:57:00-0800" 2019-01-01T07:57:00
"2018-12-31T23:57:00.5+01" 2018-12-31T22:57:00.500
"2018-12-31T23:57:00.123456789Z" 2018-12-31T23:57:00.123
"2016-02-29T00:00:00.001" 2016-02-29T00:00:00.001
"2016-12-31T23:59:60Z" 2016-12-31T23:59:59.999
"0001-01-01T00:00:00Z" 0001-01-01T00:00:00
"9999-12-31T23:59:59.998" 9999-12-31T23:59:59.998
"\u0032018-12-31" 2018-12-31T00:00:00
0 1970-01-01T00:00:00
-1 1969-12-31T23:59:59.999
1546300620000 2018-12-31T23:57:00
1546300620250 2018-12-31T23:57:00.250
1.5e12 2017-07-14T02:40:00
EOF
write_windows 'event_time = "t";'
levada run windows.conf
expect_exit 0
cut -d, -f1,3 out >actual.csv
expect_same expected.csv actual.csv
[ ! -s dead.json ] || fail "expected no dead letters"

rm records.json expected.csv
while read -r time; do
    echo "{\"t\":$(echo "$time" | tr _ ' ')}" >>records.json
    echo "field \"t\", the event time, is no time: \"$(echo "$time" | tr -d '"' | tr _ ' ')\"" >>expected.txt
done <<'EOF'
""
"yesterday"
"2018-02-29T00:00:00"
"2018-13-01"
"2018-12-31T24:00:00"
"2018-12-31T23:57:00_"
"2018-12-31T23:57:00+24:00"
"31.12.2018"
"1546300620000"
1546300620000.5
9223372036854775807
-9223372036854775808
true
[]
EOF
printf '%s\n' '{"t":null}' '{"n":1}' >>records.json
printf 'field "t", the event time, is %s\n' null missing >>expected.txt
echo '{"t":"2018-12-31","n":7}' >>records.json
write_windows 'event_time = "t";'
rm -f dead.json
levada run windows.conf
expect_exit 0
echo "2018-12-31T00:00:00,2018-12-31T00:00:00.001,7,1" >one.csv
expect_same one.csv out
jq -r .error dead.json >actual.txt
expect_same expected.txt actual.txt
jq -r .value dead.json >values.json
head -n 16 records.json >bad.json
expect_same bad.json values.json

# Without tolerance the first of them stops the run, by name and place; no row comes out.
printf '%s\n' '{"t":"2018-12-31"}' '{"t":"2018-12-31"}' '{"t":"soon"}' >records.json
do_not_tolerate
write_windows 'event_time = "t";'
levada run windows.conf
expect_exit 65
expect_err 'records.json: record 3 (byte 38): field "t", the event time, is no time: "soon"'
expect_no_out

# A window over records that have no time of their own, and over rows, whose time is their window's end.
write_windows
levada run windows.conf
expect_exit 65
expect_err "record 1 (byte 0): the record has no timestamp to use as its event time"
expect_no_out
cat >rows.conf <<'EOF'
pipeline: { name = "rows"; trigger = "available_now"; max_records_per_trigger = 500; stages = (
  { name = "calls"; plugin = "call_generator"; count = 3000; order = "oldest_first"; },
  { name = "hours"; plugin = "crime_aggregate"; event_time = "call_date_time";
    window = "1 h"; watermark = "1 h"; group_by = [ "disposition" ]; },
  { name = "days"; plugin = "crime_aggregate"; EVENT_TIME window = "24 h"; watermark = "1 ms"; },
  { name = "out"; plugin = "console_sink"; format = "csv"; } ); };
EOF
sed 's/EVENT_TIME/event_time = "window_start";/' rows.conf >by_field.conf
sed 's/EVENT_TIME//' rows.conf >by_timestamp.conf
levada run by_field.conf
expect_exit 0
[ "$(wc -l <out)" -gt 80 ] || fail "these rows test nothing"
cp out by_field.csv
levada run by_timestamp.conf
expect_exit 0
expect_err "late=0"
expect_same by_field.csv out

# Further ahead of the clock than max_future allows.
ahead() {
    date -u -d "$1" +%Y-%m-%dT%H:%M:%S
}
printf '{"n":1,"t":"%s"}\n{"n":2,"t":"%s"}\n{"n":3,"t":"%s"}\n' \
    "$(ahead "1970-01-01")" "$(ahead "50 minutes")" "$(ahead "70 minutes")" >records.json
write_windows 'event_time = "t";'
levada run windows.conf
expect_exit 0
[ "$(wc -l <out)" -eq 3 ] || fail "without max_future any time is good"
write_windows 'event_time = "t"; max_future = "1 h";'
levada run windows.conf
expect_exit 65
expect_err "records.json: record 3 (byte "
expect_err "further ahead of the clock"
expect_no_out
tolerate
write_windows 'event_time = "t"; max_future = "1 h";'
rm -f dead.json
levada run windows.conf
expect_exit 0
[ "$(cut -d, -f3 out | tr '\n' ' ')" = "1 2 " ] || fail "expected rows of the two good records"
[ "$(jq -r .number dead.json)" = 2 ] || fail "expected a dead letter of the third record"
