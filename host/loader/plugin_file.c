/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/loader.h"
#include "loader/note.h"
#include "loader/trusted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static levada_status
take_names(const struct note *note, struct plugin_file *file, struct error *err)
{
    file->stages = calloc(note->n_names, sizeof(*file->stages));
    if (file->stages == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    const char *name = note->names;
    for (; file->n_stages < note->n_names; file->n_stages++) {
        char *copy = strdup(name);
        if (copy == NULL)
            return error_set(err, LEVADA_FATAL, "out of memory");
        file->stages[file->n_stages] = copy;
        name += strlen(name) + 1;
    }
    return LEVADA_OK;
}

static levada_status
check_names(const struct plugin_file *file, struct error *err)
{
    for (size_t i = 1; i < file->n_stages; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(file->stages[i], file->stages[j]) == 0)
                return error_set(err, LEVADA_CONFIG, "it offers the stage \"%s\" twice",
                                 file->stages[i]);
        }
    }
    return LEVADA_OK;
}

static levada_status
check_abi(const struct plugin_file *file, struct error *err)
{
    if (file->major != LEVADA_ABI_MAJOR)
        return error_set(err, LEVADA_CONFIG,
                         "built for plugin ABI major %u, this levada has major %u", file->major,
                         LEVADA_ABI_MAJOR);
    if (file->need > LEVADA_ABI_MINOR)
        return error_set(err, LEVADA_CONFIG, "needs plugin ABI %u.%u, this levada has %u.%u",
                         file->major, file->need, LEVADA_ABI_MAJOR, LEVADA_ABI_MINOR);
    return LEVADA_OK;
}

static levada_status
take_note(struct note *note, struct plugin_file *file, struct error *err)
{
    file->major = note->major;
    file->need = note->need;
    file->version = note->version;
    note->version = NULL;
    levada_status status = note->n_names > 0 ? take_names(note, file, err) : LEVADA_OK;
    if (status == LEVADA_OK)
        status = check_names(file, err);
    return status == LEVADA_OK ? check_abi(file, err) : status;
}

static levada_status
read_file(struct plugin_file *file, struct error *err)
{
    int fd = trusted_open(file->path, err);
    if (fd < 0)
        return err->status;
    struct note note;
    levada_status status = note_read(fd, &note, err);
    close(fd);
    if (status == LEVADA_OK)
        status = take_note(&note, file, err);
    note_finish(&note);
    return status;
}

void
plugin_file_read(const char *path, struct plugin_file *file)
{
    *file = (struct plugin_file){ 0 };
    file->path = realpath(path, NULL);
    if (file->path == NULL) {
        error_set(&file->problem, LEVADA_CONFIG, "cannot find it: %s", strerror(errno));
        file->path = strdup(path);
    } else {
        read_file(file, &file->problem);
    }
}

void
plugin_file_finish(struct plugin_file *file)
{
    for (size_t i = 0; i < file->n_stages; i++)
        free(file->stages[i]);
    free(file->stages);
    free(file->version);
    free(file->path);
    *file = (struct plugin_file){ 0 };
}
