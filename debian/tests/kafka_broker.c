/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_broker TOPIC: librdkafka's own broker, with a topic of one partition. Prints where it is, and stays. */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
    char why[512];
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, NULL, why, sizeof(why));
    rd_kafka_mock_cluster_t *cluster = client != NULL ? rd_kafka_mock_cluster_new(client, 1) : NULL;
    if (argc != 2 || cluster == NULL ||
        rd_kafka_mock_topic_create(cluster, argv[1], 1, 1) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 1;
    printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
    fclose(stdout);
    for (;;)
        pause();
}
