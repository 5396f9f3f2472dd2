/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/produce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "kafka_sink/kafka_sink.h"

#define N 6
#define TIME INT64_C(1546300620000)

/* ---- in the place of librdkafka's queue, and of the host ---- */

static char given[2000];            /* "batch: KEY=VALUE KEY=VALUE\n" and the like */
static uint32_t room;               /* of the queue */
static const void *refused;         /* the value that is too large at sight */
static rd_kafka_resp_err_t trouble; /* with every record */
static rd_kafka_topic_t *const the_topic = (rd_kafka_topic_t *)given;

__attribute__((format(printf, 1, 2))) static void
note(const char *format, ...)
{
    size_t n = strlen(given);
    va_list args;
    va_start(args, format);
    vsnprintf(given + n, sizeof(given) - n, format, args);
    va_end(args);
}

static rd_kafka_resp_err_t
take(const void *key, size_t key_n, const void *value, size_t n)
{
    if (trouble != RD_KAFKA_RESP_ERR_NO_ERROR)
        return trouble;
    if (value != NULL && value == refused)
        return RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    if (room == 0)
        return RD_KAFKA_RESP_ERR__QUEUE_FULL;
    room--;
    note(" %.*s=%.*s", key != NULL ? (int)key_n : 4, key != NULL ? (const char *)key : "NULL",
         value != NULL ? (int)n : 4, value != NULL ? (const char *)value : "NULL");
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* The real one takes what fits, and tells of each. */
int
rd_kafka_produce_batch(rd_kafka_topic_t *rkt, int32_t partition, int flags,
                       rd_kafka_message_t *messages, int n)
{
    int n_taken = 0;
    assert_ptr_equal(rkt, the_topic);
    assert_int_equal(partition, RD_KAFKA_PARTITION_UA);
    assert_int_equal(flags, 0); /* neither copied nor freed */
    note("batch:");
    for (int i = 0; i < n; i++) {
        messages[i].err =
            take(messages[i].key, messages[i].key_len, messages[i].payload, messages[i].len);
        n_taken += messages[i].err == RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    note("\n");
    return n_taken;
}

rd_kafka_error_t *
rd_kafka_produceva(rd_kafka_t *rk, const rd_kafka_vu_t *vus, size_t n)
{
    (void)rk;
    assert_int_equal(vus[1].vtype, RD_KAFKA_VTYPE_PARTITION);
    assert_int_equal(vus[5].vtype, RD_KAFKA_VTYPE_TIMESTAMP);
    note("one to %d at %lld, %zu headers:", (int)vus[1].u.i32, (long long)vus[5].u.i64,
         n == 7 ? rd_kafka_header_cnt(vus[6].u.headers) : 0);
    rd_kafka_resp_err_t err =
        take(vus[3].u.mem.ptr, vus[3].u.mem.size, vus[2].u.mem.ptr, vus[2].u.mem.size);
    note("\n");
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return rd_kafka_error_new(err, "no");
    if (n == 7) /* they are the queue's now */
        rd_kafka_headers_destroy(vus[6].u.headers);
    return NULL;
}

rd_kafka_topic_t *
rd_kafka_topic_new(rd_kafka_t *rk, const char *name, rd_kafka_topic_conf_t *conf)
{
    (void)rk, (void)name, (void)conf;
    return the_topic;
}

void
rd_kafka_topic_destroy(rd_kafka_topic_t *rkt)
{
    assert_ptr_equal(rkt, the_topic);
}

static struct levada_batch *
retain(struct levada_batch *batch)
{
    return batch;
}

static void
release(struct levada_batch *batch)
{
    (void)batch;
}

static void *
scratch(struct levada_call *call, uint64_t n)
{
    static char memory[N * sizeof(rd_kafka_message_t)] __attribute__((aligned(16)));
    (void)call;
    return n <= sizeof(memory) ? memory : NULL;
}

/* ---- six records ---- */

static const char *const numbers[N] = { "0", "1", "2", "3", "4", "5" };
static struct levada_record records[N];
static struct levada_batch batch = { .struct_size = sizeof(batch),
                                     .n = N,
                                     .stride = sizeof(*records) };
static struct kafka_sink sink;
static struct sent *sent;

static int
set_up(void **state)
{
    static const struct levada_host host = {
        .struct_size = sizeof(host), .retain = retain, .release = release, .scratch = scratch
    };
    (void)state;
    levada_module_v1(&host);
    given[0] = '\0';
    room = 1000;
    refused = NULL;
    trouble = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; i < N; i++)
        records[i] = (struct levada_record){ .key = { "k", 1 },
                                             .value = { numbers[i], 1 },
                                             .timestamp_ms = LEVADA_NO_TIME };
    sink = (struct kafka_sink){ .leader = &sink };
    sink.topic_of_all = topics_get(&sink.topics, "calls", 5);
    sent = sent_add(&sink.sent, &batch, records);
    return sent == NULL;
}

static int
tear_down(void **state)
{
    (void)state;
    topics_finish(&sink.topics);
    sent_finish(&sink.sent);
    return 0;
}

/* All of them, or until an error. How many were taken. */
static uint32_t
produce(uint32_t most, rd_kafka_resp_err_t expected)
{
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    uint32_t n = 0;
    while (err == RD_KAFKA_RESP_ERR_NO_ERROR && sent_waiting(&sink.sent) != NULL)
        err = produce_some(&sink, NULL, sent, most, &n);
    assert_int_equal(err, expected);
    return n;
}

static void
plain_records_go_together(void **state)
{
    (void)state;
    records[1].key.p = NULL;
    records[2].value = (struct levada_bytes){ NULL, 0 };
    records[3].value = (struct levada_bytes){ "", 0 };
    assert_int_equal(produce(100, RD_KAFKA_RESP_ERR_NO_ERROR), N);
    assert_string_equal(given, "batch: k=0 NULL=1 k=NULL k= k=4 k=5\n");
    assert_int_equal(sink.sent.n_in_flight, N);
}

static void
no_more_than_asked_for_go_together(void **state)
{
    (void)state;
    assert_int_equal(produce(4, RD_KAFKA_RESP_ERR_NO_ERROR), N);
    assert_string_equal(given, "batch: k=0 k=1 k=2 k=3\nbatch: k=4 k=5\n");
}

static void
what_has_a_time_or_headers_or_a_partition_goes_alone(void **state)
{
    static const struct levada_header headers[] = { { { "a", 1 }, { "b", 1 } },
                                                    { { "a", 1 }, { NULL, 0 } } };
    static const int32_t partitions[N] = { RD_KAFKA_PARTITION_UA,
                                           RD_KAFKA_PARTITION_UA,
                                           RD_KAFKA_PARTITION_UA,
                                           RD_KAFKA_PARTITION_UA,
                                           7,
                                           RD_KAFKA_PARTITION_UA };
    (void)state;
    records[1].timestamp_ms = TIME;
    records[2].headers = headers;
    records[2].n_headers = 2;
    sent->address.partitions = partitions;
    assert_int_equal(produce(100, RD_KAFKA_RESP_ERR_NO_ERROR), N);
    assert_string_equal(given, "batch: k=0\n"
                               "one to -1 at 1546300620000, 0 headers: k=1\n"
                               "one to -1 at 0, 2 headers: k=2\n"
                               "batch: k=3\n"
                               "one to 7 at 0, 0 headers: k=4\n"
                               "batch: k=5\n");
}

static void
keys_and_times_of_the_sink_go_before_the_records_own(void **state)
{
    static const struct levada_bytes keys[N] = { { "made", 4 } };
    static const int64_t times[N] = { TIME,           LEVADA_NO_TIME, LEVADA_NO_TIME,
                                      LEVADA_NO_TIME, LEVADA_NO_TIME, LEVADA_NO_TIME };
    (void)state;
    records[1].timestamp_ms = 5;
    sent->address.keys = keys;
    sent->address.times = times;
    produce(100, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_string_equal(given, "one to -1 at 1546300620000, 0 headers: made=0\n"
                               "one to -1 at 5, 0 headers: NULL=1\n"
                               "batch: NULL=2 NULL=3 NULL=4 NULL=5\n");
}

static void
records_of_another_topic_go_in_another_batch(void **state)
{
    struct topic *calls = sink.topic_of_all, *others = topics_get(&sink.topics, "others", 6);
    struct topic *const topics[N] = { calls, calls, others, others, calls, calls };
    (void)state;
    sent->address.topics = topics;
    produce(100, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_string_equal(given, "batch: k=0 k=1\nbatch: k=2 k=3\nbatch: k=4 k=5\n");
}

static void
what_a_full_queue_does_not_take_waits(void **state)
{
    (void)state;
    room = 2;
    assert_int_equal(produce(100, RD_KAFKA_RESP_ERR__QUEUE_FULL), 2);
    assert_int_equal(sink.sent.n_in_flight, 2);
    assert_ptr_equal(sent_waiting(&sink.sent), sent);
    assert_int_equal(sent->cursor, 2);
    room = 1000;
    given[0] = '\0';
    assert_int_equal(produce(100, RD_KAFKA_RESP_ERR_NO_ERROR), N - 2);
    assert_string_equal(given, "batch: k=2 k=3 k=4 k=5\n");
}

static void
what_is_too_large_at_sight_is_refused_and_the_others_go_on(void **state)
{
    (void)state;
    refused = numbers[2];
    produce(100, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_string_equal(given, "batch: k=0 k=1 k=3 k=4 k=5\n");
    assert_int_equal(sent->n_rejects, 1);
    assert_int_equal(sent->rejects[0].record, 2);
    assert_int_equal(sent->rejects[0].err, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
}

static void
so_is_one_that_goes_alone_with_headers(void **state)
{
    static const struct levada_header header = { { "a", 1 }, { "b", 1 } };
    (void)state;
    records[0].headers = &header;
    records[0].n_headers = 1;
    refused = numbers[0];
    produce(100, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(sent->n_rejects, 1);
    assert_int_equal(sink.sent.n_in_flight, N - 1);
}

static void
a_producer_that_broke_takes_nothing_and_refuses_nothing(void **state)
{
    (void)state;
    trouble = RD_KAFKA_RESP_ERR__FATAL;
    assert_int_equal(produce(100, RD_KAFKA_RESP_ERR__FATAL), 0);
    assert_int_equal(sent->n_rejects, 0);
    assert_int_equal(sent->cursor, 0);
}

static void
some_errors_are_the_records_own_fault(void **state)
{
    (void)state;
    assert_int_equal(produce_judge(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION), LEVADA_REJECT);
    assert_int_equal(produce_judge(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION), LEVADA_REJECT);
    assert_int_equal(produce_judge(RD_KAFKA_RESP_ERR__INVALID_ARG), LEVADA_REJECT);
    assert_int_equal(produce_judge(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE), LEVADA_REJECT);
    assert_int_equal(produce_judge(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC), LEVADA_NO_OUTPUT);
    assert_int_equal(produce_judge(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT), LEVADA_UNAVAILABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain_records_go_together),
        TEST(no_more_than_asked_for_go_together),
        TEST(what_has_a_time_or_headers_or_a_partition_goes_alone),
        TEST(keys_and_times_of_the_sink_go_before_the_records_own),
        TEST(records_of_another_topic_go_in_another_batch),
        TEST(what_a_full_queue_does_not_take_waits),
        TEST(what_is_too_large_at_sight_is_refused_and_the_others_go_on),
        TEST(so_is_one_that_goes_alone_with_headers),
        TEST(a_producer_that_broke_takes_nothing_and_refuses_nothing),
        TEST(some_errors_are_the_records_own_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
