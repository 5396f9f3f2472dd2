# SPDX-License-Identifier: Apache-2.0
# A reader that has seen enough is no fault; a full disk is one.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

awk 'BEGIN { for (i = 0; i < 200000; i++) printf "{\"original_crime_type_name\":\"type %d\"}\n", i }' >calls.json

{
    exit_code=0
    "$LEVADA" run "$pipelines/count_by_type.conf" --set calls.path=calls.json 2>err || exit_code=$?
    echo "$exit_code" >exit_code
} | head -n 1 >out
ran="levada run ... | head -n 1"
exit_code=$(cat exit_code)
expect_exit 0
expect_out "original_crime_type_name,count"

exit_code=0
"$LEVADA" run "$pipelines/count_by_type.conf" --set calls.path=calls.json >/dev/full 2>err || exit_code=$?
ran="levada run ... >/dev/full"
expect_exit 74
expect_err "No space left"

# A pipe that nobody reads any more.
mkfifo pipe
exec 3<>pipe 4>pipe 3<&-
cp "$pipelines/count_by_type.conf" . # beside its calls, or check would warn

for verb in "check --print" "graph" "plugin list" "plugin info filter" "--help"; do
    case $verb in
    check* | graph) file=count_by_type.conf ;;
    *) file= ;;
    esac
    exit_code=0
    "$LEVADA" $verb $file >/dev/full 2>err || exit_code=$?
    ran="levada $verb $file >/dev/full"
    expect_exit 74
    expect_err "No space left"

    exit_code=0
    "$LEVADA" $verb $file >&4 2>err || exit_code=$?
    ran="levada $verb $file, into a pipe without a reader"
    expect_exit 0
    expect_no_err
done
