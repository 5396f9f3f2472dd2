# SPDX-License-Identifier: Apache-2.0
# A followed file has no end, but what is there now has: --until-caught-up reads that, a later run the rest.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

cat >follow.conf <<EOF
pipeline: { name = "follow"; checkpoint = "state"; stages = (
  { name = "in"; plugin = "json_file_source"; path = "in.json"; follow = true; },
  { name = "out"; plugin = "file_sink"; path = "out.json"; } ); };
EOF

# step MORE EXPECTED: what is written to the input, and what is in the output after a run.
step() {
    printf '%b' "$1" >>in.json
    levada run follow.conf --until-caught-up
    expect_exit 0
    printf '%b' "$2" >expected
    expect_same expected out.json
}

: >in.json
levada run follow.conf --until-caught-up
expect_exit 0
step '{"a":1}\n{"a":2}\n' '{"a":1}\n{"a":2}\n'
step '{"a":3}\n\n  \n{"a":' '{"a":1}\n{"a":2}\n{"a":3}\n'
step '4}\n' '{"a":1}\n{"a":2}\n{"a":3}\n{"a":4}\n'
