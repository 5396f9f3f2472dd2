/* SPDX-License-Identifier: Apache-2.0 */
#include "config/reader.h"

#include "base/arena.h"
#include "config/text_file.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

/* A file that is being read; it stands on the stack of those that included it. */
struct reader_file {
    struct reader_file *includer;
    const char *name;   /* for messages: as the user named it */
    const char *real;   /* NULL: no file */
    const char *folder; /* absolute */
    unsigned depth;
    struct lexer lexer;
};

void
reader_start(struct reader *reader, struct arena *arena, struct problems *problems)
{
    *reader = (struct reader){ .arena = arena, .problems = problems };
    syntax_start(&reader->syntax, arena, problems);
}

void
reader_finish(struct reader *reader)
{
    syntax_finish(&reader->syntax);
}

#define complain(reader, place, ...)                                                               \
    problems_add((reader)->problems, place, SEVERITY_ERROR, NULL, NULL, NULL, __VA_ARGS__)

static char *
copy(struct reader *reader, const char *text)
{
    return arena_copy(reader->arena, text, strlen(text));
}

/* The part of @path before its last slash; "/" and "." where that would be empty. */
static char *
folder_of(struct reader *reader, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return copy(reader, ".");
    return arena_copy(reader->arena, path, slash == path ? 1 : (size_t)(slash - path));
}

static char *
joined(struct reader *reader, const char *folder, const char *path)
{
    if (path[0] == '/' || strcmp(folder, ".") == 0)
        return copy(reader, path);
    size_t n = strlen(folder), m = strlen(path);
    char *text = arena_bytes(reader->arena, n + m + 2);
    if (text == NULL)
        return NULL;
    memcpy(text, folder, n);
    text[n] = '/';
    memcpy(text + n + 1, path, m + 1);
    return text;
}

static char *
real_path(struct reader *reader, const char *path)
{
    char *real = realpath(path, NULL);
    char *text = real == NULL ? NULL : copy(reader, real);
    free(real);
    return text;
}

static bool
is_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    if (strcmp(folder, "/") == 0)
        return true;
    return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool
is_pattern(const char *path)
{
    return strpbrk(path, "*?[") != NULL;
}

static bool take_tokens(struct reader *reader, struct reader_file *file);

/* ---- includes ---- */

static bool
is_being_read(const struct reader *reader, const char *real)
{
    for (const struct reader_file *file = reader->innermost; file != NULL; file = file->includer) {
        if (file->real != NULL && strcmp(file->real, real) == 0)
            return true;
    }
    return false;
}

/* Opens, checks the sizes, and goes through the tokens of one file. @at: where it is named. */
static bool
read_file(struct reader *reader, struct place at, const char *path, const char *real)
{
    struct text_file text;
    struct error err;
    levada_status status = text_file_read(&text, real, READER_MOST_BYTES, reader->arena, &err);
    /* The pipeline file itself is the place already. */
    if (status != LEVADA_OK && reader->innermost != NULL)
        error_in(&err, "\"%s\"", path);
    if (status == LEVADA_NO_INPUT) {
        problems_add_missing(reader->problems, at, NULL, NULL, "%s", err.text);
        return false;
    }
    if (status != LEVADA_OK) {
        complain(reader, at, "%s", err.text);
        return false;
    }
    reader->bytes += text.n;
    if (reader->bytes > READER_MOST_BYTES) {
        complain(reader, at, "more than 1 MiB with all that is included");
        return false;
    }

    /* The folder that the path names, not the one that a link leads to. */
    const char *folder = folder_of(reader, path);
    struct reader_file file = { .includer = reader->innermost,
                                .name = copy(reader, path),
                                .real = real,
                                .folder = folder == NULL ? NULL : real_path(reader, folder) };
    if (file.name == NULL || file.folder == NULL)
        return false;
    file.depth = file.includer == NULL ? 0 : file.includer->depth + 1;
    lexer_start(&file.lexer, text.text, file.name, reader->arena, reader->problems);
    return take_tokens(reader, &file);
}

static bool
include_file(struct reader *reader, struct place at, const char *path)
{
    const char *real = real_path(reader, path);
    if (real == NULL) {
        problems_add_missing(reader->problems, at, NULL, NULL, "\"%s\" does not exist", path);
        return false;
    }
    if (!is_below(real, reader->root)) {
        complain(reader, at, "\"%s\" is outside of the folder of the pipeline file", path);
        return false;
    }
    if (is_being_read(reader, real)) {
        complain(reader, at, "\"%s\" includes itself", path);
        return false;
    }
    if (reader->innermost->depth == READER_DEEPEST) {
        complain(reader, at, "more than %d files include each other", READER_DEEPEST);
        return false;
    }
    return read_file(reader, at, path, real);
}

/*
 * A pattern is expanded only where it cannot leave the folder: what stands before its first special
 * character is a folder inside, and nothing behind it climbs.
 */
static bool
check_pattern(struct reader *reader, struct place at, const char *folder, const char *pattern)
{
    size_t fixed = strcspn(pattern, "*?[");
    while (fixed > 0 && pattern[fixed - 1] != '/')
        fixed--;
    const char *prefix = arena_copy(reader->arena, pattern, fixed);
    const char *path = prefix == NULL ? NULL : joined(reader, folder, prefix);
    if (path == NULL)
        return false;
    const char *real = real_path(reader, *path == '\0' ? "." : path);
    if ((real == NULL || is_below(real, reader->root)) && strstr(pattern + fixed, "..") == NULL)
        return true;
    complain(reader, at, "\"%s\" is outside of the folder of the pipeline file", pattern);
    return false;
}

/* @folder as a pattern that matches nothing else. */
static const char *
escaped(struct reader *reader, const char *folder)
{
    char *text = arena_bytes(reader->arena, 2 * strlen(folder) + 1), *to = text;
    if (text == NULL)
        return NULL;
    for (const char *p = folder; *p != '\0'; p++) {
        if (strchr("*?[\\", *p) != NULL)
            *to++ = '\\';
        *to++ = *p;
    }
    *to = '\0';
    return text;
}

static bool
include_pattern(struct reader *reader, struct place at, const char *folder, const char *pattern)
{
    if (!check_pattern(reader, at, folder, pattern))
        return false;
    const char *exact = escaped(reader, folder);
    const char *path = exact == NULL ? NULL : joined(reader, exact, pattern);
    if (path == NULL)
        return false;
    glob_t found;
    int result = glob(path, 0, NULL, &found);
    if (result == GLOB_NOMATCH)
        return true;
    if (result != 0) {
        complain(reader, at, "\"%s\" cannot be expanded", pattern);
        return false;
    }
    bool read = true;
    for (size_t i = 0; read && i < found.gl_pathc; i++)
        read = include_file(reader, at, found.gl_pathv[i]);
    globfree(&found);
    return read;
}

static bool
take_include(struct reader *reader, struct reader_file *file, struct place at)
{
    struct token name;
    if (reader->root == NULL) {
        complain(reader, at, "@include is not allowed here");
        return false;
    }
    if (!lexer_next(&file->lexer, &name))
        return false;
    if (name.kind != TOKEN_STRING || name.n == 0) {
        complain(reader, at, "@include needs the path of a file in quotes");
        return false;
    }
    const char *folder = folder_of(reader, file->name);
    if (folder == NULL)
        return false;
    if (is_pattern(name.text))
        return include_pattern(reader, name.at, folder, name.text);
    const char *path = joined(reader, folder, name.text);
    return path != NULL && include_file(reader, name.at, path);
}

/* ---- tokens ---- */

static bool
take_token(struct reader *reader, struct reader_file *file, const struct token *token)
{
    if (token->kind == TOKEN_INCLUDE)
        return take_include(reader, file, token->at);
    reader->syntax.folder = file->folder;
    return syntax_take(&reader->syntax, token);
}

/* All tokens of @file; the end of an included file is no end. */
static bool
take_tokens(struct reader *reader, struct reader_file *file)
{
    reader->innermost = file;
    for (;;) {
        struct token token;
        if (!lexer_next(&file->lexer, &token))
            return false;
        if (token.kind == TOKEN_END && file->includer != NULL)
            break;
        if (!take_token(reader, file, &token))
            return false;
        if (token.kind == TOKEN_END)
            break;
    }
    reader->innermost = file->includer;
    return true;
}

bool
reader_read_file(struct reader *reader, const char *path)
{
    struct place at = { .file = path };
    const char *real = real_path(reader, path);
    /* What does not exist is refused where it is opened, with the reason. */
    if (real == NULL)
        return read_file(reader, at, path, path);
    const char *folder = folder_of(reader, path);
    reader->root = folder == NULL ? NULL : real_path(reader, folder);
    return reader->root != NULL && read_file(reader, at, path, real);
}

bool
reader_read_text(struct reader *reader, const char *name, const char *text, const char *folder)
{
    struct reader_file file = { .name = copy(reader, name), .folder = copy(reader, folder) };
    if (strlen(text) > READER_MOST_BYTES) {
        complain(reader, (struct place){ .file = name }, "is larger than 1 MiB");
        return false;
    }
    char *own = copy(reader, text);
    if (file.name == NULL || file.folder == NULL || own == NULL)
        return false;
    lexer_start(&file.lexer, own, file.name, reader->arena, reader->problems);
    return take_tokens(reader, &file);
}
