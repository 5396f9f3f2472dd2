# SPDX-License-Identifier: Apache-2.0
# Sourced after lib.sh: calls that nobody has seen before, and what sqlite3 makes of them.

# make_calls N SEED [ARGUMENT...]: calls.json, one call a line; further arguments go to levada.
make_calls() {
    count=$1 seed=$2
    shift 2
    levada run "$pipelines/make_calls.conf" --set "calls.count=$count" --set "calls.seed=$seed" \
        --set "out.path=calls.json" "$@"
    expect_exit 0
    [ "$(wc -l <calls.json)" -eq "$count" ] || fail "expected $count lines in calls.json"
}

# ask_sqlite QUERY: its rows, columns separated by commas. Tables: calls(type, type_csv, disposition,
# time), where type_csv is the type as a CSV field, and codes(disposition, description).
ask_sqlite() {
    sqlite3 -bail :memory: <<EOQ || fail "sqlite3 failed"
.mode ascii
.separator "\037" "\n"
CREATE TABLE lines(line TEXT);
.import calls.json lines
CREATE TABLE calls AS
  SELECT type, CASE WHEN type GLOB '*[,"]*' THEN printf('"%w"', type) ELSE type END AS type_csv,
         disposition, time
  FROM (SELECT json_extract(line, '$.original_crime_type_name') AS type,
               json_extract(line, '$.disposition') AS disposition,
               json_extract(line, '$.call_date_time') AS time
        FROM lines);
CREATE TABLE codes AS
  SELECT json_extract(value, '$.disposition_code') AS disposition,
         json_extract(value, '$.description') AS description
  FROM json_each(readfile('$codes'));
.mode list
.separator ","
$1;
EOQ
}
