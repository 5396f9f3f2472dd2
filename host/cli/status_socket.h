/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_STATUS_SOCKET_H
#define HOST_CLI_STATUS_SOCKET_H

/*
 * The Unix socket of a running host: whoever connects gets one JSON document, and the end. Its
 * place is $RUNTIME_DIRECTORY/status.sock where systemd sets it, else levada/PID.sock below
 * $XDG_RUNTIME_DIR, or below /run for root.
 */

#include "base/strbuf.h"

#include <stdbool.h>

struct status_socket {
    int fd; /* to poll for reading; -1: there is none */
    char path[108];
};

/*
 * Opens it; @path: where, or NULL. False: it was asked for and cannot be had, which has been told.
 * A place of our own choice that cannot be had is no failure.
 */
bool status_socket_open(struct status_socket *socket, const char *path);
void status_socket_close(struct status_socket *socket);

/* Answers whoever is waiting, with what @write adds to the text. */
void status_socket_serve(struct status_socket *socket,
                         void (*write)(void *user, struct strbuf *out), void *user);

/* The folders where sockets may be, one after another; NULL at the end. False: no memory. */
bool status_socket_folders(char *folders[4]);

#endif
