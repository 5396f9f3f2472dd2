# SPDX-License-Identifier: Apache-2.0
# Generated calls in every order and output mode, with windows that follow each other, overlap, and are
# moved: each trigger's rows, late records and watermark are the oracle's.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/oracle.sh"
. "$LEVADA_SOURCE/tests/integration/event_time_query.sh"

# Some calls without a disposition: a null is a group too. The times are around 1970, on both sides.
make_calls 3000 3 --set calls.start=1969-12-30T21:11 --set calls.end=1970-01-01T17:03
sed '0~50s/"disposition":"[^"]*",//' calls.json >newest_first.json
python3 "$oracle/shuffle.py" 1 60 <newest_first.json >in_time.json
python3 "$oracle/shuffle.py" 2 180 <newest_first.json >some_late.json

joined=false limit=603
for mode in append update complete; do
    for order in forward reverse; do
        judge_query newest_first.json
    done
    order=forward
    for file in in_time some_late; do
        judge_query $file.json
        cp expected $file.$mode
    done
done
! grep -q "^read .* late [1-9]" in_time.append || fail "records within the delay are never late"
grep -q "^read .* late [1-9]" some_late.append || fail "these calls test nothing"

# Windows that overlap (evenly, and not), that are moved, and both.
for windows in "60 20 0" "60 60 25" "90 35 34"; do
    read -r window slide offset <<EOF
$windows
EOF
    for mode in append update complete; do
        judge_query some_late.json
    done
done
window=60 slide=60 offset=0

# Watermarks around the length of a window, and one that closes nothing; then all input in one trigger.
for watermark in 1 59 61 10000; do
    for mode in append update; do
        judge_query some_late.json
    done
done
watermark=60 limit=0
for mode in append update; do
    judge_query some_late.json
done

limit=603 on_end=hold joined=true
for mode in append update complete; do
    judge_query some_late.json
done
