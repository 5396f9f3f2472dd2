/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static levada_status
check_file(const struct stat *info, struct error *err)
{
    if (!S_ISREG(info->st_mode))
        return error_set(err, LEVADA_CONFIG, "expected a regular file, found something else");
    if (info->st_uid != 0 && info->st_uid != geteuid())
        return error_set(err, LEVADA_CONFIG,
                         "expected a file owned by root or user %u, found one of user %u",
                         (unsigned)geteuid(), (unsigned)info->st_uid);
    if ((info->st_mode & S_IWOTH) != 0)
        return error_set(err, LEVADA_CONFIG, "everyone may write to it (mode %04o); chmod o-w it",
                         (unsigned)info->st_mode & 07777u);
    if (geteuid() == 0 && info->st_gid != 0 && (info->st_mode & S_IWGRP) != 0)
        return error_set(err, LEVADA_CONFIG,
                         "group %u may write to it (mode %04o), and this is root; chmod g-w it",
                         (unsigned)info->st_gid, (unsigned)info->st_mode & 07777u);
    return LEVADA_OK;
}

/* Who can rename entries of a folder above can put another file in this one's place. */
static levada_status
check_folders(const char *path, struct error *err)
{
    char folder[PATH_MAX];
    size_t n = strlen(path);
    if (path[0] != '/' || n >= sizeof(folder))
        return error_set(err, LEVADA_CONFIG, "expected a real path");
    memcpy(folder, path, n + 1);

    for (char *slash; (slash = strrchr(folder, '/')) != NULL && folder[1] != '\0';) {
        slash[slash == folder] = '\0'; /* the root keeps its slash */
        struct stat info;
        if (stat(folder, &info) != 0)
            return error_set(err, LEVADA_CONFIG, "cannot look at %s: %s", folder, strerror(errno));
        if ((info.st_mode & S_IWOTH) != 0 && (info.st_mode & S_ISVTX) == 0)
            return error_set(err, LEVADA_CONFIG,
                             "everyone may write to its folder %s (mode %04o); chmod o-w it",
                             folder, (unsigned)info.st_mode & 07777u);
    }
    return LEVADA_OK;
}

int
trusted_open(const char *path, struct error *err)
{
    /* O_NONBLOCK: a pipe that lies about its name must not hold us up. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        error_set(err, LEVADA_CONFIG, "cannot open it: %s", strerror(errno));
        return -1;
    }
    struct stat info;
    levada_status status =
        fstat(fd, &info) == 0
            ? check_file(&info, err)
            : error_set(err, LEVADA_CONFIG, "cannot look at it: %s", strerror(errno));
    if (status == LEVADA_OK)
        status = check_folders(path, err);
    if (status != LEVADA_OK) {
        close(fd);
        return -1;
    }
    return fd;
}
