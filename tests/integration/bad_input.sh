# SPDX-License-Identifier: Apache-2.0
# Input that cannot be used ends the run with the documented exit code, a sentence that says what and
# where, and no rows as if all were well.
. "$LEVADA_SOURCE/tests/integration/lib.sh"


call='{"original_crime_type_name":"Passing Call","disposition":"HAN"}'

# expect_bad EXIT_CODE SENTENCE FILE
expect_bad() {
    levada run "$pipelines/count_by_type.conf" --set "calls.path=$3"
    expect_exit "$1"
    expect_err "$2"
    expect_err "$3"
    expect_no_out
}

expect_bad 66 "there is no such file" missing.json
mkdir folder
expect_bad 66 "is a folder" folder

printf '[%s,\n%s' "$call" "$call" >unclosed.json
expect_bad 65 "record 3 (byte 129): the input ends without the closing ] of its array" unclosed.json
printf '[%s,\n{"original_crime_type_name":"Pass' "$call" >cut.json
expect_bad 65 "record 2 (byte 66): the input ends inside the record" cut.json
printf '[%s,\n{"original_crime_type_name":}]' "$call" >broken.json
expect_bad 65 "record 2 (byte 94): a value is missing" broken.json
printf '%s\n{"original_crime_type_name":"\377"}\n' "$call" >no_utf8.json
expect_bad 65 "record 2 (byte 93): it is not valid UTF-8" no_utf8.json
printf '%s\n{"original_crime_type_name":"\000"}\n' "$call" >nul.json
expect_bad 65 "record 2 (byte 93): a control character in a string" nul.json
{
    printf '{"original_crime_type_name":"Deep","x":'
    awk 'BEGIN { for (i = 0; i < 10000; i++) printf "["; for (i = 0; i < 10000; i++) printf "]" }'
    printf '}\n'
} >deep.json
expect_bad 65 "record 1 (byte 102): it is nested more than 64 deep" deep.json
{
    printf '{"original_crime_type_name":"'
    head -c 20971520 /dev/zero | tr '\0' x
    printf '"}\n'
} >large.json
expect_bad 65 "more than max_record allows" large.json
levada run "$pipelines/count_by_type.conf" --set calls.path=large.json --set "calls.max_record=32 MiB"
expect_exit 0

# Nothing is not wrong.
: >empty.json
echo '[]' >empty_array.json
for file in empty.json empty_array.json; do
    levada run "$pipelines/count_by_type.conf" --set "calls.path=$file"
    expect_exit 0
done
