/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/channel.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

bool
channel_send(int fd, const struct message *message)
{
    struct message sent = *message;
    ssize_t n;
    sent.processor = sched_getcpu();
    do
        n = send(fd, &sent, sizeof(sent), MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n == sizeof(sent);
}

/* False: it stays as free as it was. *allowed: where this thread may run. */
static bool
bind_to(int processor, cpu_set_t *allowed)
{
    cpu_set_t one;
    if (processor < 0 || processor >= CPU_SETSIZE ||
        sched_getaffinity(0, sizeof(*allowed), allowed) != 0 || !CPU_ISSET(processor, allowed))
        return false;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    return sched_setaffinity(0, sizeof(one), &one) == 0;
}

static enum channel_result
receive(int fd, struct message *message, int64_t timeout_ms)
{
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    int wait = timeout_ms < 0 ? -1 : timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
    for (;;) {
        /* Blocking in recv() alone would cost a call less, but has no time limit. */
        if (timeout_ms >= 0) {
            int n = poll(&ready, 1, wait);
            if (n == 0)
                return CHANNEL_TIMEOUT;
            if (n < 0 && errno == EINTR)
                continue;
        }
        ssize_t n = recv(fd, message, sizeof(*message), 0);
        if (n < 0 && errno == EINTR)
            continue;
        return n == sizeof(*message) ? CHANNEL_OK : CHANNEL_CLOSED;
    }
}

enum channel_result
channel_receive(int fd, struct message *message, int64_t timeout_ms, int processor)
{
    cpu_set_t allowed;
    bool is_bound = bind_to(processor, &allowed);
    enum channel_result result = receive(fd, message, timeout_ms);
    if (is_bound)
        sched_setaffinity(0, sizeof(allowed), &allowed);
    return result;
}
