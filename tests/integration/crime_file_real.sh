# SPDX-License-Identifier: Apache-2.0
# The windows of the real calls, joined with the radio codes, are the expected rows.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

xz -dc "$LEVADA_DATA/police-department-calls-for-service.json.xz" >calls.json
xz -dc "$LEVADA_DATA/expected/window_type_disposition_inner_join.csv.xz" | sort >expected.csv

levada run "$pipelines/crime_file.conf" --set calls.path=calls.json --set out.format=csv
expect_exit 0
without_window_end out | sort >actual.csv
expect_same expected.csv actual.csv
