/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/status_socket.h"

#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define RUN_FOLDER "/run/levada"
#define AT_ONCE 16 /* who may wait */

bool
status_socket_folders(char *folders[4])
{
    const char *session = getenv("XDG_RUNTIME_DIR"), *own = getenv("RUNTIME_DIRECTORY");
    int n = 0;
    bool fine = true;
    memset(folders, 0, 4 * sizeof(*folders));
    if (own != NULL && *own == '/')
        fine = (folders[n++] = strndup(own, strcspn(own, ":"))) != NULL;
    if (fine && session != NULL && *session == '/')
        fine = asprintf(&folders[n++], "%s/levada", session) >= 0;
    if (fine)
        fine = (folders[n++] = strdup(RUN_FOLDER)) != NULL;
    return fine;
}

/* The first place that we may use. */
static bool
choose_path(char *path, size_t n)
{
    char *folders[4];
    const char *own = getenv("RUNTIME_DIRECTORY");
    bool chosen = false;
    if (status_socket_folders(folders)) {
        for (int i = 0; folders[i] != NULL && !chosen; i++) {
            bool is_own = own != NULL && *own == '/' && i == 0;
            if (!is_own && mkdir(folders[i], 0750) != 0 && errno != EEXIST)
                continue;
            if (access(folders[i], W_OK) != 0)
                continue;
            int length = is_own ? snprintf(path, n, "%s/status.sock", folders[i])
                                : snprintf(path, n, "%s/%d.sock", folders[i], (int)getpid());
            chosen = length > 0 && (size_t)length < n;
        }
    }
    for (int i = 0; i < 4; i++)
        free(folders[i]);
    return chosen;
}

/* A socket that a host left behind when it was killed gives way; one that answers does not. */
static bool
is_abandoned(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool refused = fd >= 0 &&
                   connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
                   errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return refused;
}

static int
listen_at(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    bool bound = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    if (!bound && errno == EADDRINUSE && is_abandoned(&address)) {
        unlink(path);
        bound = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    }
    if (bound && chmod(path, 0660) == 0 && listen(fd, AT_ONCE) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

bool
status_socket_open(struct status_socket *socket, const char *path)
{
    *socket = (struct status_socket){ .fd = -1 };
    bool asked = path != NULL;
    if (asked)
        snprintf(socket->path, sizeof(socket->path), "%s", path);
    else if (!choose_path(socket->path, sizeof(socket->path)))
        return true;
    socket->fd = listen_at(asked ? path : socket->path);
    if (socket->fd >= 0)
        return true;
    if (asked)
        fprintf(stderr, "levada: --status: cannot listen at %s: %s\n", path, strerror(errno));
    else
        log_debug(NULL, "no status socket", "path=%s reason=\"%s\"", socket->path, strerror(errno));
    return !asked;
}

void
status_socket_close(struct status_socket *socket)
{
    if (socket->fd < 0)
        return;
    unlink(socket->path);
    close(socket->fd);
    socket->fd = -1;
}

/* As much as the reader takes within a second for each piece. */
static void
send_all(int fd, const char *text, size_t n)
{
    const struct timeval most = { .tv_sec = 1 };
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
    while (n > 0) {
        ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
        if (sent < 0) {
            log_debug(NULL, "a reader of the status did not take it", "reason=\"%s\"",
                      strerror(errno));
            return;
        }
        text += sent;
        n -= (size_t)sent;
    }
}

void
status_socket_serve(struct status_socket *socket, void (*write)(void *user, struct strbuf *out),
                    void *user)
{
    int fd;
    while ((fd = accept4(socket->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        struct strbuf text = { 0 };
        write(user, &text);
        if (!strbuf_failed(&text))
            send_all(fd, text.text, text.n);
        strbuf_finish(&text);
        close(fd);
    }
}
