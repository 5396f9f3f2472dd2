// SPDX-License-Identifier: Apache-2.0
//
// The job of pipelines/data_stream.conf written by hand on librdkafka, as tight as we could: what
// bench/run measures levada's stages against.
//
//   bench_kafka_stream_by_hand BROKERS TOPIC RADIO_CODE.json
//
// It joins a group, reads each partition to its end, leaves, and prints windows x type x
// disposition, joined, as CSV. Records are gathered in one buffer, so that simdjson's first stage
// runs over some 600 of them at once, and a fetched message is given back as soon as it is copied.
// Each record must be one JSON object.

#include "crime_counts.h"

#include <librdkafka/rdkafka.h>

using namespace by_hand;

namespace
{

// Records behind one another, until there is a chunk of them to be counted.
class Gatherer
{
    static constexpr size_t CAPACITY = MAX_RECORD + CHUNK;

    std::unique_ptr<char[]> buffer{ new char[CAPACITY + simdjson::SIMDJSON_PADDING] };
    size_t used = 0;
    std::vector<size_t> ends;
    std::unique_ptr<simdjson::internal::dom_parser_implementation> indexer;
    Walker walker;
    CountByWindow &job;
    uint64_t records = 0;

    template <bool ESCAPES> void count_records()
    {
        for (size_t end : ends) {
            Call call;
            if (!walker.object<ESCAPES>(&call) || walker.behind() != end)
                die(BAD_DATA, "record %ju: no valid JSON", uintmax_t{ records });
            job.count(call, records++);
        }
        if (!walker.at_end())
            die(BAD_DATA, "record %ju: no valid JSON", uintmax_t{ records });
    }

  public:
    explicit Gatherer(CountByWindow &counts) : job(counts)
    {
        if (simdjson::get_active_implementation()->create_dom_parser_implementation(
                CAPACITY, MAX_DEPTH, indexer) != simdjson::SUCCESS)
            die(IO_ERROR, "out of memory");
    }

    void count()
    {
        if (used == 0)
            return;
        auto *text = reinterpret_cast<const uint8_t *>(&buffer[0]);
        simdjson::error_code error = indexer->stage1(text, used, simdjson::stage1_mode::regular);
        if (error != simdjson::SUCCESS)
            die(BAD_DATA, "behind record %ju: %s", uintmax_t{ records },
                simdjson::error_message(error));
        buffer[used] = '\0';
        walker.begin(&buffer[0], indexer->structural_indexes.get(), indexer->n_structural_indexes);
        if (memchr(&buffer[0], '\\', used) != nullptr)
            count_records<true>();
        else
            count_records<false>();
        used = 0;
        ends.clear();
    }

    void add(const void *record, size_t n)
    {
        if (n > MAX_RECORD)
            die(BAD_DATA, "record %ju: above 1 MiB", uintmax_t{ records + ends.size() });
        memcpy(&buffer[used], record, n);
        used += n;
        ends.push_back(used);
        if (used >= CHUNK)
            count();
    }
};

// A member of a group that reads each partition of a topic up to where it ended when we got it.
class Topic
{
    struct Partition {
        int64_t end = 0;
        bool is_open = false;
    };

    rd_kafka_t *rk;
    std::vector<Partition> partitions;
    bool is_assigned = false;
    size_t n_open = 0;

    static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
    {
        char why[256];
        if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) != RD_KAFKA_CONF_OK)
            die(78, "%s", why);
    }

    void begin(rd_kafka_topic_partition_list_t *list)
    {
        for (int i = 0; i < list->cnt; i++) {
            size_t number = static_cast<size_t>(list->elems[i].partition);
            int64_t low, high;
            if (rd_kafka_query_watermark_offsets(rk, list->elems[i].topic, list->elems[i].partition,
                                                 &low, &high, 5000) != RD_KAFKA_RESP_ERR_NO_ERROR)
                die(69, "no answer from the broker");
            if (number >= partitions.size())
                partitions.resize(number + 1);
            partitions[number] = { high, high > low };
            n_open += high > low;
            list->elems[i].offset = low;
        }
        is_assigned = true;
        rd_kafka_assign(rk, list);
    }

    static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err,
                             rd_kafka_topic_partition_list_t *list, void *opaque)
    {
        if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
            static_cast<Topic *>(opaque)->begin(list);
        else
            rd_kafka_assign(rk, nullptr);
    }

    void take(rd_kafka_message_t *message, Gatherer &gatherer)
    {
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            die(69, "%s", rd_kafka_message_errstr(message));
        Partition &partition = partitions[static_cast<size_t>(message->partition)];
        if (message->offset < partition.end)
            gatherer.add(message->payload, message->len);
        if (partition.is_open && message->offset + 1 >= partition.end) {
            partition.is_open = false;
            n_open--;
        }
        rd_kafka_message_destroy(message);
    }

  public:
    Topic(const char *brokers, const char *topic)
    {
        char why[256];
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        set(conf, "bootstrap.servers", brokers);
        set(conf, "group.id", "by_hand");
        set(conf, "enable.auto.commit", "false");
        rd_kafka_conf_set_opaque(conf, this);
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
        rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
        if (rk == nullptr)
            die(78, "%s", why);
        rd_kafka_poll_set_consumer(rk);
        rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
        rd_kafka_subscribe(rk, topics);
        rd_kafka_topic_partition_list_destroy(topics);
    }

    void read(Gatherer &gatherer)
    {
        while (!is_assigned || n_open > 0) {
            rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 100);
            if (message != nullptr)
                take(message, gatherer);
        }
        gatherer.count();
    }

    ~Topic()
    {
        rd_kafka_consumer_close(rk);
        rd_kafka_destroy(rk);
    }
};

} // namespace

int
main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: bench_kafka_stream_by_hand BROKERS TOPIC RADIO_CODE.json\n", stderr);
        return 64;
    }
    CountByWindow counts(argv[3]);
    Gatherer gatherer(counts);
    Topic(argv[1], argv[2]).read(gatherer);
    counts.print();
    return 0;
}
