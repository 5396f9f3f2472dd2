# SPDX-License-Identifier: Apache-2.0
# Pipeline files that are wrong: refused before anything runs, with file, line and column, what was
# expected, the nearest name, and exit code 78 (66 where a file that is named is missing).
. "$LEVADA_SOURCE/tests/integration/lib.sh"

echo '{"type":"a"}' >in.json

# file STAGE_LINES [PIPELINE_LINES]: p.conf, its stages beginning at line 3.
file() {
    printf 'pipeline: { name = "p"; trigger = "available_now"; %s\n stages = (\n%s\n ); };\n' \
        "${2-}" "$1" >p.conf
}
source='{ name = "in"; plugin = "json_file_source"; path = "in.json"; }'
sink='{ name = "out"; plugin = "console_sink"; format = "json"; }'

# refused EXIT_CODE SENTENCE...: by check and by run, which then writes nothing.
refused() {
    code=$1
    shift
    for verb in check run; do
        levada $verb p.conf
        expect_exit "$code"
        expect_no_out
        for sentence in "$@"; do
            expect_err "$sentence"
        done
    done
}

file "$source, { name = \"out\"; plugin = \"console_sink\"; formt = \"csv\"; }"
refused 78 'p.conf:3:' 'unknown option "formt"; did you mean "format"?'
file "$source, { name = \"out\"; plugin = \"console_sink\"; format = 5; }"
refused 78 'p.conf:3:' 'option "format" is 5'
file "$source, { name = \"out\"; plugin = \"console_sink\"; num_rows = -1; }"
refused 78 'option "num_rows" is -1; must be between 0 and'
file "$source, { name = \"out\"; plugin = \"console_sink\"; num_rows = 99999999999999999999; }"
refused 78 'p.conf:3:' '99999999999999999999'
file "$source, { name = \"out\"; plugin = \"console_sink\"; num_rows = 010; }"
refused 78 'p.conf:3:' '010'
file "$source, { plugin = \"console_sink\"; }"
refused 78 'p.conf:3:' 'name'
file "$source, { name = \"in\"; plugin = \"console_sink\"; }"
refused 78 'p.conf:3:' '"in"'
file "$source, { name = \"out\"; plugin = \"consol_sink\"; }"
refused 78 'no plugin offers a stage "consol_sink"' 'did you mean "console_sink"?'
file "$source, { name = \"a\"; plugin = \"filter\"; where = \"type = 'a'\"; from = \"b\"; },
 { name = \"b\"; plugin = \"filter\"; where = \"type = 'a'\"; from = \"a\"; }, $sink"
refused 78 'is part of a cycle'
file "$source, { name = \"out\"; plugin = \"console_sink\"; from = \"inn\"; }"
refused 78 'input "inn" is no stage; did you mean "in"?'
file '{ name = "in"; plugin = "json_file_source"; path = "in.json"; },
 { name = "n"; plugin = "aggregate"; event_time = "t"; window = "1 h"; watermark = "1 h"; },
 { name = "out"; plugin = "console_sink"; from = "n.lat"; }'
refused 78 'p.conf:5:' '"n" has no output "lat"; it has "main", "late"; did you mean "late"?'
file "$source, { name = \"out\"; plugin = \"console_sink\"; from = \"in.late\"; }"
refused 78 '"in" has no output "late"; it has "main"'
file "$sink"
refused 78 'comes first but is no source'
file "$source"
refused 78 'has an output that no stage reads'
file "$source, $sink" 'triger = "1 s";'
refused 78 'p.conf:1:' 'did you mean "trigger"?'
file "$source, $sink" 'delivery = "exactly_once"; checkpoint = "state";'
refused 78 '"exactly_once" cannot be kept: what console_sink wrote cannot be taken back'
[ ! -e state ] || fail "a refused file made a checkpoint"

# Fields across the chain, where they are declared.
file '{ name = "in"; plugin = "json_file_source"; path = "in.json"; fields = [ "type", "n" ]; },
 { name = "types"; plugin = "crime_aggregate"; group_by = [ "typ" ]; }, '"$sink"
refused 78 'p.conf:4:' 'field "typ" is produced by no stage above it; did you mean "type"?'

# A table that cannot be used.
join() {
    file "$source, { name = \"j\"; plugin = \"table_join\"; table = \"$1\";
 on = { stream = \"type\"; table = \"code\"; }; add = [ \"words\" ]; }, $sink"
}
join missing.json
refused 66 'missing.json'
echo '[{"code":"a","words":"x"},{"code":"a","words":"y"}]' >twice.json
join twice.json
refused 78 'rows 1 and 2 have the same key, "a"'
echo '[{"code":"a"' >torn.json
join torn.json
refused 78 'p.conf:3:' 'option "table"'
echo '[{"code":"a","word":"x"}]' >other.json
join other.json
refused 78 'p.conf:4:51: error: ' 'option "add": the table has no column "words"; it has code, word'

# Text that is no pipeline file.
printf 'pipeline: { /* no end\n' >p.conf
refused 78 'p.conf:1:13: error:' 'comment'
printf 'pipeline: { name = "no end\n' >p.conf
refused 78 'p.conf:1:20: error: this text is not closed'
printf 'pipeline: { name = "a\000b"; };\n' >p.conf
refused 78 'p.conf: error:' 'NUL byte'
mkdir folder
echo '@include "folder"' >p.conf
refused 78 'p.conf:1:' 'folder'
echo '@include "nowhere.conf"' >p.conf
refused 66 'p.conf:1:' 'nowhere.conf'
echo '@include "p.conf"' >p.conf
refused 78 'p.conf:1:' 'include'
rm p.conf
mkfifo p.conf
refused 78 'p.conf' 'regular file'
rm p.conf
refused 66 'p.conf'

# Every mistake at once.
file "$source, { name = \"a\"; plugin = \"filtr\"; }, { name = \"out\"; plugin = \"console_sink\"; trunc = 1; }"
levada check p.conf
expect_exit 78
expect_err 'did you mean "filter"?'
expect_err 'unknown option "trunc"'

# A folder for plugins that is not there is an empty one.
levada check p.conf --plugin-dir nowhere
expect_err 'searched in nowhere (which is not there), '

# But not what only follows from another: here that no stage reads "in".
file "$source, { name = \"out\"; plugin = \"consol_sink\"; }"
refused 78 'no plugin offers a stage "consol_sink"'
! grep 'no stage reads' err || fail "told what follows from another mistake"
file "$source, { name = \"out\"; plugin = \"console_sink\"; from = \"inn\"; }"
refused 78 'input "inn" is no stage'
! grep 'no stage reads' err || fail "told what follows from another mistake"

# Settings of the command line that meet no stage; what they would set is not told.
file "$source, $sink"
refused_set() {
    set=$1
    shift
    levada check p.conf --set "$set"
    expect_exit 78
    expect_err "$@"
}
refused_set ot.format=secret '"ot.format" names no stage of these files; did you mean "out"?'
refused_set q/out.format=csv '"q/out.format" names no stage of these files; did you mean "p"?'
refused_set p/ot.format=csv '"p/ot.format" names no stage of these files; did you mean "out"?'

# Usage.
levada rnu p.conf
expect_exit 64
expect_err 'did you mean "run"?'
levada run p.conf --ste out.format=csv
expect_exit 64
expect_err 'did you mean "--set"?'
levada run
expect_exit 64
expect_err 'too few arguments, for: levada run FILE...'
levada plugin
expect_exit 64
expect_out 'plugin info NAME'
for words in 'plugin --help' 'help plugin'; do
    # shellcheck disable=SC2086 # two arguments
    levada $words
    expect_exit 0
    expect_out 'plugin info NAME'
    ! grep 'state' out || fail "commands that were not asked for"
done
levada help run
expect_exit 0
expect_out 'levada run FILE...: run every pipeline of the files'
levada plugin inof filter
expect_exit 64
expect_err 'unknown command: plugin inof; did you mean "plugin info"?'
file "$source, $sink"
levada run p.conf --set nosuch.format=csv
expect_exit 78
expect_err '"nosuch.format" names no stage'
levada run p.conf
expect_exit 0
expect_out '{"type":"a"}'

# An input that is not there yet is no mistake of the file, but a run needs it. A pattern is the source's.
file '{ name = "in"; plugin = "json_file_source"; path = "nowhere.json"; }, '"$sink"
levada check p.conf
expect_exit 0
expect_err 'p.conf:3:52: warning: stage "in": option "path": '
expect_err 'nowhere.json cannot be read now, and a run would not start: No such file'
levada run p.conf
expect_exit 66
! grep warning err || fail "told twice"
for path in 'nowhere-*.json' - in.json; do
    levada check p.conf --set "in.path=$path"
    expect_exit 0
    expect_no_err
done

# Rows that come again are no new ones: an aggregate of them would be wrong.
per_type='{ name = "per_type"; plugin = "crime_aggregate"; group_by = [ "type" ]; }'
all='{ name = "all"; plugin = "crime_aggregate"; }'
file "$source, $per_type, $all, $sink" 'max_records_per_trigger = 1;'
refused 78 'stage "all": would take the rows of "per_type" for new ones'
file "$source, $per_type, $all, $sink"
levada check p.conf
expect_exit 0
file "$source, { name = \"out\"; plugin = \"console_sink\"; format = \"json\"; from = [ \"in\", \"in\" ]; }"
refused 78 'p.conf:3:' 'stage "out": names "in" twice in `from`'
