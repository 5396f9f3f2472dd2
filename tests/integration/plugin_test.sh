# SPDX-License-Identifier: Apache-2.0
# `levada plugin test`: its options and formats. tests/conformance tries what it finds.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

good=$(dirname "$LEVADA")/tests/examples/upper.so
set_field="--set upper.field=word"

# shellcheck disable=SC2086 # two words
levada plugin test "$good" $set_field --only load,data.shared --seed 7
expect_exit 0
expect_out 'seed 7'
expect_out 'ok     data.shared'
expect_out '7 cases, no fault, 0 skipped'

# Without the option that it needs it cannot be created, and what follows is not tried.
levada plugin test "$good"
expect_exit 1
expect_out 'FAULT  life.create'
expect_out 'options: refused the options it is tried with: option "field" is missing; --options and --set give others'
expect_out 'not tried after life.create'

levada plugin test "$good" --set upper.feild=word --only life.create
expect_exit 1
expect_out 'unknown option "feild" (did you mean "field"?)'
levada plugin test "$good" --set uper.field=word
expect_exit 64
expect_err '--set: "uper.field" names no stage; did you mean "upper"?'

# Options beside the file, and options by name.
cp "$good" upper.so
cat >upper.conf <<'END'
pipeline: { name = "p"; stages = ( { name = "it"; plugin = "upper"; field = "word"; } ); };
END
levada plugin test upper.so --only life.create
expect_exit 0
mv upper.conf other.conf
levada plugin test upper.so --options other.conf --only life.create
expect_exit 0
levada plugin test upper.so --options other.conf --set it.field=name --only life.create
expect_exit 0
levada plugin test upper.so --options other.conf --set upper.field=name --only life.create
expect_exit 64
expect_err '"upper.field" names no stage'

levada plugin test upper.so --options other.conf --only load --format tap
expect_exit 0
head -n 1 out | grep -qx 'TAP version 13' || fail "expected TAP"
[ "$(grep -c '^ok ' out)" -eq 6 ] && grep -qx '1..6' out || fail "expected a plan of six tests"

levada plugin test upper.so --only life.create --format junit
expect_exit 1
python3 - <<'END' || fail "expected JUnit's XML"
import xml.etree.ElementTree as tree
suite = tree.parse("out").getroot()
failure = suite.find("testcase/failure")
assert (suite.tag, suite.get("tests"), suite.get("failures")) == ("testsuite", "1", "1"), suite.attrib
assert failure.get("type") == "options" and '"field" is missing' in failure.get("message")
END

# For a debugger: no process of its own.
levada plugin test upper.so --options other.conf --in-process
expect_exit 0
expect_out 'no fault'

levada plugin test upper.so --only nothing
expect_exit 64
expect_err 'no case or group of cases is called "nothing"'
levada plugin test upper.so --only load,lfe
expect_exit 64
expect_err '--only: no case or group of cases is called "lfe"'

# What is left out is shown, and what rests on it is tried.
levada plugin test upper.so --options other.conf --only life --except life.start,life.leaks
expect_exit 0
expect_out 'left out by --except'
expect_out 'ok     life.one_record'
expect_out '8 cases, no fault, 2 skipped'
levada plugin test upper.so --except life.nothing
expect_exit 64
expect_err '--except: no case or group of cases is called "life.nothing"'
levada plugin test upper.so --seed x
expect_exit 64
levada plugin test upper.so --format html
expect_exit 64
expect_err '--format is text, tap or junit, not: html'
levada plugin test nowhere.so
expect_exit 66
expect_err 'cannot read nowhere.so'
levada plugin test upper.so --options nowhere.conf
expect_exit 66
echo 'no ELF file' >text.so
levada plugin test text.so
expect_exit 1
expect_out 'note: expected a shared object, found no ELF file'
