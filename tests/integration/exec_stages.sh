# SPDX-License-Identifier: Apache-2.0
# Programs as stages: exec_source, exec_transform, exec_sink. Their READMEs say how each record is accounted for.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

seq 0 99 | sed 's/.*/{"n":&}/' >in.json

# pipeline STAGES: ends at the end of the input.
pipeline() {
    echo "pipeline: { name = \"p\"; trigger = \"available_now\"; ${words-} stages = ( $1 ); };" >p.conf
    levada run p.conf
}
source_='{ name = "in"; plugin = "json_file_source"; path = "in.json"; },'
sink=', { name = "out"; plugin = "console_sink"; format = "json"; }'
transform() {
    pipeline "$source_ { name = \"odd\"; plugin = \"exec_transform\"; $1 } $sink"
}
exec_sink() {
    pipeline "$source_ { name = \"odd\"; plugin = \"exec_sink\"; $1 }"
}
exec_source() {
    pipeline "{ name = \"odd\"; plugin = \"exec_source\"; $1 } $sink"
}

# ---- a transform ----

transform 'command = [ "cat" ];'
expect_exit 0
expect_same in.json out

cat >answers.py <<'END'
import json, sys
for line in sys.stdin:
    n = json.loads(line)["n"]
    answer = {"n": n, "twice": 2 * n}
    if n % 10 == 3:
        answer = None
    elif n % 10 == 4:
        answer = [{"n": n, "part": part} for part in ("a", "b,]}\"")]
    elif n == 55:
        answer = "fifty-five is bad"
    print(json.dumps(answer), flush=True)
END
words='errors = { tolerance = "all"; dead_letter = "bad"; };'
bad='{ name = "bad"; plugin = "file_sink"; from = []; path = "bad.json"; overwrite = true; }'
pipeline "$source_ { name = \"odd\"; plugin = \"exec_transform\"; command = [ \"python3\", \"answers.py\" ];
    directory = \".\"; adds = [ \"twice\" ]; } $sink, $bad"
words=
expect_exit 0
python3 - >expected <<'END'
for n in range(100):
    if n % 10 == 4:
        print('{"n":%d,"part":"a"}\n{"n":%d,"part":"b,]}\\""}' % (n, n))
    elif n % 10 != 3 and n != 55:
        print('{"n":%d,"twice":%d}' % (n, 2 * n))
END
expect_same expected out
[ "$(wc -l <bad.json)" -eq 1 ] || fail "expected one dead letter"
grep -q 'fifty-five is bad' bad.json || fail "expected the reason"

transform 'command = [ "mawk", "-W", "interactive", "{ print; fflush() }" ];'
expect_same in.json out
cat >frames.py <<'END'
import os, struct, sys
assert os.environ["GREETING"] == "hello"
while True:
    head = sys.stdin.buffer.read(4)
    if not head:
        break
    text = sys.stdin.buffer.read(struct.unpack(">I", head)[0]).replace(b'"n"', b'"m"')
    sys.stdout.buffer.write(struct.pack(">I", len(text)) + text)
    sys.stdout.buffer.flush()
END
transform 'command = [ "python3", "frames.py" ]; directory = "."; framing = "length";
    environment = { GREETING = "hello"; };'
expect_exit 0
sed 's/"n"/"m"/' in.json >expected
expect_same expected out

# ---- a program that is not there, breaks off, answers what is no answer, does not answer ----

for stage in exec_source exec_sink transform; do
    $stage 'command = [ "no-such-program" ];'
    expect_exit 78
    expect_err 'odd: cannot start the program "no-such-program": No such file or directory'
done
words='errors = { retry_for = "100 ms"; };'
for stage in exec_sink transform; do
    $stage 'command = [ "sh", "-c", "read -r line; exit 3" ];'
    expect_exit 69
    expect_err 'will be tried again'
    expect_err 'it ended with exit code 3'
    $stage 'command = [ "sleep", "100" ]; time_limit = "100 ms";'
    expect_exit 69
    expect_err 'odd: sleep gave no sign of life for 0.1 s (does it flush each answer?)'
done
exec_source 'command = [ "sh", "-c", "echo \"{}\"; exit 3" ];'
expect_exit 69
expect_err 'odd: sh ended with exit code 3'
words=
transform 'command = [ "sed", "-u", "s/.*/well/" ];'
expect_exit 70
expect_err 'odd: sed answered "well"; expected an object, a list of objects, null'
transform 'command = [ "sed", "-u", "p" ];'
expect_exit 70
expect_err 'odd: sed wrote more answers than it was given records'
transform 'command = [ "sed", "-u", "s/.*/{broken}/" ];'
expect_exit 70
expect_err 'odd: emitted a record that is no JSON'
transform 'command = [ "sh", "-c", "read -r line; head -c 5000 /dev/zero | tr \"\\0\" x; sleep 100" ]; max_record = "1 KiB";'
expect_exit 70
expect_err 'odd: sh wrote a message longer than max_record (1024 bytes)'
exec_source 'command = [ "echo", "well" ];'
expect_exit 65

# It dies once: what it had not answered is given to the next one, and nothing is lost or comes twice.
: >once
transform 'command = [ "sh", "-c", "[ ! -f once ] || { rm once; exec head -n 10; }; exec cat" ]; directory = ".";'
expect_exit 0
expect_same in.json out
expect_err 'will be tried again'

# How long it takes to end counts from the end of its input, not from its last answer.
pipeline '{ name = "in"; plugin = "exec_source"; command = [ "sh", "-c", "cat in.json; sleep 2.2" ]; directory = "."; },
    { name = "odd"; plugin = "exec_transform"; command = [ "sh", "-c", "cat; sleep 0.8" ]; time_limit = "2 s"; }'"$sink"
expect_exit 0
expect_same in.json out

# ---- a sink ----

exec_sink 'command = [ "sh", "-c", "tee rows" ]; directory = ".";'
expect_exit 0
expect_same in.json rows
exec_sink 'command = [ "sh", "-c", "cat >rows" ]; directory = "."; acknowledge = "none";'
expect_exit 0
expect_same in.json rows
exec_sink 'command = [ "sh", "-c", "cat >rows; exit 5" ]; directory = "."; acknowledge = "none";'
expect_exit 74
expect_err 'odd: sh ended with exit code 5'
cat >flush.py <<'END'
import os, sys
rows = open("rows", "a")
for line in sys.stdin:
    if line != "@flush\n":
        rows.write(line)
        if os.path.exists("once") and '"n":50}' in line:
            os.remove("once")
            sys.exit(4)
    else:
        rows.flush()
        print("safe", flush=True)
END
rm rows
exec_sink 'command = [ "python3", "flush.py" ]; directory = "."; acknowledge = "flush";'
expect_exit 0
expect_same in.json rows
# It ends with rows that it has not flushed: back to the last checkpoint.
rm rows
: >once
exec_sink 'command = [ "python3", "flush.py" ]; directory = "."; acknowledge = "flush";'
expect_exit 0
expect_err 'back to the last checkpoint'
sort -u -t: -k2n rows >unique
expect_same in.json unique
words='errors = { tolerance = "all"; };'
exec_sink 'command = [ "sed", "-u", "s/.*7}/\"sevens are bad\"/" ];'
words=
expect_exit 0
expect_err 'bad=10'

# What it says unasked is no answer to what comes next.
exec_sink 'command = [ "sh", "-c", "echo ready; exec cat" ];'
expect_exit 70
expect_err 'odd: sh wrote more answers than were due: "'
exec_sink 'command = [ "sed", "-u", "-n", "-e", "50p", "-e", "s/@flush/safe/p" ]; acknowledge = "flush";'
expect_exit 70
expect_err 'odd: sed wrote more answers than were due: "'

# ---- a source ----

exec_source 'command = [ "seq", "-f", "{\"n\":%g}", "0", "99" ];'
expect_exit 0
expect_same in.json out
# With positions: a new run goes on behind the last one that was committed.
cat >count.py <<'END'
import os
first = int(os.environ.get("LEVADA_POSITION", "0"))
for n in range(first, first + 30):
    print('{"n":%d}' % n)
    if n % 10 == 9:
        print("@position %d" % (n + 1))
END
words='checkpoint = "state";'
for run in 1 2 3; do
    exec_source 'command = [ "python3", "count.py" ]; directory = ".";'
    expect_exit 0
    cat out >>rows_of_all
done
seq 0 89 | sed 's/.*/{"n":&}/' >expected
expect_same expected rows_of_all
words=
# It goes with the host that it was started by.
cat >long.conf <<'END'
pipeline: { name = "long"; drain_timeout = "5 s";
  stages = ( { name = "in"; plugin = "exec_source"; restart = "always"; restart_after = "10 ms";
               command = [ "sh", "-c", "echo $$ >&2; echo '{}'" ]; },
             { name = "out"; plugin = "console_sink"; format = "json"; } ); };
END
mkfifo rows_of_long
"$LEVADA" run long.conf >rows_of_long 2>err &
pid=$!
exec 3<rows_of_long
for i in 1 2 3; do read -r row <&3 || fail "expected a row"; done
kill -TERM $pid
cat <&3 >/dev/null
exec 3<&-
wait $pid || fail "expected that it ends well"
