# SPDX-License-Identifier: Apache-2.0
# Plugins that bring their process down: the last line names the stage, the file, the callback, the signal and
# the records in hand; the exit code tells the signal. The table is in docs/isolation.md.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

fixtures=$(dirname "$LEVADA")/tests/fixtures/plugins
seq 0 99 | sed 's/.*/{"n":&}/' >in.json

# with PLUGIN OPTIONS: PLUGIN, the only fixture that is seen, between a source and a printing sink.
with() {
    rm -rf own
    mkdir own
    cp "$fixtures/$1.so" own/
    cat >p.conf <<END
pipeline: { name = "p"; trigger = "available_now";
  stages = (
    { name = "in"; plugin = "json_file_source"; path = "in.json"; },
    { name = "odd"; plugin = "$1"; $2 },
    { name = "out"; plugin = "console_sink"; format = "json"; } ); };
END
    levada run p.conf --plugin-dir own
}

# The sanitizers have signal handlers of their own, and other words.
sanitized=false
if grep -qaE '__[at]san_init' "$LEVADA"; then sanitized=true; fi

# dies HOW WHERE CODE TEXT: in process, all but the words of a sanitizer.
dies() {
    with misbehaves "how = \"$1\"; where = \"$2\";"
    [ "$exit_code" -ne 0 ] || fail "expected a failure"
    if $sanitized && [ "$1" != exit ]; then return 0; fi
    expect_exit "$3"
    expect_err "$4"
    expect_err "of stage \"odd\" (misbehaves, "
    expect_err "/own/misbehaves.so)"
    expect_err "levada: backtrace:"
    [ "$(grep -c 'levada: p: crashed: ' err)" -eq 1 ] || fail "expected one line"
}
hand='; in hand: 100 records of '
dies segv process 139 'levada: p: crashed: SIGSEGV (invalid memory access at 0x10) in process()'
$sanitized || expect_err "$hand"
$sanitized || expect_err 'in.json, partition 0, offsets 0 to 881'
dies abort process 134 'crashed: SIGABRT (abort) in process()'
dies fpe process 136 'crashed: SIGFPE (arithmetic error) in process()'
dies ill process 132 'crashed: SIGILL (illegal instruction at 0x'
dies bus process 135 'crashed: SIGBUS (bus error) in process()'
dies stack process 139 'crashed: SIGSEGV (stack overflow at 0x'
dies exit process 70 'crashed: exit() (which is the host'\''s to call) in process()'
for where in create start destroy; do
    dies segv $where 139 "in $where() of stage"
    dies exit $where 70 "in $where() of stage"
done
dies stack create 139 "(stack overflow at 0x"
dies segv trigger 139 'in signal(TRIGGER) of stage'
dies segv checkpoint 139 'in signal(CHECKPOINT) of stage'

with throws ''
[ "$exit_code" -ne 0 ] || fail "expected a failure"
expect_err 'levada: p: crashed: SIGABRT (a C++ exception (std::runtime_error: no such radio)) in process() of stage "odd" (throws, '
$sanitized || expect_exit 134
