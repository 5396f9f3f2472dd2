/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/template.h"

#include "base/strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct copying {
    const struct template_word *words;
    size_t n_words;
    struct error *err;
};

static const struct template_word *
word_at(const struct copying *copying, const char *text)
{
    for (size_t w = 0; w < copying->n_words; w++) {
        size_t n = strlen(copying->words[w].name);
        if (strncmp(text + 1, copying->words[w].name, n) == 0 && text[1 + n] == '@')
            return &copying->words[w];
    }
    return NULL;
}

static void
replace_words(const struct copying *copying, const char *text, struct strbuf *out)
{
    while (*text != '\0') {
        const struct template_word *word = *text == '@' ? word_at(copying, text) : NULL;
        if (word == NULL) {
            strbuf_char(out, *text++);
            continue;
        }
        strbuf_str(out, word->value);
        text += strlen(word->name) + 2;
    }
}

static levada_status
read_all(const char *path, struct strbuf *text, mode_t *mode, struct error *err)
{
    struct stat info;
    char part[4096];
    FILE *file = fopen(path, "re");
    if (file == NULL || fstat(fileno(file), &info) != 0) {
        if (file != NULL)
            fclose(file);
        return error_set(err, LEVADA_NO_INPUT, "cannot read %s: %s", path, strerror(errno));
    }
    for (size_t n; (n = fread(part, 1, sizeof(part), file)) > 0;)
        strbuf_add(text, part, n);
    bool failed = ferror(file) != 0 || strbuf_failed(text);
    fclose(file);
    *mode = info.st_mode;
    return failed ? error_set(err, LEVADA_IO, "cannot read %s", path) : LEVADA_OK;
}

static levada_status
write_all(const char *path, const struct strbuf *text, mode_t mode, struct error *err)
{
    mode_t access = (mode & S_IXUSR) != 0 ? 0777 : 0666; /* less the umask */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, access);
    if (fd < 0)
        return error_set(err, LEVADA_NO_OUTPUT, "cannot create %s: %s", path, strerror(errno));
    bool written = write(fd, strbuf_text(text), text->n) == (ssize_t)text->n;
    if (close(fd) != 0 || !written)
        return error_set(err, LEVADA_IO, "cannot write %s: %s", path, strerror(errno));
    return LEVADA_OK;
}

static levada_status
copy_file(const struct copying *copying, const char *from, const char *to)
{
    struct strbuf text = { 0 }, out = { 0 };
    mode_t mode = 0;
    levada_status status = read_all(from, &text, &mode, copying->err);
    if (status == LEVADA_OK) {
        replace_words(copying, strbuf_text(&text), &out);
        status = strbuf_failed(&out) ? error_set(copying->err, LEVADA_FATAL, "out of memory")
                                     : write_all(to, &out, mode, copying->err);
    }
    strbuf_finish(&text);
    strbuf_finish(&out);
    return status;
}

/* A package may not hold a file that git would read. */
static const char *
target_name(const char *name)
{
    return strcmp(name, "gitignore") == 0 ? ".gitignore" : name;
}

static levada_status copy_folder(const struct copying *copying, const char *from, const char *to);

static levada_status
copy_entry(const struct copying *copying, const char *from, const char *to, const char *name)
{
    char source[PATH_MAX], target[PATH_MAX];
    struct stat info;
    if (snprintf(source, sizeof(source), "%s/%s", from, name) >= PATH_MAX ||
        snprintf(target, sizeof(target), "%s/%s", to, target_name(name)) >= PATH_MAX)
        return error_set(copying->err, LEVADA_NO_OUTPUT, "%s/%s: too long for a path", to, name);
    if (stat(source, &info) != 0)
        return error_set(copying->err, LEVADA_NO_INPUT, "cannot read %s: %s", source,
                         strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return copy_file(copying, source, target);
    if (mkdir(target, 0777) != 0 && errno != EEXIST)
        return error_set(copying->err, LEVADA_NO_OUTPUT, "cannot create %s: %s", target,
                         strerror(errno));
    return copy_folder(copying, source, target);
}

static levada_status
copy_folder(const struct copying *copying, const char *from, const char *to)
{
    levada_status status = LEVADA_OK;
    DIR *folder = opendir(from);
    if (folder == NULL)
        return error_set(copying->err, LEVADA_NO_INPUT, "cannot read %s: %s", from,
                         strerror(errno));
    for (struct dirent *entry; status == LEVADA_OK && (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = copy_entry(copying, from, to, entry->d_name);
    }
    closedir(folder);
    return status;
}

levada_status
template_copy(const char *from, const char *to, const struct template_word *words, size_t n_words,
              struct error *err)
{
    const struct copying copying = { words, n_words, err };
    return copy_folder(&copying, from, to);
}
