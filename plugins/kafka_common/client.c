/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_common/client.h"

#include "kafka_common/property.h"
#include "kafka_common/status.h"

#include <stdio.h>
#include <string.h>

enum { /* of levada->log() */
    LOG_WARN = 2,
    LOG_DEBUG = 4,
    LOG_TRACE = 5,
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
    bool refuses = is_refusal(err, reason);
    if (refuses)
        client->refused = err;
    if (refuses || client->refused == RD_KAFKA_RESP_ERR_NO_ERROR)
        note_trouble(client, reason); /* why says more than that all brokers are down */
    if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        client->down = true;
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
    for (; defaults->name != NULL; defaults++) {
        if (rd_kafka_conf_set(client->conf, defaults->name, defaults->value, why, sizeof(why)) !=
            RD_KAFKA_CONF_OK)
            status_fail(call, LEVADA_FATAL, "librdkafka: %s", why);
    }
    if (rd_kafka_conf_set(client->conf, "bootstrap.servers", brokers, why, sizeof(why)) !=
        RD_KAFKA_CONF_OK)
        levada->problem(call, "brokers", why);
    property_set_all(client->conf, call, properties, role);
    rd_kafka_conf_set_opaque(client->conf, client);
    rd_kafka_conf_set_log_cb(client->conf, on_log);
    rd_kafka_conf_set_error_cb(client->conf, on_error);
    return LEVADA_OK;
}

levada_status
client_start(struct client *client, struct levada_call *call, rd_kafka_type_t type)
{
    char why[512];
    client->rk = rd_kafka_new(type, client->conf, why, sizeof(why));
    if (client->rk == NULL) /* what contradicts itself is only found here */
        return levada->fail(call, LEVADA_CONFIG, why);
    client->conf = NULL; /* the client's now */
    return LEVADA_OK;
}

void
client_finish(struct client *client)
{
    if (client->rk != NULL)
        rd_kafka_destroy(client->rk);
    if (client->conf != NULL)
        rd_kafka_conf_destroy(client->conf);
    client->rk = NULL;
    client->conf = NULL;
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
    rd_kafka_poll(client->rk, 0); /* lets on_error() speak */
    const char *reason = client->trouble[0] != '\0' ? client->trouble : rd_kafka_err2str(err);
    if (client->refused != RD_KAFKA_RESP_ERR_NO_ERROR)
        return status_fail(call, LEVADA_CONFIG, "the broker refuses us: %s%s", reason,
                           scram_hint(reason));
    return status_fail(call, LEVADA_RETRY, "no broker can be reached: %s", reason);
}

static levada_status
get_metadata(struct client *client, struct levada_call *call, int wait_ms, int all_topics,
             const struct rd_kafka_metadata **metadata)
{
    rd_kafka_resp_err_t err = rd_kafka_metadata(client->rk, all_topics, NULL, metadata, wait_ms);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return unreachable(client, call, err);
    client->down = false;
    client->refused = RD_KAFKA_RESP_ERR_NO_ERROR;
    client->trouble[0] = '\0';
    return LEVADA_OK;
}

levada_status
client_reach(struct client *client, struct levada_call *call, int wait_ms)
{
    const struct rd_kafka_metadata *metadata;
    levada_status status = get_metadata(client, call, wait_ms, 0, &metadata);
    if (status == LEVADA_OK)
        rd_kafka_metadata_destroy(metadata);
    return status;
}

levada_status
client_find_topic(struct client *client, struct levada_call *call, const char *topic, int wait_ms,
                  bool *found)
{
    const struct rd_kafka_metadata *metadata;
    *found = false;
    levada_status status = get_metadata(client, call, wait_ms, 1, &metadata);
    if (status != LEVADA_OK)
        return status;
    for (int i = 0; i < metadata->topic_cnt && !*found; i++)
        *found = strcmp(metadata->topics[i].topic, topic) == 0;
    rd_kafka_metadata_destroy(metadata);
    return LEVADA_OK;
}
