# SPDX-License-Identifier: Apache-2.0
# bash, zsh and fish ask levada what a word could become.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

PATH=$(dirname "$LEVADA"):$PATH
cp "$pipelines/crime_file.conf" "$codes" .

# offers WORD... : what levada itself says, without what the candidates are.
offers() {
    "$LEVADA" complete "$@" | cut -f1 >out
}

ran="levada complete"
exit_code=0

# Verbs, of one word and of two.
offers ""
for verb in run check graph plugin state; do
    grep -qx "$verb" out || fail "levada offers no $verb"
done
[ "$(grep -cx plugin out)" -eq 1 ] || fail "a group of verbs is offered once"
offers state ch
expect_same - out <<'EOT'
check
EOT

# Every option that a verb takes, and that all take.
offers run --
for option in set until-caught-up progress plugin-dir settings log-level quiet color json help version; do
    grep -qx -e "--$option" out || fail "run offers no --$option"
done

# Values, by what the help calls them.
offers run --log-level ""
[ "$(cat out)" = "$(printf '%s\n' error warn info debug trace)" ] || fail "the levels"
offers run --progress ""
[ "$(cat out)" = :files ] || fail "a file"
offers check --plugin-dir ""
[ "$(cat out)" = :folders ] || fail "a folder"

# Operands: files, folders, stages.
offers run x.conf ""
[ "$(cat out)" = :files ] || fail "every operand of run is a file"
offers state get ""
[ "$(cat out)" = :folders ] || fail "the first operand of state get is a folder"
offers state get x ""
[ ! -s out ] || fail "the second is not"
offers plugin info kafka_s
expect_same - out <<'EOT'
kafka_sink
kafka_source
EOT

# --set: stages of the file, options of their plugins, their values.
offers run crime_file.conf --set ""
expect_same - out <<'EOT'
calls.
windows.
radio.
out.
pipeline.
EOT
offers run --log-level debug crime_file.conf --set windows.ev
expect_same - out <<'EOT'
windows.event_time=
EOT
offers run crime_file.conf --set out.format=
expect_same - out <<'EOT'
out.format=table
out.format=csv
out.format=json
out.format=raw
EOT
offers run nowhere.conf --set o
[ ! -s out ] || fail "a file that is not there has no stages"

# bash, as readline splits its line: at = too.
cat >bash.sh <<'EOT'
. /usr/share/bash-completion/bash_completion
. "$1"
shift
COMP_LINE=$1
COMP_POINT=${#COMP_LINE}
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_levada levada
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
EOT
in_bash() {
    ran="bash: $1"
    bash --norc bash.sh "$LEVADA_SOURCE/completions/levada.bash" "$@" >out 2>err || fail "bash failed"
}
in_bash 'levada plugin in' levada plugin in
[ "$(cat out)" = info ] || fail "bash completes a verb"
in_bash 'levada run crime_file.conf --set out.format=c' levada run crime_file.conf --set out.format = c
[ "$(cat out)" = csv ] || fail "bash completes behind the ="
in_bash 'levada run --log-level=w' levada run --log-level = w
[ "$(cat out)" = warn ] || fail "bash completes an option's value"
in_bash 'levada run crime' levada run crime
[ "$(cat out)" = crime_file.conf ] || fail "bash completes a file"

in_fish() {
    ran="fish: $1"
    HOME=$PWD fish --no-config -c "source $LEVADA_SOURCE/completions/levada.fish; complete -C '$1'" >all 2>err ||
        fail "fish failed"
    cut -f1 all >out
}
in_fish 'levada plugin in'
[ "$(cat out)" = info ] || fail "fish completes a verb"
in_fish 'levada run crime_file.conf --set out.format=c'
[ "$(cat out)" = out.format=csv ] || fail "fish completes behind the ="
in_fish 'levada run --log-level=w'
[ "$(cat out)" = --log-level=warn ] || fail "fish completes an option's value"
in_fish 'levada run crime'
[ "$(cat out)" = crime_file.conf ] || fail "fish completes a file"

# zsh, on a terminal.
ran=zsh
python3 "$LEVADA_SOURCE/tests/packaging/zsh_types.py" "$LEVADA_SOURCE/completions" >out 2>err <<'EOT' || fail "zsh"
levada plugin in	levada plugin info 
levada run crime_file.conf --set out.f	levada run crime_file.conf --set out.format=
levada run --log-level=w	levada run --log-level=warn 
levada run crime	levada run crime_file.conf 
EOT
