# SPDX-License-Identifier: Apache-2.0
# All the calls of the file in a topic: each once, as compact JSON on one line, fields in the file's order, as
# Python writes them, which knows nothing of levada. kafka_sink.sh has the numbers and escapes that stay as they are.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/kafka_lib.sh"

xz -dc "$LEVADA_DATA/police-department-calls-for-service.json.xz" >calls.json
run_pipeline kafka_server --set calls.path=calls.json
expect_exit 0
expect_err 'records_out=199999'

python3 -c '
import json
for call in json.load(open("calls.json")):
    print(json.dumps(call, separators=(",", ":")))' | sort >expected
[ "$(wc -l <expected)" -eq 199999 ] || fail "the oracle found $(wc -l <expected) calls"
read_topic police.service.calls | sort >actual
expect_same expected actual
