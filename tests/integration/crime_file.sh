# SPDX-License-Identifier: Apache-2.0
# On generated calls, the windows joined with the radio codes are the rows that sqlite3 finds.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/oracle.sh"

make_calls 20000 7
{
    echo "window_start,window_end,original_crime_type_name,disposition,description,count"
    ask_sqlite "
        WITH windows AS (
          SELECT strftime('%Y-%m-%dT%H:00:00', time) AS start, type, type_csv, disposition,
                 count(*) AS n
          FROM calls GROUP BY start, type, disposition)
        SELECT start, strftime('%Y-%m-%dT%H:%M:%S', start, '+1 hour'), type_csv, disposition,
               description, n
        FROM windows JOIN codes USING (disposition)
        ORDER BY n DESC, start, type, disposition"
} >expected.csv
[ "$(wc -l <expected.csv)" -gt 1000 ] || fail "these calls test nothing"

levada run "$pipelines/crime_file.conf" --set calls.path=calls.json --set out.format=csv
expect_exit 0
expect_same expected.csv out
