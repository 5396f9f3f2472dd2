# SPDX-License-Identifier: Apache-2.0
# Orders and payments are joined as sqlite3 joins them, and a run that is killed again and again
# writes the same bytes as one that is left alone.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

# make_side FILE ID TIME SEED LATEST EVERY: records about a second apart, out of order by a minute, up
# to LATEST seconds behind their order; one in EVERY is not there.
make_side() {
    awk -v id="$2" -v time="$3" -v seed="$4" -v latest="$5" -v every="$6" 'BEGIN {
        srand(seed)
        for (i = 0; i < 4000; i++) {
            ms = (1546300800 + i + int(rand() * 60) + int(rand() * latest)) * 1000
            key = rand() < 0.02 ? "null" : int(i / 2)
            if (rand() * every >= 1)
                printf "{\"%s\":%s,\"n\":%d,\"%s\":%.0f}\n", id, key, i, time, ms
        }
    }' >"$1"
}

# write_pipeline DELAY TYPE
write_pipeline() {
    cat >pipeline.conf <<EOP
pipeline: {
  name = "paid_orders";
  trigger = "available_now";
  max_records_per_trigger = 700;
  checkpoint = "kept";
  stages = (
    { name = "orders"; plugin = "json_file_source"; path = "orders.json"; },
    { name = "payments"; plugin = "json_file_source"; path = "payments.json"; },
    { name = "paid"; plugin = "stream_join"; from = [ "orders", "payments" ];
      on = { left = "order_id"; right = "order"; };
      event_time = { left = "ordered_at"; right = "paid_at"; };
      watermark = { left = "$1"; right = "$1"; };
      before = "30 s"; after = "10 min"; type = "$2";
      add = ( { right = "paid_at"; }, { right = "n"; as = "payment"; } ); },
    { name = "known"; plugin = "filter"; where = "ordered_at > 0"; }, /* only orders have it */
    { name = "out"; plugin = "file_sink"; path = "out.json"; },
    { name = "late"; plugin = "file_sink"; from = "paid.late"; path = "late.json"; }
  );
};
EOP
    rm -rf kept out.json late.json
}

# What sqlite3 makes of the same files.
ask_sqlite() {
    sqlite3 -bail :memory: <<EOQ || fail "sqlite3 failed"
.mode ascii
.separator "\037" "\n"
CREATE TABLE lines(line TEXT);
.import orders.json lines
CREATE TABLE orders AS SELECT json_extract(line, '$.order_id') AS order_id,
    json_extract(line, '$.n') AS n, json_extract(line, '$.ordered_at') AS ordered_at FROM lines;
DELETE FROM lines;
.import payments.json lines
CREATE TABLE payments AS SELECT json_extract(line, '$.order') AS order_id,
    json_extract(line, '$.n') AS payment, json_extract(line, '$.paid_at') AS paid_at FROM lines;
.mode list
SELECT json_object('order_id', o.order_id, 'n', o.n, 'ordered_at', o.ordered_at,
                   'paid_at', p.paid_at, 'payment', p.payment)
FROM orders o $1 JOIN payments p ON o.order_id = p.order_id
    AND p.paid_at BETWEEN o.ordered_at - 30000 AND o.ordered_at + 600000;
EOQ
}

make_side orders.json order_id ordered_at 1 1 1000
make_side payments.json order paid_at 2 800 5

for type in inner left; do
    write_pipeline "15 min" $type
    levada run pipeline.conf
    expect_exit 0
    [ ! -s late.json ] || fail "expected no late records"
    ask_sqlite $type | sort >expected
    sort out.json >sorted
    expect_same expected sorted
done
[ "$(grep -c null expected)" -gt 500 ] || fail "these orders test nothing"

# Now with late records, and killed at every point of every round.
write_pipeline "2 min" left
levada run pipeline.conf --progress reports.json
expect_exit 0
expect_err " late=$(wc -l <late.json) "
[ "$(jq -s '[ .[].stateOperators[0].numRowsDroppedByWatermark ] | add' reports.json)" -eq "$(wc -l <late.json)" ] ||
    fail "the progress does not tell how many records were late"
mv out.json whole.json
mv late.json whole_late.json
[ "$(wc -l <whole_late.json)" -gt 100 ] || fail "nothing here is late"

for point in before_trigger after_trigger before_checkpoint after_prepare before_store_commit \
    after_store_commit after_commit; do
    write_pipeline "2 min" left
    died=0
    for passed in 1 2 1 3 2 1 4; do
        LEVADA_CRASH_AT=$point:$passed levada run pipeline.conf
        [ "$exit_code" -ne 137 ] || died=$((died + 1))
    done
    [ "$died" -gt 2 ] || fail "died only $died times at $point"
    levada run pipeline.conf
    expect_exit 0
    expect_same whole.json out.json
    expect_same whole_late.json late.json
done

# Another join does not take that state.
sed 's/after = "10 min"/after = "9 min"/' pipeline.conf >wrong.conf
levada run wrong.conf
expect_exit 78
expect_err "after = 600000 ms"

# A key that no payment has is told of.
sed 's/right = "order";/right = "ordre";/; s/checkpoint = "kept";//; s/\(out\|late\).json/none_&/' \
    pipeline.conf >wrong.conf
levada run wrong.conf
expect_exit 0
expect_err "key not seen side=right"

# A mistake in a name is found before anything runs.
sed 's/after = "10 min"/afters = "10 min"/' pipeline.conf >wrong.conf
levada check wrong.conf
expect_exit 78
expect_err 'did you mean "after"'
