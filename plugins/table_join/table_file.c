/* SPDX-License-Identifier: Apache-2.0 */
#include "table_file.h"

#include "csv.h"
#include "json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char *
ending_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && strchr(dot, '/') == NULL ? dot + 1 : "";
}

static bool
is_json(const char *name, const char *text, size_t n)
{
    static const char *const endings[] = { "json", "jsonl", "ndjson" };
    const char *ending = ending_of(name);
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
        if (strcasecmp(ending, endings[i]) == 0)
            return true;
    if (strcasecmp(ending, "csv") == 0)
        return false;
    size_t blank = 0;
    while (blank < n && strchr(" \t\r\n", text[blank]) != NULL)
        blank++;
    return blank < n && (text[blank] == '[' || text[blank] == '{');
}

bool
table_text_read(const char *name, char *text, size_t n, const struct table_reader *reader,
                struct complaint *complaint)
{
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
        text += 3;
        n -= 3;
    }
    if (is_json(name, text, n))
        return json_read(text, n, reader, complaint);
    return csv_read(text, n, reader, complaint);
}

static bool
read_all(int file, char *text, size_t n)
{
    for (size_t got = 0; got < n;) {
        ssize_t more = read(file, text + got, n - got);
        if (more < 0 && errno == EINTR)
            continue;
        if (more == 0)
            errno = EIO; /* it has shrunk since it was opened */
        if (more <= 0)
            return false;
        got += (size_t)more;
    }
    return true;
}

static bool
read_opened(int file, const char *path, const struct table_reader *reader, struct stat *seen,
            struct complaint *complaint)
{
    if (fstat(file, seen) != 0)
        return complain(complaint, "cannot read %s: %s", path, strerror(errno));
    if (!S_ISREG(seen->st_mode))
        return complain(complaint, "%s is no regular file", path);
    if (seen->st_size > TABLE_FILE_MAX_BYTES)
        return complain(complaint, "%s is larger than %u MiB", path, TABLE_FILE_MAX_BYTES >> 20);

    size_t n = (size_t)seen->st_size;
    char *text = malloc(n + 1);
    if (text == NULL)
        return complain(complaint, "out of memory");
    bool done;
    if (read_all(file, text, n))
        done = table_text_read(path, text, n, reader, complaint);
    else
        done = complain(complaint, "cannot read %s: %s", path, strerror(errno));
    free(text);
    return done;
}

bool
table_file_read(const char *path, const struct table_reader *reader, struct stat *seen,
                struct complaint *complaint)
{
    struct stat opened;
    if (seen == NULL)
        seen = &opened;
    /* O_NONBLOCK: a FIFO is refused, not waited for. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        memset(seen, 0, sizeof(*seen));
        return complain(complaint, "cannot read %s: %s", path, strerror(errno));
    }
    bool done = read_opened(file, path, reader, seen, complaint);
    close(file);
    return done;
}

bool
table_file_is_same(const char *path, const struct stat *seen)
{
    struct stat now;
    if (stat(path, &now) != 0)
        memset(&now, 0, sizeof(now));
    return now.st_dev == seen->st_dev && now.st_ino == seen->st_ino &&
           now.st_size == seen->st_size && now.st_mtim.tv_sec == seen->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == seen->st_mtim.tv_nsec;
}
