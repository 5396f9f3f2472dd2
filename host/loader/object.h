/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_LOADER_OBJECT_H
#define HOST_LOADER_OBJECT_H

/* What a shared object brings into the process that loads it, read from its ELF tables. */

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct object {
    char **exports,
        **imports; /* names of functions and data; imports: those that have to be there */
    size_t n_exports, n_imports;
    bool text_relocations, executable_stack;
};

/* LEVADA_CONFIG: it is no ELF shared object, or its tables make no sense. Caller finishes @object.
 */
levada_status object_read(const char *path, struct object *object, struct error *err);
void object_finish(struct object *object);

/*
 * LEVADA_CONFIG, with its name, if an import of @object is neither in the file @path nor in a
 * library that it names, although this process may have it. Loads the file, which stays.
 */
levada_status object_check_imports(const struct object *object, const char *path,
                                   struct error *err);

#endif
