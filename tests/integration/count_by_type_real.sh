# SPDX-License-Identifier: Apache-2.0
# The real calls, through standard input, are counted by type as expected, row for row.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

mkfifo calls
xz -dc "$LEVADA_DATA/police-department-calls-for-service.json.xz" >calls &

levada run "$pipelines/count_by_type.conf" --set calls.path=- --set out.format=csv <calls
expect_exit 0
expect_same "$LEVADA_DATA/expected/count_by_type.csv" out
