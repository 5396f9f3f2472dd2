# SPDX-License-Identifier: Apache-2.0
# The real calls, 20,000 a trigger, in complete mode: each trigger's whole result is the oracle's.
. "$LEVADA_SOURCE/tests/integration/lib.sh"
. "$LEVADA_SOURCE/tests/integration/event_time_query.sh"

xz -dc "$LEVADA_DATA/police-department-calls-for-service.json.xz" >calls.json
limit=20000 mode=complete
for order in forward reverse; do
    judge_query calls.json
done
