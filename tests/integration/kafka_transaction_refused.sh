# SPDX-License-Identifier: Apache-2.0
# Exactly once, and a broker that does not take some records: each is found and is a bad record; all else arrives
# once.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

make_topic small 2 max.message.bytes=2000
python3 - <<'END' >in.json
for n in range(300):
    text = "x" * 3000 if n in (3, 4, 170) else "y" * 100
    print('{"n":%d, "v": "%s"}' % (n, text))
END
cat >once.conf <<END
pipeline: {
  name = "once"; instance = "test"; delivery = "exactly_once"; trigger = "available_now";
  stages = (
    { name = "in"; plugin = "json_file_source"; path = "in.json"; },
    { name = "topic"; plugin = "kafka_sink"; brokers = "$broker"; topic = "small"; create = { partitions = 1; }; }
  );
};
END

# committed: the numbers in the topic, as a reader of whole transactions sees them
committed() {
    read_topic small -X isolation.level=read_committed -f '%s\n' | jq .n | sort -n
}

# Without tolerance the run stops, and says at which record; nothing of it is seen.
levada run once.conf
expect_exit 65
expect_err 'the broker does not take it: Broker: Message size too large'
expect_err "$workdir/in.json"
committed >actual
[ ! -s actual ] || fail "something of a transaction that failed was committed"

# With it they are left out, and all else is there once.
levada run once.conf --set topic.errors.tolerance=all
expect_exit 0
committed >actual
seq 0 299 | grep -vxE '3|4|170' >expected
expect_same expected actual

# What comes next is sent as fast as ever.
seq 300 2299 | sed 's/.*/{"n":&}/' >>in.json
levada run once.conf --set topic.errors.tolerance=all
expect_exit 0
committed >actual
seq 0 2299 | grep -vxE '3|4|170' >expected
expect_same expected actual
