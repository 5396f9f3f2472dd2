# SPDX-License-Identifier: Apache-2.0
# isolation = "process": the same results as in the host's own process, and what a plugin that crashes, exits or
# hangs comes to. The table is in docs/isolation.md.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

fixtures=$(dirname "$LEVADA")/tests/fixtures/plugins
sanitized=false
if grep -qaE '__[at]san_init' "$LEVADA"; then sanitized=true; fi

# ---- the same results ----

cat >make.conf <<'END'
pipeline: { name = "make"; trigger = "available_now";
  stages = ( { name = "calls"; plugin = "call_generator"; count = 5000; seed = 7; order = "oldest_first"; },
             { name = "out"; plugin = "file_sink"; path = "calls.jsonl"; } ); };
END
levada run make.conf
expect_exit 0
set -- --set calls.path="$PWD/calls.jsonl"
levada run "$pipelines/crime_file.conf" "$@"
expect_exit 0
mv out expected
# Each alone, too, where processes are quick to start.
each='calls windows radio out'
if $sanitized; then each=windows; fi
for stage in $each; do
    levada run "$pipelines/crime_file.conf" "$@" --set $stage.isolation=process
    expect_exit 0
    expect_same expected out
done

# Rows that close, sessions that merge, cells of any length, a filter, new fields, keyed state.
cat >many.conf <<'END'
pipeline: { name = "many"; trigger = "available_now"; max_records_per_trigger = 1000; checkpoint = "state";
  stages = (
    { name = "calls"; plugin = "json_file_source"; path = "calls.jsonl"; },
    { name = "some"; plugin = "filter"; where = "disposition != 'CAN'"; },
    { name = "shape"; plugin = "fields"; rename = { number = "crime_id"; };
      cast = { number = "int"; }; constant = { town = "SF"; }; drop = [ "report_date" ]; },
    { name = "sums"; plugin = "aggregate"; event_time = "call_date_time"; session = "20 min"; watermark = "1 d";
      group_by = [ "disposition" ]; output_mode = "append";
      compute = ( { name = "n"; function = "count"; },
                  { name = "types"; function = "count_distinct"; field = "original_crime_type_name"; },
                  { name = "middle"; function = "quantile"; field = "number"; quantile = 0.5; },
                  { name = "first"; function = "first"; field = "address"; } ); },
    { name = "out"; plugin = "file_sink"; path = "sums.jsonl"; } ); };
END
levada run many.conf
expect_exit 0
[ -s sums.jsonl ] || fail "expected rows"
mv sums.jsonl expected
for stages in $($sanitized || echo calls some shape sums out) calls,some,shape,sums,out; do
    rm -rf state sums.jsonl
    set --
    for stage in $(echo $stages | tr , ' '); do set -- "$@" --set "$stage.isolation=process"; done
    levada run many.conf "$@"
    expect_exit 0
    expect_same expected sums.jsonl
done
levada check many.conf --print "$@"
expect_exit 0
expect_out 'isolation = { mode = "process"; network = false; time_limit = "20 s"; attempts = 3; };'

# ---- what it may not do ----

mkdir own
cp "$fixtures/misbehaves.so" "$fixtures/throws.so" "$fixtures/reaches_out.so" own/
seq 0 9 | sed 's/.*/{"n":&}/' >in.json

# with PLUGIN OPTIONS [ISOLATION]: PLUGIN in a process of its own; bad records go to bad.json.
with() {
    cat >p.conf <<END
pipeline: { name = "p"; trigger = "available_now";
  stages = (
    { name = "in"; plugin = "json_file_source"; path = "in.json"; },
    { name = "odd"; plugin = "$1"; $2 isolation = { ${3-} };
      errors = { tolerance = "$tolerance"; dead_letter = "bad"; }; },
    { name = "out"; plugin = "console_sink"; format = "json"; },
    { name = "bad"; plugin = "file_sink"; from = []; path = "bad.json"; overwrite = true; } ); };
END
    levada run p.conf --plugin-dir own
}
tolerance=none

with reaches_out 'what = "socket";'
expect_exit 0
expect_out '{"n":9,"result":"Operation not permitted"}'
with reaches_out 'what = "socket";' 'network = true;'
expect_out '{"n":9,"result":"Success"}'
with reaches_out 'what = "ring";'
expect_out '{"n":9,"result":"Operation not permitted"}'
if ! $sanitized; then
    with reaches_out 'what = "descriptor";'
    expect_out '{"n":9,"result":"Operation not permitted"}'
fi
with reaches_out 'what = "files";' 'files = 32;'
expect_out '{"n":9,"result":"Too many open files"}'
if ! $sanitized; then
    with reaches_out 'what = "memory";' 'memory = "64 MiB";'
    expect_out '{"n":9,"result":"Cannot allocate memory"}'
fi
with reaches_out 'what = "descriptors";'
expect_out '{"n":9,"result":"none of the host'\''s"}'

# ---- what a death comes to ----

# For good: found, named, and the pipeline stops.
for how in $($sanitized || echo stack exit) segv; do
    with misbehaves "how = \"$how\"; where = \"process\"; at = 7;" 'attempts = 1;'
    expect_exit 70
    expect_err 'odd: its process '
    expect_err 'times; the record at fault: '
    expect_err 'in.json, partition 0, offset 56'
    [ "$(wc -l <out)" -eq 7 ] || fail "expected what stood before it"
    $sanitized || expect_err ' of stage "odd" (misbehaves, '
done
# Tolerated: to the dead letters, and all others through.
tolerance=all
with misbehaves 'how = "segv"; where = "process"; at = 7;'
tolerance=none
expect_exit 0
[ "$(wc -l <out)" -eq 9 ] || fail "expected all but one"
! grep -q '"n":7}' out || fail "expected that 7 is missing"
[ "$(wc -l <bad.json)" -eq 1 ] || fail "expected one dead letter"
grep -q '{\\"n\\":7}' bad.json || fail "expected the record as it came"
grep -q 'the plugin'\''s process .* in process(), [0-9]* times' bad.json || fail "expected the reason"
# Once: replayed, nothing is lost and nothing comes twice.
for where in create start process trigger; do
    : >once
    with misbehaves "how = \"segv\"; where = \"$where\"; marker = \"once\";"
    [ $where = create ] && code=78 || code=0
    expect_exit $code
    [ $code -ne 0 ] || expect_same in.json out
    expect_err 'its process died'
done
# With records that only it had: back to the last checkpoint, in the running pipeline.
head -n 5 in.json >first.json
tail -n 5 in.json >second.json
for checkpoint in '' 'checkpoint = "kept";'; do
    for where in process trigger checkpoint; do
        if $sanitized && [ "$checkpoint$where" != "checkpoint = \"kept\";process" ]; then continue; fi
        : >once
        cat >kept.conf <<END
pipeline: { name = "kept"; trigger = "available_now"; $checkpoint
  stages = (
    { name = "first"; plugin = "json_file_source"; path = "first.json"; },
    { name = "second"; plugin = "json_file_source"; path = "second.json"; },
    { name = "odd"; plugin = "misbehaves"; from = [ "first", "second" ]; how = "segv"; where = "$where"; at = 7;
      marker = "once"; keeps = true; isolation = "process"; },
    { name = "out"; plugin = "file_sink"; path = "kept.json"; } ); };
END
        rm -rf kept kept.json
        levada run kept.conf --plugin-dir own
        expect_exit 0
        expect_err 'its process died'
        [ $where = checkpoint ] || expect_err 'back to the last checkpoint'
        sort kept.json >kept.sorted
        expect_same in.json kept.sorted
    done
done
# Every time, in another callback.
for where in $($sanitized || echo start checkpoint) trigger; do
    with misbehaves "how = \"exit\"; where = \"$where\";" 'attempts = 2;'
    expect_exit 70
    expect_err 'odd: its process called exit() in '
    expect_err ', 2 times'
done
with misbehaves 'how = "segv"; where = "create";'
expect_exit 78
expect_err 'p.conf:4:5: error: stage "odd": its process '
with misbehaves 'how = "segv"; where = "destroy";'
expect_exit 0
expect_err 'its process died'
expect_same in.json out
# It hangs.
tolerance=all
with misbehaves 'how = "hang"; where = "process"; at = 7;' 'time_limit = "1 s"; attempts = 1;'
expect_exit 0
expect_err 'it did not return from process() within 1 s and was ended'
[ "$(wc -l <out)" -eq 9 ] || fail "expected all but one"
tolerance=none
with throws '' 'attempts = 1;'
expect_exit 70
expect_err 'a C++ exception (std::runtime_error: no such radio)'
with misbehaves 'how = "segv"; where = "process";' 'mode = "none";'
[ "$exit_code" -ge 99 ] || fail "expected that the host itself dies"

# The helper goes with its host, however that ends.
: >fifo.json
cat >long.conf <<'END'
pipeline: { name = "long"; checkpoint_every = "10 ms";
  stages = ( { name = "in"; plugin = "json_file_source"; path = "fifo.json"; follow = true; isolation = "process"; },
             { name = "out"; plugin = "console_sink"; format = "json"; } ); };
END
for signal in KILL TERM; do
    mkfifo rows
    "$LEVADA" run long.conf >rows 2>err &
    pid=$!
    exec 3<rows
    echo '{"n":1}' >>fifo.json
    read -r row <&3 || fail "expected a row"
    [ "$row" = '{"n":1}' ] || fail "expected the record"
    helper=$(pgrep -P "$pid" -f isolated-stage)
    kill -$signal "$pid"
    wait "$pid" && code=0 || code=$?
    [ $signal = KILL ] || [ $code -eq 0 ] || fail "expected that it ends well"
    tries=0
    # A zombie counts as gone: whoever is the first process of a container need not come for it.
    while grep -qs '^State:[[:space:]]*[^Z[:space:]]' "/proc/$helper/status"; do
        tries=$((tries + 1))
        [ $tries -lt 3000 ] || fail "the helper $helper lives on"
        sleep 0.01
    done
    exec 3<&-
    rm rows
done
