/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_common/property.h"

#include "kafka_common/property_table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PROPERTY_NAME_MAX 80
#define BOTH (PROPERTY_PRODUCER | PROPERTY_CONSUMER)

struct property {
    const char *name;
    unsigned roles;
};

static const struct property allowed[] = {
    { "api.version.fallback.ms", BOTH },
    { "api.version.request", BOTH },
    { "api.version.request.timeout.ms", BOTH },
    { "batch.num.messages", PROPERTY_PRODUCER },
    { "batch.size", PROPERTY_PRODUCER },
    { "broker.address.family", BOTH },
    { "broker.address.ttl", BOTH },
    { "broker.version.fallback", BOTH },
    { "check.crcs", PROPERTY_CONSUMER },
    { "client.id", BOTH },
    { "client.rack", BOTH },
    { "compression.codec", PROPERTY_PRODUCER },
    { "compression.level", PROPERTY_PRODUCER },
    { "compression.type", PROPERTY_PRODUCER },
    { "connections.max.idle.ms", BOTH },
    { "debug", BOTH },
    { "delivery.timeout.ms", PROPERTY_PRODUCER },
    { "fetch.error.backoff.ms", PROPERTY_CONSUMER },
    { "fetch.max.bytes", PROPERTY_CONSUMER },
    { "fetch.message.max.bytes", PROPERTY_CONSUMER },
    { "fetch.min.bytes", PROPERTY_CONSUMER },
    { "fetch.queue.backoff.ms", PROPERTY_CONSUMER },
    { "fetch.wait.max.ms", PROPERTY_CONSUMER },
    { "group.instance.id", PROPERTY_CONSUMER },
    { "heartbeat.interval.ms", PROPERTY_CONSUMER },
    { "isolation.level", PROPERTY_CONSUMER },
    { "linger.ms", PROPERTY_PRODUCER },
    { "log.connection.close", BOTH },
    { "max.in.flight", BOTH },
    { "max.in.flight.requests.per.connection", BOTH },
    { "max.partition.fetch.bytes", PROPERTY_CONSUMER },
    { "max.poll.interval.ms", PROPERTY_CONSUMER },
    { "message.copy.max.bytes", BOTH },
    { "message.max.bytes", BOTH },
    { "message.send.max.retries", PROPERTY_PRODUCER },
    { "message.timeout.ms", PROPERTY_PRODUCER },
    { "metadata.max.age.ms", BOTH },
    { "partition.assignment.strategy", PROPERTY_CONSUMER },
    { "partitioner", PROPERTY_PRODUCER },
    { "queue.buffering.backpressure.threshold", PROPERTY_PRODUCER },
    { "queue.buffering.max.kbytes", PROPERTY_PRODUCER },
    { "queue.buffering.max.messages", PROPERTY_PRODUCER },
    { "queue.buffering.max.ms", PROPERTY_PRODUCER },
    { "queued.max.messages.kbytes", PROPERTY_CONSUMER },
    { "queued.min.messages", PROPERTY_CONSUMER },
    { "receive.message.max.bytes", BOTH },
    { "reconnect.backoff.max.ms", BOTH },
    { "reconnect.backoff.ms", BOTH },
    { "request.required.acks", PROPERTY_PRODUCER },
    { "request.timeout.ms", PROPERTY_PRODUCER },
    { "retries", PROPERTY_PRODUCER },
    { "retry.backoff.ms", PROPERTY_PRODUCER },
    { "sasl.mechanism", BOTH },
    { "sasl.mechanisms", BOTH },
    { "sasl.password", BOTH },
    { "sasl.username", BOTH },
    { "security.protocol", BOTH },
    { "session.timeout.ms", PROPERTY_CONSUMER },
    { "socket.blocking.max.ms", BOTH },
    { "socket.connection.setup.timeout.ms", BOTH },
    { "socket.keepalive.enable", BOTH },
    { "socket.max.fails", BOTH },
    { "socket.nagle.disable", BOTH },
    { "socket.receive.buffer.bytes", BOTH },
    { "socket.send.buffer.bytes", BOTH },
    { "socket.timeout.ms", BOTH },
    { "ssl.ca.location", BOTH },
    { "ssl.ca.pem", BOTH },
    { "ssl.certificate.location", BOTH },
    { "ssl.certificate.pem", BOTH },
    { "ssl.cipher.suites", BOTH },
    { "ssl.crl.location", BOTH },
    { "ssl.curves.list", BOTH },
    { "ssl.endpoint.identification.algorithm", BOTH },
    { "ssl.key.location", BOTH },
    { "ssl.key.password", BOTH },
    { "ssl.key.pem", BOTH },
    { "ssl.keystore.location", BOTH },
    { "ssl.keystore.password", BOTH },
    { "ssl.sigalgs.list", BOTH },
    { "sticky.partitioning.linger.ms", PROPERTY_PRODUCER },
    { "topic.metadata.propagation.max.ms", BOTH },
    { "topic.metadata.refresh.interval.ms", BOTH },
    { "transaction.timeout.ms", PROPERTY_PRODUCER },
};

#define RUNS_CODE "runs code of its own as soon as it is set, and is never let through"
#define RUNS_COMMAND "is a command that would be run, and is never let through"
#define ASKS_OTHERS "OAUTHBEARER is not supported: use SCRAM, PLAIN or a certificate"

/* What the stages decide themselves, with what to write in its place, and what is dangerous. */
static const struct {
    const char *name, *instead;
} ours[] = {
    { "acks", "every record waits for all replicas that are in sync" },
    { "allow.auto.create.topics", "the option create of kafka_sink makes topics" },
    { "auto.offset.reset", "fail_on_data_loss says what becomes of lost offsets" },
    { "bootstrap.servers", "use the option brokers" },
    { "enable.auto.commit", "positions are committed when their records were delivered" },
    { "enable.auto.offset.store", "positions are committed when their records were delivered" },
    { "enable.idempotence", "the producer always is idempotent" },
    { "enable.partition.eof", "the stage needs it" },
    { "group.id", "use the option group" },
    { "metadata.broker.list", "use the option brokers" },
    { "enable.sasl.oauthbearer.unsecure.jwt", "takes tokens that nobody signed" },
    { "enable.ssl.certificate.verification", "a broker always has to prove who it is" },
    { "plugin.library.paths", RUNS_CODE },
    { "sasl.kerberos.keytab", "Kerberos is not supported: it runs a command" },
    { "sasl.kerberos.kinit.cmd", RUNS_COMMAND },
    { "sasl.oauthbearer.client.secret", ASKS_OTHERS },
    { "sasl.oauthbearer.config", ASKS_OTHERS },
    { "sasl.oauthbearer.method", ASKS_OTHERS },
    { "sasl.oauthbearer.token.endpoint.url", ASKS_OTHERS },
    { "ssl.engine.location", RUNS_CODE },
    { "ssl.providers", RUNS_CODE },
    { "transactional.id", "it is the pipeline's name, `instance` and the worker's number" },
};

const char *
property_allowed(size_t i)
{
    return i < sizeof(allowed) / sizeof(*allowed) ? allowed[i].name : NULL;
}

static const struct property *
find_allowed(const char *name)
{
    for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++) {
        if (strcmp(allowed[i].name, name) == 0)
            return &allowed[i];
    }
    return NULL;
}

static const char *
find_ours(const char *name)
{
    for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
        if (strcmp(ours[i].name, name) == 0)
            return ours[i].instead;
    }
    return NULL;
}

/* As it is written in a pipeline file. */
static void
write_name(const char *name, char *written, size_t size)
{
    snprintf(written, size, "%s", name);
    for (char *c = written; *c != '\0'; c++)
        *c = *c == '.' ? '_' : *c;
}

__attribute__((format(printf, 3, 4))) static void
complain(struct levada_call *call, const char *written, const char *format, ...)
{
    char text[1024];
    int n = snprintf(text, sizeof(text), "%.80s: ", written);
    va_list args;
    va_start(args, format);
    vsnprintf(text + n, sizeof(text) - (size_t)n, format, args);
    va_end(args);
    levada->problem(call, "kafka", text);
}

/* How many letters have to be changed, put in or taken out to make one of the other (Levenshtein).
 */
static size_t
distance(const char *a, const char *b)
{
    size_t row[PROPERTY_NAME_MAX + 1], n = strlen(b);
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t best = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j + 1] = diagonal + 1 < best ? diagonal + 1 : best;
        }
    }
    return row[n];
}

static const char *
nearest(const char *name, unsigned role)
{
    size_t least = strlen(name) / 3 + 1;
    const char *best = NULL;
    for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++) {
        size_t d = (allowed[i].roles & role) != 0 ? distance(name, allowed[i].name) : least;
        if (d >= least)
            continue;
        least = d;
        best = allowed[i].name;
    }
    return best;
}

static void
refuse_unknown(struct levada_call *call, const char *written, const char *name, unsigned role)
{
    char suggestion[PROPERTY_NAME_MAX];
    const char *near = strlen(name) < PROPERTY_NAME_MAX ? nearest(name, role) : NULL;
    write_name(near != NULL ? near : "", suggestion, sizeof(suggestion));
    complain(call, written, "librdkafka has no property of this name%s%s%s",
             near != NULL ? "; did you mean \"" : "", suggestion, near != NULL ? "\"?" : "");
}

static void
refuse(struct levada_call *call, const char *written, const char *name, unsigned role)
{
    const char *instead = find_ours(name);
    if (instead != NULL)
        complain(call, written, "%s", instead);
    else if (property_table_knows(name) || property_table_knows(written))
        complain(call, written, "this property cannot be set in a pipeline file");
    else
        refuse_unknown(call, written, name, role);
}

static bool
is_secret(const char *name)
{
    return strstr(name, "password") != NULL || strcmp(name, "ssl.key.pem") == 0;
}

/* In our words: librdkafka's name the property of which ours is an alias, and show the value. */
static void
refuse_value(struct levada_call *call, const struct levada_pair *pair, const char *name,
             const char *why)
{
    char values[256];
    property_table_values(name, values, sizeof(values));
    if (is_secret(name))
        complain(call, pair->name, "is not accepted");
    else if (values[0] != '\0')
        complain(call, pair->name, "must be %s%s, not \"%.80s\"",
                 strchr(values, ',') != NULL ? "one of " : "", values, pair->value);
    else
        complain(call, pair->name, "%s", why);
}

/* What this property cannot be, in words; NULL: librdkafka shall judge. */
static const char *
find_fault(const char *name, const char *value)
{
    if (strcmp(name, "partition.assignment.strategy") != 0 || strcmp(value, "range") == 0 ||
        strcmp(value, "roundrobin") == 0)
        return NULL;
    if (strstr(value, "cooperative-sticky") == NULL)
        return "must be \"range\" or \"roundrobin\"";
    return rd_kafka_version() < 0x020a00ff
               ? "cooperative-sticky loses partitions in librdkafka before 2.10; take \"range\" or "
                 "\"roundrobin\""
               : "partitions move all at once here, which cooperative-sticky does not; take "
                 "\"range\" or \"roundrobin\"";
}

static bool
set_allowed(rd_kafka_conf_t *conf, struct levada_call *call, const struct levada_pair *pair,
            const char *name)
{
    char why[512];
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, pair->value, why, sizeof(why));
    if (result == RD_KAFKA_CONF_UNKNOWN)
        complain(call, pair->name, "librdkafka %s does not have this property; newer ones do",
                 rd_kafka_version_str());
    else if (result != RD_KAFKA_CONF_OK)
        refuse_value(call, pair, name, why);
    return result == RD_KAFKA_CONF_OK;
}

static bool
set_one(rd_kafka_conf_t *conf, struct levada_call *call, const struct levada_pair *pair,
        unsigned role)
{
    char name[PROPERTY_NAME_MAX];
    if (strlen(pair->name) >= sizeof(name)) {
        refuse_unknown(call, pair->name, pair->name, role);
        return false;
    }
    strcpy(name, pair->name);
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '_' ? '.' : *c;
    const struct property *property = find_allowed(name);
    const char *fault = find_fault(name, pair->value);
    if (property == NULL)
        refuse(call, pair->name, name, role);
    else if ((property->roles & role) == 0)
        complain(call, pair->name,
                 role == PROPERTY_PRODUCER ? "this is a property of consumers"
                                           : "this is a property of producers");
    else if (fault != NULL)
        complain(call, pair->name, "%s", fault);
    else
        return set_allowed(conf, call, pair, name);
    return false;
}

bool
property_set_all(rd_kafka_conf_t *conf, struct levada_call *call, const struct levada_list *pairs,
                 unsigned role)
{
    const struct levada_pair *pair = pairs->items;
    bool are_set = true;
    for (uint64_t i = 0; i < pairs->n; i++)
        are_set &= set_one(conf, call, &pair[i], role);
    return are_set;
}
