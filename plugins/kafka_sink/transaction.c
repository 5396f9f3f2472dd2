/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/transaction.h"

#include "kafka_common/committed.h"
#include "kafka_common/monotonic.h"
#include "kafka_common/status.h"

#include <levada/levada.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the transaction's time: librdkafka wants so much behind a request. */
#define SOCKET_SPARE 100
#define ASK_MS 1000     /* for one answer */
#define SOCKET_MS 10000 /* the longest that a call waits for one, whatever it was told */
#define FENCED_OFTEN_MS 300000

/* librdkafka asks on and does not say what it hears: that there is no coordinator. */
#define NO_LOG                                                                                     \
    "transactions cannot be opened, although brokers answer; where that lasts they cannot keep "   \
    "their log of transactions, as transaction.state.log.replication.factor or .min.isr asks for " \
    "more brokers than there are"

void
transaction_plan(struct transaction *transaction, struct levada_call *call)
{
    transaction->commits =
        levada->counter(call, "transactions_committed", "1", "Transactions that were committed.");
    transaction->aborts =
        levada->counter(call, "transactions_aborted", "1", "Transactions that were aborted.");
    transaction->fencings = levada->counter(call, "transactions_fenced", "1",
                                            "Times that another producer took over the identity.");
    transaction->rebuilds = levada->counter(
        call, "transaction_rebuilds", "1",
        "Producers made anew after a fatal error or an unanswered request of a transaction.");
}

/* ---- requests, and those that nobody answered ---- */

#define API_FIND_COORDINATOR 10
#define API_INIT_PRODUCER_ID 22

/* Of the protocol: Produce, InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, EndTxn,
 * TxnOffsetCommit. */
static bool
is_of_transaction(int16_t api)
{
    return api == 0 || api == 22 || api == 24 || api == 25 || api == 26 || api == 28;
}

/*
 * The request may still lie in the network and reach the broker in a later transaction, which it
 * would then end (KAFKA-17754). A new producer has a higher epoch, which keeps it out.
 */
static rd_kafka_resp_err_t
on_response(rd_kafka_t *rk, int sock, const char *broker, int32_t broker_id, int16_t api,
            int16_t version, int32_t correlation, size_t size, int64_t rtt, rd_kafka_resp_err_t err,
            void *opaque)
{
    struct transaction *transaction = opaque;
    (void)rk;
    (void)sock;
    (void)broker;
    (void)broker_id;
    (void)version;
    (void)correlation;
    (void)size;
    (void)rtt;
    if (is_of_transaction(api) &&
        (err == RD_KAFKA_RESP_ERR__TIMED_OUT || err == RD_KAFKA_RESP_ERR__TRANSPORT ||
         err == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE)) {
        atomic_store(&transaction->unanswered, true);
        if (api == API_INIT_PRODUCER_ID)
            atomic_store(&transaction->may_fence_itself, true);
    }
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR &&
        (api == API_FIND_COORDINATOR || api == API_INIT_PRODUCER_ID))
        atomic_fetch_add(&transaction->answers, 1);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t
on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *opaque, char *why, size_t why_n)
{
    (void)conf;
    (void)why;
    (void)why_n;
    return rd_kafka_interceptor_add_on_response_received(rk, "levada", on_response, opaque);
}

/* A configuration that is copied loses its interceptors, so each copy asks for its own. */
static rd_kafka_resp_err_t
on_copy(rd_kafka_conf_t *copy, const rd_kafka_conf_t *conf, size_t n_filter, const char **filter,
        void *opaque)
{
    (void)conf;
    (void)n_filter;
    (void)filter;
    return rd_kafka_conf_interceptor_add_on_new(copy, "levada", on_new, opaque);
}

static int64_t
conf_number(const rd_kafka_conf_t *conf, const char *name)
{
    char text[32] = "0";
    size_t n = sizeof(text);
    rd_kafka_conf_get(conf, name, text, &n);
    return strtoll(text, NULL, 10);
}

static bool
set_number(rd_kafka_conf_t *conf, const char *name, int64_t value)
{
    char text[32], why[128];
    snprintf(text, sizeof(text), "%lld", (long long)value);
    return rd_kafka_conf_set(conf, name, text, why, sizeof(why)) == RD_KAFKA_CONF_OK;
}

/* A record must be given up before its transaction is: librdkafka wants it so. */
static bool
hold_message_timeout(rd_kafka_conf_t *conf)
{
    int64_t most_ms = conf_number(conf, "transaction.timeout.ms") / 6 * 5;
    return conf_number(conf, "message.timeout.ms") <= most_ms ||
           set_number(conf, "message.timeout.ms", most_ms);
}

/*
 * rd_kafka_send_offsets_to_transaction() waits for its answer for as long as a request may take,
 * which is nearly as long as a transaction: nobody would see a stop meanwhile.
 */
static bool
hold_socket_timeout(rd_kafka_conf_t *conf)
{
    int64_t most_ms = conf_number(conf, "transaction.timeout.ms") - SOCKET_SPARE;
    return set_number(conf, "socket.timeout.ms", most_ms < SOCKET_MS ? most_ms : SOCKET_MS);
}

levada_status
transaction_configure(struct transaction *transaction, struct levada_call *call,
                      struct client *client, const char *id, bool has_socket_timeout)
{
    char why[512] = "";
    transaction->client = client;
    transaction->id = id;
    transaction->most_ms = conf_number(client->conf, "transaction.timeout.ms");
    if (!hold_message_timeout(client->conf) ||
        (!has_socket_timeout && !hold_socket_timeout(client->conf)) ||
        rd_kafka_conf_set(client->conf, "isolation.level", "read_uncommitted", why, sizeof(why)) !=
            RD_KAFKA_CONF_OK || /* for the true end of the changelog */
        rd_kafka_conf_set(client->conf, "transactional.id", id, why, sizeof(why)) !=
            RD_KAFKA_CONF_OK ||
        rd_kafka_conf_interceptor_add_on_conf_dup(client->conf, "levada", on_copy, transaction) !=
            RD_KAFKA_RESP_ERR_NO_ERROR)
        return status_fail(call, LEVADA_CONFIG, "the transactional id \"%s\" cannot be used: %s",
                           id, why);
    return LEVADA_OK;
}

/* ---- errors ---- */

static bool
is_fencing(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR__FENCED || err == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH ||
           err == RD_KAFKA_RESP_ERR_PRODUCER_FENCED;
}

/*
 * Is it the third time in five minutes? The request that takes over the identity may have been our
 * own: one that had no answer, was asked again, and reached the broker behind that. It explains one
 * fencing, also where the producer that asked it has ended; no other request does.
 */
static bool
is_fenced_often(struct transaction *transaction)
{
    levada_count(transaction->fencings, 1);
    if (atomic_exchange(&transaction->may_fence_itself, false))
        return false;
    int64_t ms = monotonic_ms();
    int64_t *oldest = &transaction->fenced_ms[transaction->n_fenced % TRANSACTION_FENCINGS];
    bool often = transaction->n_fenced + 1 >= TRANSACTION_FENCINGS;
    const int64_t *first =
        &transaction->fenced_ms[(transaction->n_fenced + 1) % TRANSACTION_FENCINGS];
    *oldest = ms;
    transaction->n_fenced++;
    return often && ms - *first < FENCED_OFTEN_MS;
}

/* Where nothing has begun, there is nothing to be aborted: it is opened again. */
static levada_status
void_status(const struct transaction *transaction)
{
    return transaction->is_open ? LEVADA_LOST : LEVADA_RETRY;
}

/* Brokers end a transaction that lasts too long, and answer as if another process had done so. */
static bool
lasted_too_long(const struct transaction *transaction)
{
    return transaction->has_begun && monotonic_ms() - transaction->began_ms >= transaction->most_ms;
}

static levada_status
judge_fatal(struct transaction *transaction, struct levada_call *call, rd_kafka_resp_err_t err,
            const char *what, const char *why)
{
    bool is_new = !transaction->is_dead;
    transaction->is_dead = true;
    if (status_of_error(err) == LEVADA_CONFIG)
        return status_fail(call, LEVADA_CONFIG, "%s: transactional id \"%s\": %s", what,
                           transaction->id, why);
    if (is_fencing(err) && lasted_too_long(transaction))
        return status_fail(call, void_status(transaction),
                           "%s: the transaction lasted longer than transaction_timeout_ms = %lld, "
                           "and the brokers ended it",
                           what, (long long)transaction->most_ms);
    if (is_new && is_fencing(err) && is_fenced_often(transaction))
        return status_fail(call, LEVADA_CONFIG,
                           "%s: another process uses the identity \"%s\" too; each needs an "
                           "`instance` of its own",
                           what, transaction->id);
    return status_fail(call, void_status(transaction), "%s: %s", what, why);
}

/* Takes over @error. */
static levada_status
judge(struct transaction *transaction, struct levada_call *call, rd_kafka_error_t *error,
      const char *what)
{
    levada_status status = LEVADA_OK;
    if (error == NULL)
        return LEVADA_OK;
    rd_kafka_resp_err_t err = rd_kafka_error_code(error);
    const char *why = rd_kafka_error_string(error);
    bool is_for_good = status_of_error(err) == LEVADA_CONFIG &&
                       err != RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID; /* the source sees to it */
    if (rd_kafka_error_txn_requires_abort(error) && is_for_good)
        status = status_fail(call, LEVADA_CONFIG, "%s: %s", what, why);
    else if (rd_kafka_error_txn_requires_abort(error))
        status = status_fail(call, void_status(transaction), "%s: %s", what, why);
    else if (rd_kafka_error_is_retriable(error) && !rd_kafka_error_is_fatal(error))
        status = status_fail(call, LEVADA_RETRY, "%s: %s%s%s", what, why,
                             transaction->client->trouble[0] != '\0' ? "; " : "",
                             transaction->client->trouble);
    else
        status = judge_fatal(transaction, call, err, what, why);
    rd_kafka_error_destroy(error);
    return status;
}

levada_status
transaction_check(struct transaction *transaction, struct levada_call *call)
{
    char why[256];
    rd_kafka_resp_err_t err = rd_kafka_fatal_error(transaction->client->rk, why, sizeof(why));
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return LEVADA_OK;
    return judge_fatal(transaction, call, err, "the producer cannot go on", why);
}

/* ---- one transaction ---- */

bool
transaction_is_spent(const struct transaction *transaction)
{
    return transaction->is_dead ||
           (!transaction->has_begun && atomic_load(&transaction->unanswered));
}

void
transaction_forget_producer(struct transaction *transaction)
{
    transaction->is_open = transaction->has_begun = transaction->is_dead = false;
    atomic_store(&transaction->unanswered, false);
    levada_count(transaction->rebuilds, 1);
}

levada_status
transaction_open(struct transaction *transaction, struct levada_call *call)
{
    struct client *client = transaction->client;
    levada_status status = LEVADA_OK;
    if (transaction->is_open)
        return LEVADA_OK;
    if (client->rk == NULL)
        status = client_start(client, call, RD_KAFKA_PRODUCER);
    if (status != LEVADA_OK)
        return status;
    unsigned answers = atomic_load(&transaction->answers);
    rd_kafka_error_t *error = rd_kafka_init_transactions(client->rk, ASK_MS);
    bool lasts = rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__TIMED_OUT &&
                 atomic_load(&transaction->answers) != answers;
    status = judge(transaction, call, error, lasts ? NO_LOG : "transactions cannot be opened");
    rd_kafka_poll(client->rk, 0);
    transaction->is_open = status == LEVADA_OK;
    return status;
}

/* A sentence that was said is a failure, whatever is returned. What is fatal is judged later. */
static levada_status
absorb(struct transaction *transaction, rd_kafka_error_t *error)
{
    transaction->is_dead |= !rd_kafka_error_is_fatal(error);
    rd_kafka_error_destroy(error);
    return LEVADA_ABSORBED;
}

levada_status
transaction_begin(struct transaction *transaction, struct levada_call *call, bool may_lose)
{
    if (transaction->has_begun)
        return LEVADA_OK;
    levada_status status = transaction_open(transaction, call);
    if (status != LEVADA_OK)
        return status;
    rd_kafka_error_t *error = rd_kafka_begin_transaction(transaction->client->rk);
    if (error != NULL && !may_lose && !rd_kafka_error_is_retriable(error))
        return absorb(transaction, error);
    status = judge(transaction, call, error, "a transaction cannot begin");
    transaction->has_begun = status == LEVADA_OK;
    transaction->began_ms = monotonic_ms();
    return status;
}

static rd_kafka_topic_partition_list_t *
offsets_of(const struct levada_position *positions, uint32_t n)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    for (uint32_t i = 0; i < n; i++) {
        char topic[256];
        uint64_t length = positions[i].stream.n < sizeof(topic) ? positions[i].stream.n : 0;
        memcpy(topic, positions[i].stream.p, length);
        topic[length] = '\0';
        rd_kafka_topic_partition_t *partition =
            rd_kafka_topic_partition_list_add(list, topic, positions[i].partition);
        partition->offset = positions[i].next;
        partition->metadata =
            (positions[i].flags & LEVADA_P_STATE) != 0 ? strdup(COMMITTED_WITH_STATE) : NULL;
        partition->metadata_size = partition->metadata != NULL ? strlen(partition->metadata) : 0;
    }
    return list;
}

levada_status
transaction_send_positions(struct transaction *transaction, struct levada_call *call,
                           struct levada_bytes member, const struct levada_position *positions,
                           uint32_t n)
{
    rd_kafka_consumer_group_metadata_t *metadata = NULL;
    levada_status status = transaction_begin(transaction, call, true);
    if (status != LEVADA_OK)
        return status;
    rd_kafka_error_t *error = rd_kafka_consumer_group_metadata_read(&metadata, member.p, member.n);
    if (error != NULL) {
        status = status_fail(call, LEVADA_FATAL, "the source's membership cannot be read: %s",
                             rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
        return status;
    }
    rd_kafka_topic_partition_list_t *offsets = offsets_of(positions, n);
    status = judge(
        transaction, call,
        rd_kafka_send_offsets_to_transaction(transaction->client->rk, offsets, metadata, ASK_MS),
        "positions cannot be committed");
    rd_kafka_topic_partition_list_destroy(offsets);
    rd_kafka_consumer_group_metadata_destroy(metadata);
    return status;
}

levada_status
transaction_commit(struct transaction *transaction, struct levada_call *call)
{
    if (!transaction->has_begun)
        return LEVADA_OK;
    levada_status status =
        judge(transaction, call, rd_kafka_commit_transaction(transaction->client->rk, ASK_MS),
              "the transaction cannot be committed");
    if (status != LEVADA_OK)
        return status;
    levada_count(transaction->commits, 1);
    transaction->has_begun = false;
    return LEVADA_OK;
}

/* Whoever cannot even abort ends, and the broker aborts for the one that takes its place. */
static levada_status
try_abort(struct transaction *transaction, struct levada_call *call)
{
    rd_kafka_error_t *error = rd_kafka_abort_transaction(transaction->client->rk, ASK_MS);
    if (error == NULL)
        return LEVADA_OK;
    bool passes = rd_kafka_error_is_retriable(error) && !rd_kafka_error_is_fatal(error);
    if (passes || status_of_error(rd_kafka_error_code(error)) == LEVADA_CONFIG)
        return judge(transaction, call, error, "the transaction cannot be aborted");
    rd_kafka_error_destroy(error);
    transaction->is_dead = true;
    return LEVADA_OK;
}

levada_status
transaction_abort(struct transaction *transaction, struct levada_call *call)
{
    levada_status status = LEVADA_OK;
    if (transaction->has_begun && !transaction->is_dead)
        status = try_abort(transaction, call);
    if (status != LEVADA_OK)
        return status;
    if (transaction->has_begun)
        levada_count(transaction->aborts, 1);
    transaction->has_begun = false;
    return LEVADA_OK;
}
