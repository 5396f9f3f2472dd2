# SPDX-License-Identifier: Apache-2.0
# levada status, of pipelines that read all the time, have ended, or hang.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

host=
stop_all() { kill -KILL $host 2>/dev/null; }

# told TEXT CODE: waits until `levada status` tells it, with that exit code.
told() {
    tries=0
    until "$LEVADA" status --socket status.sock >told 2>told.err && code=0 || code=$?
          grep -qE "$1" told && [ $code -eq "$2" ]; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { cat told told.err; fail "the status is not: $1 ($2), but $code"; }
        sleep 0.05
    done
}

# start PIPELINE... OPTIONS
start() {
    ran="levada run $*"
    exit_code=running
    "$LEVADA" run "$@" --status status.sock </dev/null >out 2>err &
    host=$!
}

# pipeline NAME FOLLOW [STAGE]
pipeline() {
    cat >"$1.conf" <<END
pipeline: { name = "$1"; stages = (
    { name = "in"; plugin = "json_file_source"; path = "in.json"; follow = $2; },
    ${3-}
    { name = "out"; plugin = "console_sink"; format = "json"; } ); };
END
}

# As soon as there is something to read: the trigger that is the default.
echo '{"n":0}' >in.json
pipeline busy true
start busy.conf
told '^busy\..*  RUNNING  .* 1 partitions  lag 0$' 0
told '^  in  +json_file_source  +1 in +1 out' 0
echo '{"n":1}' >>in.json
told '^  in  +json_file_source  +2 in +2 out' 0
kill -TERM $host
wait $host || fail "stopped with $?"

# One of them is over, which is not what it is there for.
pipeline brief false
start busy.conf brief.conf
told '^brief\..*  ENDED ' 75
told '^busy\..*  RUNNING ' 75
kill -TERM $host
wait $host || fail "stopped with $?"

# Nobody answers any more: what it told before stays known.
cp "$(dirname "$LEVADA")/tests/fixtures/plugins/hangs.so" .
stuck=
for n in 1 2 3 4 5 6 7 8; do
    pipeline stuck$n true '{ name = "x"; plugin = "hangs"; },'
    stuck="$stuck stuck$n.conf"
done
start $stuck --plugin-dir .
told '^stuck1\..*  RUNNING ' 0
"$LEVADA" status --socket status.sock >told || fail "no answer of many that do not answer"
[ "$(grep -c '^stuck.*  RUNNING ' told)" -eq 8 ] || fail "one of them is missing"
kill -KILL $host
wait $host 2>/dev/null || true
host=
