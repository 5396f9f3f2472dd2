/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SINK_TOPIC_H
#define PLUGINS_KAFKA_SINK_TOPIC_H

/* The topic that records go to: is it there, or is it to be made? */

#include "kafka_common/client.h"

struct topic_shape {                 /* the option `create` */
    int64_t partitions, replication; /* 0: not given */
};

/*
 * Makes sure that @topic exists. RETRY: no broker answers; NO_OUTPUT: there is no such topic and
 * @shape does not ask for one; CONFIG: it cannot be created so.
 */
levada_status topic_ensure(struct client *client, struct levada_call *call, const char *topic,
                           const struct topic_shape *shape);

#endif
