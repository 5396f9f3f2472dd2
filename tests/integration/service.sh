# SPDX-License-Identifier: Apache-2.0
# As a service: what systemd is told, files that are read again, and a watchdog that notices a plugin that hangs.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

mkfifo ready
python3 "$LEVADA_SOURCE/tests/integration/service_manager.py" told >ready &
manager=$!
service=
stop_all() { kill $manager $service 2>/dev/null; }
read -r NOTIFY_SOCKET <ready
export NOTIFY_SOCKET

# told PATTERN [TIMES]: waits until the manager was told it as often.
told() {
    tries=0
    until [ "$(grep -cE "$1" told)" -ge "${2-1}" ]; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { cat told err; fail "the manager was not told: $1"; }
        sleep 0.05
    done
}

# printed TEXT: waits until the service wrote it.
printed() {
    tries=0
    until grep -qF "$1" out; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || fail "not printed: $1"
        sleep 0.05
    done
}

# pipeline [OPTIONS]: calls that come and come.
pipeline() {
    cat >p.conf <<END
pipeline: { name = "p"; checkpoint = "state"; checkpoint_every = "10 ms";
  stages = (
    { name = "in"; plugin = "json_file_source"; path = "in.json"; follow = true; },
    ${1-}
    { name = "out"; plugin = "console_sink"; format = "json"; } ); };
END
}

# A run that is over at once was ready, too: else systemd would take it for failed.
echo '{"n":0}' >in.json
pipeline
levada run p.conf --set in.follow=false
expect_exit 0
told '^READY=1$'
rm -rf state

: >told
ran="levada run p.conf"
exit_code=running
WATCHDOG_USEC=600000 "$LEVADA" run p.conf </dev/null >out 2>err &
service=$!
told '^READY=1$'
told '^STATUS=1 of 1 pipelines running, [0-9]+ records/s, 1 in all, lag 0$'
told '^WATCHDOG=1$' 3

# A wrong file changes nothing.
pipeline '{ name = "x"; plugin = "filer"; },'
kill -HUP $service
told '^RELOADING=1$'
told '^STATUS=Not reloaded: the files have mistakes \(1\)$'
[ "$(grep -c '^READY=1$' told)" -eq 2 ] || fail "not ready again"
grep -qF 'p.conf:4:28: error: stage "x": no plugin offers a stage "filer"' err || fail "the mistake is not told"
echo '{"n":1}' >>in.json
printed '{"n":1}'

# A right one goes on where the old one was.
pipeline '{ name = "x"; plugin = "fields"; rename = { m = "n"; }; },'
kill -HUP $service
told '^RELOADING=1$' 2
told '^READY=1$' 3
echo '{"n":2}' >>in.json
printed '{"m":2}'
expect_same - out <<'END'
{"n":0}
{"n":1}
{"m":2}
END

# Changed again before the old one is over: the last one counts.
reloads=$(grep -c ' reloading ' err)
pipeline '{ name = "x"; plugin = "fields"; rename = { o = "n"; }; },'
kill -HUP $service
until [ "$(grep -c ' reloading ' err)" -gt "$reloads" ]; do :; done
pipeline '{ name = "x"; plugin = "fields"; rename = { k = "n"; }; },'
kill -HUP $service
told '^READY=1$' 4
tries=0
until grep -q '"k":' out; do
    echo '{"n":3}' >>in.json
    tries=$((tries + 1))
    [ $tries -lt 600 ] || fail "the last file is not the one that runs"
    sleep 0.05
done

kill -TERM $service
wait $service || fail "stopped with $?"
service=
told '^STOPPING=1$'

# A plugin that hangs: the watchdog is not fed any more, and the log says whose fault that is.
cp "$(dirname "$LEVADA")/tests/fixtures/plugins/hangs.so" .
pipeline '{ name = "x"; plugin = "hangs"; },'
rm -rf state
: >told
WATCHDOG_USEC=600000 "$LEVADA" run p.conf --plugin-dir . </dev/null >out 2>err &
service=$!
told '^READY=1$'
tries=0
until grep -qF 'warn p no progress' err; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || fail "not noticed"
    sleep 0.05
done
fed=$(grep -c '^WATCHDOG=1$' told)
told '^STATUS=' $(($(grep -c '^STATUS=' told) + 2))
[ "$(grep -c '^WATCHDOG=1$' told)" -eq "$fed" ] || fail "the watchdog is fed"
kill -KILL $service
service=
