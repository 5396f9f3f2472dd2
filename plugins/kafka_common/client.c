/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_common/client.h"

#include "kafka_common/property.h"
#include "kafka_common/status.h"

#include <stdio.h>
#include <string.h>

#define ASK_MS 500u                     /* one question of client_connect() */
#define COORDINATOR "GroupCoordinator:" /* librdkafka's name for its connection to that broker */

enum { /* of levada->log() */
    LOG_WARN = 2,
    LOG_INFO = 3,
    LOG_DEBUG = 4,
    LOG_TRACE = 5,
};

static const struct client_setting of_all[] = {
    /* As in Java clients; librdkafka's ten seconds outlast sessions, and brokers that come back. */
    { "reconnect.backoff.max.ms", "1000" },
    { NULL, NULL },
};

static void
on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    struct client *client = rd_kafka_opaque(rk);
    char facts[1024];
    /* Below syslog's "error" a client that reconnects is not worth a line of the user's. */
    int32_t to = level < 3 ? LOG_WARN : level < 7 ? LOG_DEBUG : LOG_TRACE;
    snprintf(facts, sizeof(facts), "facility=%s text=\"%s\"", facility, text);
    levada->log(client->ctx, to, "librdkafka", facts);
}

/*
 * Will it never get better? A handshake that breaks off is a broker that goes away; one that fails
 * by a certificate, of either side, is none: what a broker thinks of ours only comes as the text of
 * an alert.
 */
static bool
is_refusal(rd_kafka_resp_err_t err, const char *reason)
{
    if (err == RD_KAFKA_RESP_ERR__SSL || err == RD_KAFKA_RESP_ERR__TRANSPORT)
        return strstr(reason, "certificate") != NULL || strstr(reason, "alert unknown ca") != NULL;
    return status_of_error(err) == LEVADA_CONFIG;
}

/* Its sentence, without how long and how often librdkafka has tried. */
static void
note_trouble(struct client *client, const char *reason)
{
    const char *end = strstr(reason, " (after ");
    int n = (int)(end != NULL ? (size_t)(end - reason) : strlen(reason));
    snprintf(client->trouble, sizeof(client->trouble), "%.*s", n, reason);
}

/* Called from within rd_kafka_poll() and rd_kafka_consumer_poll(), so on the stage's own thread. */
static void
on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    struct client *client = opaque;
    (void)rk;
    if (strncmp(reason, COORDINATOR, sizeof(COORDINATOR) - 1) == 0)
        client->was_cut = true;
    bool refuses = is_refusal(err, reason);
    if (refuses)
        client->refused = err;
    if (err == RD_KAFKA_RESP_ERR__BAD_MSG &&
        strstr(reason, "increase receive.message.max.bytes") != NULL)
        snprintf(client->too_much, sizeof(client->too_much), "%s", reason);
    bool are_all_down = err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
    /* Why says more than that all are down. */
    if (refuses || (client->refused == RD_KAFKA_RESP_ERR_NO_ERROR &&
                    (!are_all_down || client->trouble[0] == '\0')))
        note_trouble(client, reason);
    if (are_all_down && !client->down && !client->asks_once) {
        char facts[300];
        snprintf(facts, sizeof(facts), "reason=\"%.280s\"", client->trouble);
        levada->log(client->ctx, LOG_WARN, "no broker answers; waiting for one", facts);
    }
    client->down = client->down || are_all_down;
}

static levada_status
set_defaults(struct client *client, struct levada_call *call, const struct client_setting *setting)
{
    char why[512];
    for (; setting->name != NULL; setting++) {
        if (rd_kafka_conf_set(client->conf, setting->name, setting->value, why, sizeof(why)) !=
            RD_KAFKA_CONF_OK)
            return status_fail(call, LEVADA_FATAL, "librdkafka: %s", why);
    }
    return LEVADA_OK;
}

levada_status
client_create(struct client *client, struct levada_call *call, struct levada_ctx *ctx,
              const char *brokers, const struct client_setting *defaults,
              const struct levada_list *properties, unsigned role)
{
    char why[512];
    client->ctx = ctx;
    client->conf = rd_kafka_conf_new();
    if (client->conf == NULL)
        return levada->fail(call, LEVADA_FATAL, "out of memory");
    levada_status status = set_defaults(client, call, of_all);
    if (status == LEVADA_OK)
        status = set_defaults(client, call, defaults);
    if (rd_kafka_conf_set(client->conf, "bootstrap.servers", brokers, why, sizeof(why)) !=
        RD_KAFKA_CONF_OK)
        status = levada->problem(call, "brokers", why);
    if (!property_set_all(client->conf, call, properties, role))
        status = LEVADA_CONFIG; /* each is a problem already */
    if (status < 0) {
        client_finish(client);
        return status;
    }
    rd_kafka_conf_set_opaque(client->conf, client);
    rd_kafka_conf_set_log_cb(client->conf, on_log);
    rd_kafka_conf_set_error_cb(client->conf, on_error);
    return LEVADA_OK;
}

levada_status
client_start(struct client *client, struct levada_call *call, rd_kafka_type_t type)
{
    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_dup(client->conf);
    client->was_cut = false;
    client->rk = rd_kafka_new(type, conf, why, sizeof(why));
    if (client->rk != NULL) /* it owns conf now */
        return LEVADA_OK;
    rd_kafka_conf_destroy(conf);
    return levada->fail(call, LEVADA_CONFIG, why); /* what contradicts itself is only found here */
}

/* A consumer with a fatal error does not let itself be closed, and would be waited for. */
static int
how_to_destroy(rd_kafka_t *rk)
{
    return rd_kafka_fatal_error(rk, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR
               ? RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE
               : 0;
}

void
client_stop(struct client *client)
{
    if (client->rk != NULL && client->hangs)
        rd_kafka_set_log_level(client->rk, 0); /* its threads live on, without us */
    else if (client->rk != NULL)
        rd_kafka_destroy_flags(client->rk, how_to_destroy(client->rk));
    client->rk = NULL;
    client->hangs = false;
}

void
client_finish(struct client *client)
{
    client_stop(client);
    if (client->conf != NULL)
        rd_kafka_conf_destroy(client->conf);
    client->conf = NULL;
}

void
client_note_answer(struct client *client)
{
    if (client->down)
        levada->log(client->ctx, LOG_INFO, "brokers answer again", "");
    client->down = false;
    client->refused = RD_KAFKA_RESP_ERR_NO_ERROR;
    client->trouble[0] = '\0';
}

/* Older ones repeat their nonce, which Kafka bore with until 3.8.0. */
static const char *
scram_hint(const char *reason)
{
    if (rd_kafka_version() >= 0x020601ff || strstr(reason, "mechanism SCRAM") == NULL)
        return "";
    return "; Kafka from 3.8.1 on takes SCRAM of librdkafka 2.6.1 and newer alone";
}

static levada_status
unreachable(struct client *client, struct levada_call *call, rd_kafka_resp_err_t err)
{
    /* Lets on_error() speak. A consumer's does in rd_kafka_consumer_poll(), which alone takes
     * messages. */
    if (rd_kafka_type(client->rk) == RD_KAFKA_PRODUCER)
        rd_kafka_poll(client->rk, 0);
    const char *reason = client->trouble[0] != '\0' ? client->trouble : rd_kafka_err2str(err);
    if (client->refused != RD_KAFKA_RESP_ERR_NO_ERROR)
        return status_fail(call, LEVADA_CONFIG, "the broker refuses us: %s%s", reason,
                           scram_hint(reason));
    return status_fail(call, LEVADA_RETRY, "no broker can be reached: %s", reason);
}

/* Of @topic alone; NULL: of the brokers, and no topic. */
static levada_status
get_metadata(struct client *client, struct levada_call *call, rd_kafka_topic_t *topic, int wait_ms,
             const struct rd_kafka_metadata **metadata)
{
    rd_kafka_resp_err_t err = rd_kafka_metadata(client->rk, 0, topic, metadata, wait_ms);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return unreachable(client, call, err);
    client_note_answer(client);
    return LEVADA_OK;
}

levada_status
client_reach(struct client *client, struct levada_call *call, int wait_ms)
{
    const struct rd_kafka_metadata *metadata;
    levada_status status = get_metadata(client, call, NULL, wait_ms, &metadata);
    if (status == LEVADA_OK)
        rd_kafka_metadata_destroy(metadata);
    return status;
}

levada_status
client_list_topics(struct client *client, struct levada_call *call, int wait_ms,
                   const struct rd_kafka_metadata **metadata)
{
    rd_kafka_resp_err_t err = rd_kafka_metadata(client->rk, 1, NULL, metadata, wait_ms);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return unreachable(client, call, err);
    client_note_answer(client);
    return LEVADA_OK;
}

/* What the cluster says of the one topic that was asked for. */
static levada_status
judge_topic(struct levada_call *call, const char *topic, const struct rd_kafka_metadata *metadata,
            int *n_partitions)
{
    if (metadata->topic_cnt == 0)
        return LEVADA_OK;
    const struct rd_kafka_metadata_topic *found = &metadata->topics[0];
    if (found->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return LEVADA_OK;
    if (status_of_error(found->err) == LEVADA_CONFIG)
        return status_fail(call, LEVADA_CONFIG, "topic %s: %s", topic,
                           rd_kafka_err2str(found->err));
    if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR &&
        found->err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
        return status_fail(call, LEVADA_RETRY, "topic %s: %s", topic, rd_kafka_err2str(found->err));
    *n_partitions = found->partition_cnt > 0 ? found->partition_cnt : 1;
    return LEVADA_OK;
}

levada_status
client_find_topic(struct client *client, struct levada_call *call, const char *topic, int wait_ms,
                  int *n_partitions)
{
    const struct rd_kafka_metadata *metadata;
    *n_partitions = 0;
    rd_kafka_topic_t *asked = rd_kafka_topic_new(client->rk, topic, NULL);
    if (asked == NULL)
        return status_fail(call, LEVADA_CONFIG, "topic %s: %s", topic,
                           rd_kafka_err2str(rd_kafka_last_error()));
    levada_status status = get_metadata(client, call, asked, wait_ms, &metadata);
    rd_kafka_topic_destroy(asked);
    if (status != LEVADA_OK)
        return status;
    status = judge_topic(call, topic, metadata, n_partitions);
    rd_kafka_metadata_destroy(metadata);
    return status;
}

levada_status
client_connect(struct client *client, struct levada_call *call, const char *brokers,
               uint32_t wait_ms)
{
    char text[1000];
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__TRANSPORT;
    const struct rd_kafka_metadata *metadata;
    client->asks_once = true;
    client->down = false;
    for (uint32_t waited = 0; waited < wait_ms && client->refused == 0 && !client->down;
         waited += ASK_MS) {
        err = rd_kafka_metadata(client->rk, 0, NULL, &metadata, (int)ASK_MS);
        rd_kafka_poll(client->rk, 0); /* lets on_error() speak */
        if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        rd_kafka_metadata_destroy(metadata);
        return LEVADA_OK;
    }
    const char *reason = client->trouble[0] != '\0' ? client->trouble : rd_kafka_err2str(err);
    snprintf(text, sizeof(text), "%s at %.200s: %s%s",
             client->refused != 0 ? "the broker refuses us" : "no broker answers", brokers, reason,
             scram_hint(reason));
    levada->problem(call, "brokers", text);
    return client->refused != 0 ? LEVADA_CONFIG : LEVADA_UNAVAILABLE;
}
