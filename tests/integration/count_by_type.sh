# SPDX-License-Identifier: Apache-2.0
# Generated calls are counted by type as sqlite3 counts them.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/oracle.sh"

make_calls 20000 11
{
    echo "original_crime_type_name,count"
    ask_sqlite "SELECT type_csv, count(*) AS n FROM calls GROUP BY type ORDER BY n DESC, type"
} >expected.csv
[ "$(wc -l <expected.csv)" -gt 100 ] || fail "these calls test nothing"

levada run "$pipelines/count_by_type.conf" --set calls.path=calls.json --set out.format=csv
expect_exit 0
expect_same expected.csv out
