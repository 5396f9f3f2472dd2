# SPDX-License-Identifier: Apache-2.0
# A whole result leaves once for each trigger that changed it, and once for a run without input.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

cat >p.conf <<'END'
pipeline: { name = "whole"; trigger = "50 ms"; max_records_per_trigger = 1;
  stages = (
    { name = "in"; plugin = "json_file_source"; path = "-"; format = "lines"; },
    { name = "groups"; plugin = "crime_aggregate"; group_by = [ "a" ]; output_mode = "complete"; },
    { name = "out"; plugin = "console_sink"; format = "csv"; },
    { name = "file"; plugin = "file_sink"; from = "groups"; path = "last.csv"; format = "csv"; overwrite = true; } ); };
END
printf '{"a":"x"}\n{"a":"y"}\n' >in
ran="levada run p.conf"
exit_code=0
"$LEVADA" run p.conf <in >out 2>err || exit_code=$?
expect_exit 0
# What a pipe holds at its end is told with its last record, or by an empty read after it: the same result.
printf 'a,count\nx,1\nx,1\ny,1\n' >expected
expect_same expected out
printf 'a,count\nx,1\ny,1\n' >expected
expect_same expected last.csv

levada run p.conf --set in.path=/dev/null
expect_exit 0
expect_no_out
