/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a plugin file: its note is read before anybody trusts it. */
#include "loader/note.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int
file_of(const uint8_t *data, size_t size)
{
    int fd = memfd_create("elf_note", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    return fd;
}

/* What a note promises to those who read it. */
static void
check(const struct note *note)
{
    if (note->major != LEVADA_ABI_MAJOR)
        return;
    const char *name = note->names;
    for (size_t i = 0; i < note->n_names; i++) {
        if (*name == '\0')
            abort();
        name += strlen(name) + 1;
    }
    if (note->n_names == 0 || note->version == NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct note note;
    struct error err = { 0 };
    int fd = file_of(data, size);
    if (note_read(fd, &note, &err) == LEVADA_OK)
        check(&note);
    else if (err.status == LEVADA_OK || err.text[0] == '\0')
        abort();
    note_finish(&note);
    close(fd);
    return 0;
}
