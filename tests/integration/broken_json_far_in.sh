# SPDX-License-Identifier: Apache-2.0
# Of 150,000 calls the one that is broken is named by its place, and with tolerance it alone is missing.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

awk 'BEGIN { for (i = 0; i < 150000; i++)
    printf "{\"original_crime_type_name\":\"%s\"}\n", i == 100000 ? "bad \\x" : "good" }' >calls.json

levada run "$pipelines/count_by_type.conf" --set calls.path=calls.json
expect_exit 65
expect_err "record 100,001 (byte 3,600,033): only"
expect_no_out

sed 's/trigger = .*/&\n  errors = { tolerance = "all"; };/; s/"calls.json"/"'"$(pwd | sed 's,/,\\/,g')"'\/calls.json"/' \
    "$pipelines/count_by_type.conf" >tolerant.conf
levada run tolerant.conf
expect_exit 0
expect_out "good,149999"
