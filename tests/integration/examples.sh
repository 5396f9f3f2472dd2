# SPDX-License-Identifier: Apache-2.0
# The stages that docs/plugin-guide.md builds, in a pipeline: counter -> upper -> join -> sum, average, print.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

examples=$(dirname "$LEVADA")/tests/examples

cat >p.conf <<'END'
pipeline: { name = "examples"; trigger = "available_now";
  stages = (
    { name = "counter"; plugin = "counter"; limit = 10; },
    { name = "upper"; plugin = "upper"; field = "word"; },
    { name = "sum"; plugin = "sum"; field = "n"; group_by = [ "word" ]; output_mode = "complete"; order_by = [ "word" ]; },
    { name = "out"; plugin = "print"; } ); };
END
levada run p.conf --plugin-dir "$examples"
expect_exit 0
cat >expected <<'END'
{"word":"W0","sum":18.0}
{"word":"W1","sum":12.0}
{"word":"W2","sum":15.0}
END
expect_same expected out

cat >p.conf <<'END'
pipeline: { name = "examples"; trigger = "available_now";
  stages = (
    { name = "counter"; plugin = "counter"; limit = 10; },
    { name = "join"; plugin = "join"; on = "word"; add = "digit"; table = { w0 = "zero"; w2 = "two"; }; },
    { name = "average"; plugin = "average"; field = "n"; group_by = [ "digit" ]; output_mode = "complete"; order_by = [ "digit" ]; },
    { name = "out"; plugin = "console_sink"; format = "csv"; } ); };
END
levada run p.conf --plugin-dir "$examples"
expect_exit 0
printf 'digit,count,average\ntwo,3,5.0\nzero,4,4.5\n' >expected
expect_same expected out
