# SPDX-License-Identifier: Apache-2.0
# Sessions through whole pipelines: a few calls by hand, generated calls against sqlite3, kills, and what is
# refused.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/oracle.sh"

# write_query FILE OPTIONS [PLUGIN]: query.conf, in which FILE is read and the sessions have these options.
write_query() {
    cat >query.conf <<EOF
pipeline: { name = "visits"; trigger = "available_now"; max_records_per_trigger = 150; stages = (
  { name = "calls"; plugin = "json_file_source"; path = "$1"; },
  { name = "visits"; plugin = "${3:-crime_aggregate}"; event_time = "call_date_time"; $2
    group_by = [ "original_crime_type_name" ]; },
  { name = "out"; plugin = "file_sink"; path = "rows.csv"; format = "csv"; overwrite = true; } ); };
EOF
}

# ---- by hand: a call between two sessions joins them, one at the end of a session does not, two are late

cat >few.json <<EOF
{"call_date_time":"2016-03-31T10:00:00","original_crime_type_name":"Noise"}
{"call_date_time":"2016-03-31T10:50:00","original_crime_type_name":"Noise"}
{"call_date_time":"2016-03-31T10:29:00","original_crime_type_name":"Noise"}
{"call_date_time":"2016-03-31T11:20:00","original_crime_type_name":"Noise"}
{"call_date_time":"2016-03-31T10:20:00","original_crime_type_name":"Auto"}
{"call_date_time":"2016-03-31T10:19:00","original_crime_type_name":"Auto"}
{"call_date_time":"2016-03-31T10:19:59.999","original_crime_type_name":"Noise"}
EOF
write_query few.json 'session = "30 min"; watermark = "1 h"; output_mode = "append";'
levada run query.conf
expect_exit 0
expect_err "late=2 "
cat >expected <<EOF
window_start,window_end,original_crime_type_name,count
2016-03-31T10:00:00,2016-03-31T11:20:00,Noise,3
2016-03-31T10:20:00,2016-03-31T10:50:00,Auto,1
2016-03-31T11:20:00,2016-03-31T11:50:00,Noise,1
EOF
expect_same expected rows.csv

# ---- generated calls

make_calls 6000 11
mv calls.json newest_first.json
python3 "$LEVADA_SOURCE/tests/oracle/shuffle.py" 1 60 <newest_first.json >in_time.json
python3 "$LEVADA_SOURCE/tests/oracle/shuffle.py" 2 300 <newest_first.json >some_late.json

# ask_oracle GAP DELAY: the sessions of calls.json, sorted, in the file expected; in minutes; DELAY -1: none is late.
ask_oracle() {
    ask_sqlite "
      WITH read AS (SELECT rowid AS n, type, type_csv, unixepoch(time) AS t FROM calls),
      seen AS (SELECT *, max(t) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newest
               FROM read),
      counted AS (SELECT * FROM seen WHERE $2 < 0 OR newest IS NULL OR t >= newest - 60 * $2),
      gaps AS (SELECT *, t - lag(t) OVER (PARTITION BY type ORDER BY t) AS gap FROM counted),
      numbered AS (SELECT *, sum(gap IS NULL OR gap >= 60 * $1)
                             OVER (PARTITION BY type ORDER BY t ROWS UNBOUNDED PRECEDING) AS number FROM gaps)
      SELECT strftime('%Y-%m-%dT%H:%M:%S', min(t), 'unixepoch'),
             strftime('%Y-%m-%dT%H:%M:%S', max(t) + 60 * $1, 'unixepoch'), type_csv, count(*)
      FROM numbered GROUP BY type, number" | sort >expected
}

# judge FILE GAP DELAY MODE
judge() {
    cp "$1.json" calls.json
    write_query calls.json "session = \"$2 min\"; watermark = \"$3 min\"; output_mode = \"$4\";"
    levada run query.conf
    expect_exit 0
    cp err summary
    sed 1d rows.csv | sort >rows
    ask_oracle "$2" "$([ "$4" = append ] && echo "$3" || echo -1)"
    echo "$*: $(wc -l <rows) sessions"
    expect_same expected rows
}

for gap in 1 30 600; do
    judge in_time $gap 60 append
    grep -q " late=0 " summary || fail "records within the delay are never late"
    judge some_late $gap 60 append
    grep -q " late=[1-9]" summary || fail "these calls test nothing"
    judge newest_first $gap 60 complete
done

# ---- killed at each place, it writes what it writes in one run; state of all kinds is joined and saved

cat >job.conf <<EOF
pipeline: { name = "job"; trigger = "available_now"; checkpoint = "state"; max_records_per_trigger = 150;
  stages = (
    { name = "calls"; plugin = "json_file_source"; path = "some_late.json"; },
    { name = "visits"; plugin = "aggregate"; event_time = "call_date_time"; session = "600 min";
      watermark = "60 min"; group_by = [ "original_crime_type_name" ];
      compute = ( { name = "count"; function = "count"; },
                  { name = "addresses"; function = "count_distinct"; field = "address"; },
                  { name = "last"; function = "last"; field = "disposition"; } ); },
    { name = "out"; plugin = "file_sink"; path = "out.csv"; format = "csv"; } ); };
EOF
levada run job.conf
expect_exit 0
mv out.csv expected.csv
[ "$(wc -l <expected.csv)" -gt 300 ] || fail "these calls test nothing"
rm -r state
for at in before_trigger:9 after_trigger:6 before_checkpoint:5 before_store_commit:4 after_store_commit:3; do
    ran="LEVADA_CRASH_AT=$at levada run job.conf"
    exit_code=0
    LEVADA_CRASH_AT=$at "$LEVADA" run job.conf >out 2>err || exit_code=$?
    expect_exit 137
    levada state check state
    expect_exit 0
    levada state ls state
    expect_exit 0
done
levada run job.conf
expect_exit 0
expect_same expected.csv out.csv

# ---- what is refused

# refuse SENTENCE OPTIONS [PLUGIN]
refuse() {
    write_query few.json "$2" "${3:-crime_aggregate}"
    levada check query.conf --plugin-dir "$(dirname "$LEVADA")/tests/examples"
    expect_exit 78
    expect_err "$1"
}
refuse "cannot stand beside window" 'session = "30 min"; window = "1 h";'
refuse "cannot stand beside session" 'session = "30 min"; slide = "5 min";'
refuse "update is not for sessions" 'session = "30 min"; watermark = "1 h"; output_mode = "update";'
refuse "append needs a window or a session, and a watermark" 'session = "30 min"; output_mode = "append";'
refuse "its plugin has no merge()" 'field = "n"; session = "30 min";' sum
