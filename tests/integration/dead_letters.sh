# SPDX-License-Identifier: Apache-2.0
# Bad records of a whole pipeline go to a branch of several stages, whose own have no other place.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

printf '%s\n' '{"n":1}' '{"n":-}' '{"n":3}' '{"n":x}' >numbers.json
cat >pipeline.conf <<'EOF'
pipeline: {
  name = "letters";
  trigger = "available_now";
  errors = { tolerance = "all"; dead_letter = "letters"; };
  stages = (
    { name = "numbers"; plugin = "json_file_source"; path = "numbers.json"; },
    { name = "out"; plugin = "file_sink"; path = "good.json"; },
    { name = "letters"; plugin = "fields"; from = []; keep = [ "stage", "value" ]; },
    { name = "some"; plugin = "filter"; where = "stage = 'numbers'"; },
    { name = "bad"; plugin = "file_sink"; path = "bad.json"; }
  );
};
EOF

levada run pipeline.conf
expect_exit 0
printf '%s\n' '{"n":1}' '{"n":3}' >expected
expect_same expected good.json
printf '%s\n' '{"stage":"numbers","value":"{\"n\":-}"}' '{"stage":"numbers","value":"{\"n\":x}"}' >expected
expect_same expected bad.json

# A torn line is its own bytes, without the end of the line.
for order in forward reverse; do
    printf '%s\n' '{"n":1}' '{"n":[2' '{"n":3}' '{"n":"4' '{"n":5}' >numbers.json
    levada run pipeline.conf --set numbers.order=$order --set out.overwrite=true --set bad.overwrite=true
    expect_exit 0
    printf '%s\n' '{"stage":"numbers","value":"{\"n\":[2"}' '{"stage":"numbers","value":"{\"n\":\"4"}' >expected
    sort bad.json >sorted
    expect_same expected sorted
done
