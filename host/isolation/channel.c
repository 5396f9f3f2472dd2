/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/channel.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>

bool
channel_send(int fd, const struct message *message)
{
    ssize_t n;
    do
        n = send(fd, message, sizeof(*message), MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n == sizeof(*message);
}

enum channel_result
channel_receive(int fd, struct message *message, int64_t timeout_ms)
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
