/* SPDX-License-Identifier: Apache-2.0 */
#include "log/journal.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    LARGEST_ENTRY = 16 * 1024,
};

int
journal_open(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(address.sun_path))
        return -1;
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

struct datagram {
    char text[LARGEST_ENTRY];
    size_t n;
};

/* NAME=VALUE and a newline; a value is one line, and what does not fit is left out. */
static void
add_field(struct datagram *datagram, const char *name, const char *value)
{
    size_t room = sizeof(datagram->text) - datagram->n;
    if (value == NULL || strchr(value, '\n') != NULL)
        return;
    int n = snprintf(datagram->text + datagram->n, room, "%s=%s\n", name, value);
    if (n > 0 && (size_t)n < room)
        datagram->n += (size_t)n;
}

bool
journal_send(int fd, const struct journal_entry *entry)
{
    struct datagram datagram;
    char priority[16];
    snprintf(priority, sizeof(priority), "%d", entry->priority);
    datagram.n = 0;
    add_field(&datagram, "MESSAGE", entry->message);
    add_field(&datagram, "PRIORITY", priority);
    add_field(&datagram, "SYSLOG_IDENTIFIER", "levada");
    add_field(&datagram, "LEVADA_EVENT", entry->event);
    if (entry->logger != NULL) {
        add_field(&datagram, "LEVADA_PIPELINE", entry->logger->pipeline);
        add_field(&datagram, "LEVADA_STAGE", entry->logger->stage);
    }
    return send(fd, datagram.text, datagram.n, MSG_NOSIGNAL) == (ssize_t)datagram.n;
}
