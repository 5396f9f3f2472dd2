/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lines to a topic with nothing but librdkafka: what bench/run measures file to topic against.
 *
 *   bench_kafka_sink_by_hand BROKERS TOPIC LINES [PROPERTY=VALUE]...
 *
 * The lines are sent from where they lie in the mapped file, without a look into them, in batches;
 * each must be reported as delivered.
 */

#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT_ONCE 4096

static void
die(int code, const char *what, const char *why)
{
    fprintf(stderr, "bench_kafka_sink_by_hand: %s: %s\n", what, why);
    exit(code);
}

static void
on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        die(69, "not delivered", rd_kafka_err2str(message->err));
    ++*(size_t *)opaque;
}

static void
set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) != RD_KAFKA_CONF_OK)
        die(78, name, why);
}

/* The defaults of kafka_sink, then the user's PROPERTY=VALUE. */
static rd_kafka_t *
make_producer(char **argv, size_t *n_delivered)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", argv[1]);
    set(conf, "enable.idempotence", "true");
    set(conf, "partitioner", "murmur2_random");
    set(conf, "linger.ms", "20");
    set(conf, "message.timeout.ms", "60000");
    set(conf, "queue.buffering.max.kbytes", "65536");
    for (char **property = argv + 4; *property != NULL; property++) {
        char *equals = strchr(*property, '=');
        if (equals == NULL)
            die(64, *property, "no PROPERTY=VALUE");
        *equals = '\0';
        set(conf, *property, equals + 1);
    }
    rd_kafka_conf_set_opaque(conf, n_delivered);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (rk == NULL)
        die(78, "librdkafka", why);
    return rk;
}

static char *
map_file(const char *path, size_t *n)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0)
        die(66, path, "cannot be opened");
    *n = (size_t)status.st_size;
    char *text = mmap(NULL, *n, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (text == MAP_FAILED)
        die(74, path, "cannot be mapped");
    close(fd);
    return text;
}

/* The next lines, up to AT_ONCE; returns how many. */
static int
take_lines(char **at, const char *end, rd_kafka_message_t *messages)
{
    int n = 0;
    for (; n < AT_ONCE && *at < end; n++) {
        char *newline = memchr(*at, '\n', (size_t)(end - *at));
        if (newline == NULL)
            die(65, "the last line", "has no end");
        messages[n] = (rd_kafka_message_t){ .payload = *at, .len = (size_t)(newline - *at) };
        *at = newline + 1;
    }
    return n;
}

/* Of @n messages those that were not taken move to the front; returns how many. */
static int
keep_refused(rd_kafka_message_t *messages, int n)
{
    int kept = 0;
    for (int i = 0; i < n; i++) {
        if (messages[i].err == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            messages[kept++] = messages[i];
        else if (messages[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
            die(65, "not taken", rd_kafka_err2str(messages[i].err));
    }
    return kept;
}

int
main(int argc, char **argv)
{
    static rd_kafka_message_t messages[AT_ONCE];
    size_t size, n_delivered = 0, n_sent = 0;
    if (argc < 4)
        die(64, "usage", "bench_kafka_sink_by_hand BROKERS TOPIC LINES [PROPERTY=VALUE]...");
    rd_kafka_t *rk = make_producer(argv, &n_delivered);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, argv[2], NULL);
    char *at = map_file(argv[3], &size), *end = at + size;
    for (int n; (n = take_lines(&at, end, messages)) > 0;) {
        n_sent += (size_t)n;
        while (n > 0) {
            rd_kafka_produce_batch(topic, RD_KAFKA_PARTITION_UA, 0, messages, n);
            n = keep_refused(messages, n);
            rd_kafka_poll(rk, n > 0 ? 100 : 0);
        }
    }
    while (rd_kafka_outq_len(rk) > 0)
        rd_kafka_flush(rk, 1000);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(rk);
    if (n_delivered != n_sent)
        die(69, "delivered", "not every line was");
    return 0;
}
