/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_LOADER_LOADER_H
#define HOST_LOADER_LOADER_H

/*
 * From shared objects to checked stages. Listing reads ELF notes and runs nobody's code; opening
 * follows docs/plugin-abi.md, "Loading". Modules are never unloaded.
 */

#include "base/error.h"

#include <levada/plugin.h>
#include <stddef.h>

/* What a file says of itself in its note. */
struct plugin_file {
    char *path;           /* real path */
    uint32_t major, need; /* the ABI it was built for */
    char *version;
    char **stages; /* ids */
    size_t n_stages;
    struct error problem; /* status LEVADA_OK, or why the file cannot be used, without its path */
};

struct loader;

/*
 * @folders: searched in this order; a missing one is no error. @host: the table that modules get.
 * @option_check: how rows are judged (config/ knows; peers never meet, so pipeline/ hands it over).
 */
struct loader_setup {
    const char *const *folders;
    size_t n_folders;
    const struct levada_host *host;
    levada_status (*option_check)(const struct levada_stage *stage, struct error *err);
};

/*
 * Reads the folders. NULL: one cannot be read, or out of memory. A file that is no plugin is no
 * error before somebody asks for a stage of it. @setup may go afterwards.
 */
struct loader *loader_create(const struct loader_setup *setup, struct error *err);

/* NULL is allowed. The code of modules stays; what loader_open gave goes. */
void loader_destroy(struct loader *loader);

/* Every *.so of the folders, read but not run; sorted by path. Borrowed from the loader. */
const struct plugin_file *loader_files(const struct loader *loader, size_t *n);

/* A stage that can be instantiated. Lives as long as the loader. */
struct plugin {
    const struct levada_stage *stage;   /* a whole, zero-filled copy of the host's own size */
    const struct levada_module *module; /* its own; only what minor 0 had is sure to be there */
    const char *path, *version, *license;
};

/*
 * Opens the module that offers stage @id, unless it is open. LEVADA_CONFIG: no such stage
 * (*suggestion, if asked for, is the nearest name or NULL), two files that offer it, an ABI that
 * does not fit, a file that is no plugin; LEVADA_FATAL: the entry function fails or lies. Every
 * refusal names the file, what was expected and what was found.
 */
levada_status loader_open(struct loader *loader, const char *id, const struct plugin **plugin,
                          const char **suggestion, struct error *err);

/*
 * Reads the note of one file; the problem, if any, is in the result. Its ids may be known even so:
 * what a file for a newer host offers. @file->path is NULL when out of memory. Caller finishes it.
 */
void plugin_file_read(const char *path, struct plugin_file *file);
void plugin_file_finish(struct plugin_file *file);

#endif
