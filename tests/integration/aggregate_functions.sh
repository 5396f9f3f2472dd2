# SPDX-License-Identifier: Apache-2.0
# Functions of generated calls, as sqlite3 has them; quantiles as sorting has them; restarts in between.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/oracle.sh"

make_calls 20000 12
mv calls.json all.json
cat >p.conf <<'END'
pipeline: { name = "functions"; trigger = "available_now"; checkpoint = "state";
  stages = (
    { name = "calls"; plugin = "json_file_source"; path = "calls.json"; },
    { name = "codes"; plugin = "aggregate"; group_by = [ "disposition" ]; order_by = [ "n desc" ];
      output_mode = "complete";
      compute = ( { name = "n"; function = "count"; },
                  { name = "types"; function = "count_distinct"; field = "original_crime_type_name"; },
                  { name = "first_time"; function = "min"; field = "call_date_time"; },
                  { name = "last_time"; function = "max"; field = "call_date_time"; } ); },
    { name = "out"; plugin = "console_sink"; format = "csv"; } ); };
END

# The file grows between the runs, each of which goes on from the checkpoint.
for n in 1 465 8000 20000; do
    head -n "$n" all.json >calls.json
    levada run p.conf
    expect_exit 0
done
ask_sqlite "SELECT disposition, count(*) AS n, count(DISTINCT type), min(time), max(time)
            FROM calls GROUP BY disposition ORDER BY n DESC, disposition" >expected
[ "$(wc -l <expected)" -gt 5 ] || fail "these calls test nothing"
sed 1d out >rows
expect_same expected rows

# State of another function is not gone on with.
sed 's/function = "max"/function = "last"/' p.conf >changed.conf
levada run changed.conf
expect_exit 78
expect_err 'compute[3] was {name: "last_time", function: "max", field: "call_date_time"} and is'

# Numbers of known quantiles, sums and means; a text among them is a bad record with its place.
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "{\"v\":%d}\n", (i * 7919) % 100000 + 1 }' >numbers.json
echo '{"v":"12"}' >>numbers.json
cat >q.conf <<'END'
pipeline: { name = "quantiles"; trigger = "available_now"; errors = { tolerance = "all"; };
  stages = (
    { name = "numbers"; plugin = "json_file_source"; path = "numbers.json"; },
    { name = "q"; plugin = "aggregate";
      compute = ( { name = "n"; function = "count"; }, { name = "sum"; function = "sum"; field = "v"; },
                  { name = "mean"; function = "mean"; field = "v"; },
                  { name = "distinct"; function = "approx_count_distinct"; field = "v"; },
                  { name = "p50"; function = "quantile"; field = "v"; quantile = 0.5; },
                  { name = "p99"; function = "quantile"; field = "v"; quantile = 0.99; } ); },
    { name = "out"; plugin = "console_sink"; format = "csv"; } ); };
END
levada run q.conf
expect_exit 0
sed 1d out | awk -F, '
    function is_near(value, truth, error) { return value >= truth * (1 - error) && value <= truth * (1 + error) }
    { exit !($1 == 100000 && $2 == 5000050000 && $3 == "50000.5" && is_near($4, 100000, 0.05) &&
             is_near($5, 50000, 0.016) && is_near($6, 99000, 0.016)) }' || fail "numbers are wrong"

levada run q.conf --set pipeline.errors.tolerance=none
expect_exit 65
expect_err 'record 100,001'
expect_err 'field "v": a number is needed, but "12" is a text'
