/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SINK_NEEDED_TOPIC_H
#define PLUGINS_KAFKA_SINK_NEEDED_TOPIC_H

/* A topic that the host needs, beside those of its output. */

#include "kafka_common/client.h"
#include "kafka_sink/topic.h"

struct needed_topic {
    const char *name, *kind; /* "changelog" */
    uint32_t partitions;
    struct levada_list settings; /* the first is the cleanup.policy that it has to have */
};

/*
 * Is it there with as many partitions as are needed, and with that policy? OK, too, where it is not
 * and @creates would make it. CONFIG: it is another; NO_OUTPUT: there is no such topic; RETRY: no
 * answer, neither question's within @wait_ms.
 */
levada_status needed_topic_check(struct client *client, struct levada_call *call,
                                 const struct needed_topic *needed,
                                 const struct topic_shape *creates, int wait_ms);

/* The same, and it is made if @creates asks for it, with its replication. */
levada_status needed_topic_ensure(struct client *client, struct levada_call *call,
                                  const struct needed_topic *needed,
                                  const struct topic_shape *creates);

#endif
