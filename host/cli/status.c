/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/status.h"

#include "cli/output.h"
#include "cli/status_socket.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#define PATIENCE_S 5

/* ---- asking one host ---- */

static int
connect_to(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const struct timeval most = { .tv_sec = PATIENCE_S };
    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most)); /* of connect() */
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* NULL: nobody answers there, errno says why. */
static json_t *
ask(const char *path)
{
    char piece[8192];
    struct strbuf text = { 0 };
    ssize_t n;
    int fd = connect_to(path);
    if (fd < 0)
        return NULL;
    while ((n = recv(fd, piece, sizeof(piece), 0)) > 0)
        strbuf_add(&text, piece, (size_t)n);
    close(fd);
    json_t *document = n == 0 ? json_loadb(strbuf_text(&text), text.n, 0, NULL) : NULL;
    if (document == NULL && n == 0)
        errno = EPROTO;
    strbuf_finish(&text);
    return document;
}

static bool
ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static void
add_host(json_t *hosts, const char *path)
{
    json_t *document = ask(path);
    if (document != NULL)
        json_array_append_new(hosts, document);
}

/* Sockets in the folder, and those of services, which have a folder each in it. */
static void
add_folder(json_t *hosts, const char *folder)
{
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        bool is_socket = ends_with(entry->d_name, ".sock");
        int n = entry->d_name[0] == '.' ? 0
                : is_socket
                    ? snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name)
                    : snprintf(path, sizeof(path), "%s/%s/status.sock", folder, entry->d_name);
        if (n > 0 && (size_t)n < sizeof(path))
            add_host(hosts, path);
    }
    if (dir != NULL)
        closedir(dir);
}

static bool
find_hosts(json_t *hosts)
{
    char *folders[4];
    bool fine = status_socket_folders(folders);
    for (int i = 0; fine && folders[i] != NULL; i++)
        add_folder(hosts, folders[i]);
    for (int i = 0; i < 4; i++)
        free(folders[i]);
    return fine;
}

/* ---- for people ---- */

static int64_t
number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static const char *
text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value != NULL ? value : "?";
}

static void
print_stage(const json_t *stage)
{
    const char *name;
    json_t *value;
    printf("  %-20s %-20s %12" PRId64 " in %12" PRId64 " out", text(stage, "name"),
           text(stage, "plugin"), number(stage, "recordsIn"), number(stage, "recordsOut"));
    static const char *const told[] = { "late", "bad", "deadLettered", "retries", "rollbacks" };
    for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
        if (number(stage, told[i]) > 0)
            printf("  %s %" PRId64, told[i], number(stage, told[i]));
    }
    json_object_foreach(json_object_get(stage, "metrics"), name, value)
    {
        if (json_integer_value(value) > 0)
            printf("  %s %" PRId64, name, (int64_t)json_integer_value(value));
    }
    putchar('\n');
}

static void
print_pipeline(const json_t *host, const json_t *pipeline)
{
    size_t index;
    json_t *item;
    int64_t lag = 0;
    const json_t *partitions = json_object_get(pipeline, "partitions");
    const json_t *restore = json_object_get(pipeline, "restore");
    json_array_foreach(partitions, index, item) lag += number(item, "lag");
    printf("%s  %s  pid %" PRId64 "  up %" PRId64 " s  %" PRId64
           " batches  %zu partitions  lag %" PRId64 "\n",
           text(pipeline, "identity"), text(pipeline, "state"), number(host, "pid"),
           number(pipeline, "uptimeMs") / 1000, number(pipeline, "batches"),
           json_array_size(partitions), lag);
    if (json_is_object(restore))
        printf("  restoring partition %" PRId64 ": %" PRId64 " entries read, about %" PRId64
               " left\n",
               number(restore, "partition"), number(restore, "read"), number(restore, "left"));
    json_array_foreach(json_object_get(pipeline, "stages"), index, item) print_stage(item);
}

/* ---- the verb ---- */

static bool
all_run(const json_t *hosts)
{
    size_t h, p;
    json_t *host, *pipeline;
    json_array_foreach(hosts, h, host)
    {
        json_array_foreach(json_object_get(host, "pipelines"), p, pipeline)
        {
            if (strcmp(text(pipeline, "state"), "RUNNING") != 0)
                return false;
        }
    }
    return true;
}

static void
print_all(const json_t *hosts)
{
    size_t h, p;
    json_t *host, *pipeline;
    json_array_foreach(hosts, h, host)
    {
        json_array_foreach(json_object_get(host, "pipelines"), p, pipeline)
            print_pipeline(host, pipeline);
    }
}

int
status_print(const char *socket, bool json)
{
    json_t *hosts = json_array();
    int code = 0;
    if (socket != NULL)
        add_host(hosts, socket);
    else if (!find_hosts(hosts))
        code = EX_SOFTWARE;
    if (code == 0 && json_array_size(hosts) == 0) {
        fprintf(stderr, "levada: %s%s%s\n", socket != NULL ? socket : "no host runs here",
                socket != NULL ? ": no host answers: " : "", socket != NULL ? strerror(errno) : "");
        code = EX_UNAVAILABLE;
    } else if (code == 0) {
        code = all_run(hosts) ? 0 : EX_TEMPFAIL;
        if (json) {
            json_dumpf(hosts, stdout, JSON_INDENT(2));
            putchar('\n');
        } else {
            print_all(hosts);
        }
    }
    json_decref(hosts);
    return output_finish(code);
}
