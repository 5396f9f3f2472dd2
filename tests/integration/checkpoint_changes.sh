# SPDX-License-Identifier: Apache-2.0
# A pipeline that has changed since its checkpoint: what fits goes on, what does not is refused.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

# run_with STAGE NAME: what has come to calls.json since, through STAGE (or none), called NAME.
run_with() {
    cat >pipeline.conf <<EOF
pipeline: {
  name = "changing";
  trigger = "available_now";
  checkpoint = "kept";
  stages = (
    { name = "calls"; plugin = "json_file_source"; path = "calls.json"; },
    $1
    { name = "out"; plugin = "console_sink"; from = "$2"; format = "json"; }
  );
};
EOF
    levada run pipeline.conf
}

expect_rows() {
    expect_exit 0
    printf '%s\n' "$@" >expected
    expect_same expected out
}

echo '{"k":"a","j":1}' >calls.json
run_with "" calls
expect_rows '{"k":"a","j":1}'

# Stages without state come and go.
echo '{"k":"a","j":2}' >>calls.json
run_with '{ name = "twos"; plugin = "filter"; where = "j = 2"; },' twos
expect_rows '{"k":"a","j":2}'
run_with "" calls
expect_exit 0

# One with state starts with nothing, and is held to what it was from then on.
echo '{"k":"b","j":3}' >>calls.json
run_with '{ name = "count"; plugin = "crime_aggregate"; group_by = [ "k" ]; },' count
expect_rows '{"k":"b","count":1}'
run_with '{ name = "count"; plugin = "crime_aggregate"; group_by = [ "j" ]; },' count
expect_exit 78
expect_err 'group_by was ["k"] and is ["j"]'
run_with "" calls
expect_exit 78
expect_err 'holds the state of a stage "count"'

# Undone, it goes on.
echo '{"k":"b","j":4}' >>calls.json
run_with '{ name = "count"; plugin = "crime_aggregate"; group_by = [ "k" ]; },' count
expect_rows '{"k":"b","count":2}'
