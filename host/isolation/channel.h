/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ISOLATION_CHANNEL_H
#define HOST_ISOLATION_CHANNEL_H

/*
 * What the host and a helper tell each other, one at a time: the host calls, the helper may ask
 * back, and answers. A message is a few words on a socket; what belongs to it lies in a shared
 * slot. The end of one side is the end of the socket, which the other sees.
 */

#include <stdbool.h>
#include <stdint.h>

enum message_kind {
    /* The host's. */
    CALL_SETUP = 1, /* what helper.c needs to make the stage */
    CALL_CREATE,
    CALL_CONNECT,
    CALL_START,
    CALL_POLL,
    CALL_PROCESS,
    CALL_ROWS,
    CALL_MERGE,
    CALL_SIGNAL,
    CALL_DESTROY,
    ANSWER,
    /* The helper's. */
    ASK_SLOTS,
    ASK_STORED,
    ASK_STREAM,
    ASK_STATE_GET,
    ASK_STATE_NEXT,
    DONE,
};

struct message {
    uint32_t kind, slot; /* SHARED_NO_SLOT: nothing belongs to it */
    uint64_t n;          /* bytes in the slot */
    int32_t processor;   /* where its sender ran: channel_send's */
};

enum channel_result {
    CHANNEL_OK,
    CHANNEL_CLOSED,
    CHANNEL_TIMEOUT,
};

/* False: the other side is gone. */
bool channel_send(int fd, const struct message *message);
/*
 * @timeout_ms < 0: as long as it takes. The two take turns, so that one processor is enough for
 * both, and waking another that sleeps takes longer than most calls do: the calling thread wakes on
 * @processor, if it may, and is as free as before when this returns. < 0: on any.
 */
enum channel_result channel_receive(int fd, struct message *message, int64_t timeout_ms,
                                    int processor);

#endif
