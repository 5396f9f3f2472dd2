# SPDX-License-Identifier: Apache-2.0
# Sourced by every test here: runs levada as a process and judges what it did.
#
# From CMakeLists.txt: LEVADA, the program; LEVADA_SOURCE, the repository; LEVADA_DATA, the folder with
# the real calls, or nothing. A test starts in an empty folder of its own, which is deleted after it.

set -eu

pipelines=$LEVADA_SOURCE/pipelines
codes=$pipelines/radio_code.json

# Findings must not look like one of levada's own exit codes.
export ASAN_OPTIONS="exitcode=99" UBSAN_OPTIONS="print_stacktrace=1" TSAN_OPTIONS="exitcode=99"
export LC_ALL=C TZ=UTC

# What a test has begun in the background it ends in a stop_all of its own. LEVADA_KEEP names a folder: what a test
# that failed had written is kept there.
stop_all() { :; }
leave() {
    code=$?
    set +e
    stop_all
    if [ $code -ne 0 ] && [ $code -ne 77 ] && [ -n "${LEVADA_KEEP:-}" ]; then
        mkdir -p "$LEVADA_KEEP" && cp -a "$workdir" "$LEVADA_KEEP/$(basename "$0" .sh).$$"
    fi
    rm -rf "$workdir"
}

workdir=$(mktemp -d)
trap leave EXIT
trap 'exit 1' HUP INT TERM
cd "$workdir"
ran=

# fail SENTENCE: ends the test, and shows the run before.
fail() {
    echo "FAILED: $*"
    [ -z "$ran" ] || echo "after: $ran (exit code $exit_code)"
    for stream in out err; do
        [ ! -s "$stream" ] || { echo "--- std$stream, its end:"; tail -n 40 "$stream"; }
    done
    exit 1
} >&2

# levada ARGUMENT...: runs it, with its output in the files out and err, its exit code in $exit_code.
levada() {
    ran="levada $*"
    exit_code=0
    "$LEVADA" "$@" >out 2>err || exit_code=$?
}

expect_exit() {
    [ "$exit_code" -eq "$1" ] || fail "expected exit code $1"
}

# expect_out TEXT, expect_err TEXT: it is there, as it stands.
expect_out() {
    grep -qF -e "$1" out || fail "expected on standard output: $1"
}

expect_err() {
    grep -qF -e "$1" err || fail "expected on standard error: $1"
}

expect_no_out() {
    [ ! -s out ] || fail "expected nothing on standard output"
}

expect_no_err() {
    [ ! -s err ] || fail "expected nothing on standard error"
}

# expect_same EXPECTED ACTUAL: two files, byte for byte.
expect_same() {
    if ! cmp -s "$1" "$2"; then
        diff "$1" "$2" | head -n 20 >&2 || true
        fail "$2 is not what was expected ($(wc -l <"$1") lines expected, $(wc -l <"$2") found)"
    fi
}

# without_window_end FILE: the CSV of the window query less its second column.
without_window_end() {
    cut -d, -f1,3- "$1"
}
