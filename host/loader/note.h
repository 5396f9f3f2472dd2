/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_LOADER_NOTE_H
#define HOST_LOADER_NOTE_H

/*
 * The ELF note of LEVADA_MODULE, read without a library and without running the file. Nothing of
 * the file is trusted: every offset and size is checked, and sizes have limits.
 */

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct note {
    uint32_t major, need;
    char *names; /* n_names ids, one behind the other, each with its NUL; NULL: of another major */
    char *version; /* printable; NULL: of another major */
    size_t n_names;
};

/*
 * Reads the note of the shared object behind @fd. LEVADA_CONFIG: it is no ELF shared object
 * of this machine, has no note, or its note makes no sense. A note of another
 * major is no failure, but only its numbers are known then. Caller finishes @note in every case.
 */
levada_status note_read(int fd, struct note *note, struct error *err);
void note_finish(struct note *note);

#endif
