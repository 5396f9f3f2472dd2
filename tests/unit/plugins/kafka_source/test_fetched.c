/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/fetched.h"

#include "kafka_host.h"
#include "mock_cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <levada/levada.h>

#define TIME INT64_C(1546300620000)

static struct mock_cluster mock;
static rd_kafka_t *consumer;
static struct kafka_host *host;

/* What a topic may hold; NULL is null and not empty. */
static const struct written {
    const char *key;
    size_t key_n;
    const char *value;
    size_t n;
} written[] = {
    { "a", 1, "{\"n\":1}", 7 }, { NULL, 0, "{\"n\":2}", 7 }, { "", 0, "{\"n\":3}", 7 },
    { "\0\377", 2, "", 0 },     { "tombstone", 9, NULL, 0 },
};
#define N (sizeof(written) / sizeof(*written))

static void
write_one(const struct written *record, rd_kafka_headers_t *headers)
{
    rd_kafka_resp_err_t err =
        rd_kafka_producev(mock.rk, RD_KAFKA_V_TOPIC("calls"), RD_KAFKA_V_PARTITION(0),
                          RD_KAFKA_V_KEY(record->key, record->key_n),
                          RD_KAFKA_V_VALUE((void *)(uintptr_t)record->value, record->n),
                          RD_KAFKA_V_TIMESTAMP(TIME), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    assert_int_equal(err, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(mock.rk, 30000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static int
write_all(void **state)
{
    (void)state;
    mock_cluster_init(&mock, "calls", 1);
    for (size_t i = 0; i < N; i++) {
        rd_kafka_headers_t *headers = rd_kafka_headers_new(3);
        if (i == 0) {
            rd_kafka_header_add(headers, "trace", -1, "7", 1);
            rd_kafka_header_add(headers, "trace", -1, NULL, 0);
            rd_kafka_header_add(headers, "", 0, "", 0);
        }
        write_one(&written[i], headers);
    }
    return 0;
}

static int
close_all(void **state)
{
    (void)state;
    mock_cluster_finish(&mock);
    return 0;
}

static int
open_consumer(void **state)
{
    (void)state;
    consumer = mock_cluster_consumer(&mock, "calls", 0);
    host = kafka_host_create(mock.brokers, "calls");
    return kafka_host_plan(host);
}

static int
close_consumer(void **state)
{
    (void)state;
    kafka_host_signal(host, LEVADA_SIG_TRIGGER); /* what a callback made goes when one ends */
    kafka_host_destroy(host);
    rd_kafka_destroy(consumer);
    return 0;
}

static struct fetched *
fetch(size_t n)
{
    struct fetched *fetched = calloc(1, sizeof(*fetched));
    assert_non_null(fetched);
    for (size_t i = 0; i < n; i++)
        assert_true(fetched_add(fetched, mock_cluster_next(consumer)));
    return fetched;
}

/* ---- batches ---- */

static void
assert_bytes(struct levada_bytes bytes, const char *expected, size_t n)
{
    assert_int_equal(bytes.p != NULL, expected != NULL);
    assert_int_equal(bytes.n, n);
    if (n > 0)
        assert_memory_equal(bytes.p, expected, n);
}

/* As in a callback, which ends with the test. */
static const struct levada_record *
make_batch(struct fetched *fetched, uint32_t flags, struct levada_batch **batch)
{
    struct levada_call *call = (struct levada_call *)(void *)host;
    *batch = fetched_batch(fetched, call, flags, &host->self->n_batches);
    assert_non_null(*batch);
    return levada->records(call, *batch);
}

static void
records_are_as_they_were_written_and_not_copied(void **state)
{
    struct fetched *fetched = fetch(N);
    const void *bytes = fetched->messages[0]->payload;
    struct levada_batch *batch;
    (void)state;
    const struct levada_record *records = make_batch(fetched, LEVADA_R_OPAQUE, &batch);
    assert_int_equal(batch->n, N);
    for (uint32_t i = 0; i < N; i++) {
        const struct levada_record *record = levada_at(batch, records, i);
        assert_bytes(record->key, written[i].key, written[i].key_n);
        assert_bytes(record->value, written[i].value, written[i].n);
        assert_int_equal(record->timestamp_ms, TIME);
        assert_int_equal(record->offset, i);
        assert_int_equal(record->partition, 0);
        assert_int_equal(record->n_headers, i == 0 ? 3 : 0);
        assert_int_equal(record->flags, LEVADA_R_OPAQUE | LEVADA_R_BORROWED);
    }
    assert_ptr_equal(records->value.p, bytes); /* librdkafka's own */
}

static void
headers_keep_their_order_their_repeats_and_their_nulls(void **state)
{
    static const char *const names[] = { "trace", "trace", "" };
    static const char *const values[] = { "7", NULL, "" };
    struct levada_batch *batch;
    (void)state;
    const struct levada_header *headers = make_batch(fetch(1), 0, &batch)->headers;
    for (uint32_t h = 0; h < 3; h++) {
        assert_bytes(headers[h].name, names[h], strlen(names[h]));
        assert_bytes(headers[h].value, values[h], values[h] != NULL ? strlen(values[h]) : 0);
    }
}

/* ---- parts ---- */

static bool
has_even_offset(void *user, const rd_kafka_message_t *message)
{
    (void)user;
    return message->offset % 2 == 0;
}

static bool
is_none(void *user, const rd_kafka_message_t *message)
{
    (void)user, (void)message;
    return false;
}

static void
assert_offsets(const struct fetched *fetched, const int64_t *offsets, uint32_t n)
{
    assert_int_equal(fetched->n, n);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(fetched->messages[i]->offset, offsets[i]);
}

static void
a_part_is_taken_out_and_both_keep_their_order(void **state)
{
    struct fetched *fetched = fetch(N), *part;
    (void)state;
    assert_true(fetched_take(fetched, has_even_offset, NULL, &part));
    assert_offsets(part, (const int64_t[]){ 0, 2, 4 }, 3);
    assert_offsets(fetched, (const int64_t[]){ 1, 3 }, 2);
    fetched_destroy(part);
    fetched_destroy(fetched);
}

static void
where_none_is_meant_there_is_no_part(void **state)
{
    struct fetched *fetched = fetch(N), *part;
    (void)state;
    assert_true(fetched_take(fetched, is_none, NULL, &part));
    assert_null(part);
    assert_int_equal(fetched->n, N);
    fetched_destroy(fetched);
    fetched_destroy(part);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_consumer, close_consumer)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_are_as_they_were_written_and_not_copied),
        TEST(headers_keep_their_order_their_repeats_and_their_nulls),
        TEST(a_part_is_taken_out_and_both_keep_their_order),
        TEST(where_none_is_meant_there_is_no_part),
    };
    return cmocka_run_group_tests(tests, write_all, close_all);
}
