/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/module.h"
#include "base/fault.h"
#include "loader/descriptor.h"
#include "loader/trusted.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTRY "levada_module_v1"

/*
 * By its real path, not through /proc/self/fd: the dynamic linker looks a library up by name first,
 * so a number that is used again would give the library that had it before.
 */
static levada_module_v1_fn *
load(const char *path, struct error *err)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == NULL) {
        error_set(err, LEVADA_CONFIG, "cannot load it: %s", dlerror());
        return NULL;
    }
    void *symbol = dlsym(library, ENTRY);
    if (symbol == NULL)
        error_set(err, LEVADA_FATAL, "expected the function " ENTRY ", found none");
    levada_module_v1_fn *entry;
    memcpy(&entry, &symbol, sizeof(entry)); /* ISO C has no cast from object to function */
    return entry;
}

static levada_status
check_stage(const struct levada_stage *theirs, const char *id, const struct loader_setup *setup,
            struct levada_stage *ours, struct error *err)
{
    if (theirs == NULL)
        return error_set(err, LEVADA_FATAL, "expected a descriptor, found none");
    levada_status status = descriptor_copy_stage(theirs, ours, err);
    if (status == LEVADA_OK)
        status = descriptor_check_stage(ours, id, err);
    if (status == LEVADA_OK)
        status = setup->option_check(ours, err);
    return status;
}

static levada_status
take_stages(const struct levada_module *theirs, const struct plugin_file *file,
            const struct loader_setup *setup, struct module *module, struct error *err)
{
    module->plugins = calloc(file->n_stages, sizeof(*module->plugins));
    module->stages = calloc(file->n_stages, sizeof(*module->stages));
    if (module->plugins == NULL || module->stages == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");

    for (size_t i = 0; i < file->n_stages; i++) {
        struct levada_stage *stage = &module->stages[i];
        const char *id = file->stages[i];
        if (check_stage(theirs->stages[i], id, setup, stage, err) != LEVADA_OK)
            return error_in(err, "stage \"%s\"", id);
        module->plugins[i] = (struct plugin){
            .stage = stage,
            .module = theirs,
            .path = file->path,
            .version = theirs->version,
            .license = theirs->license,
        };
    }
    return LEVADA_OK;
}

static levada_status
open_module(const struct plugin_file *file, const struct loader_setup *setup, struct module *module,
            struct error *err)
{
    /* The folder was read some time ago; who may write to the file can have changed. */
    int fd = trusted_open(file->path, err);
    if (fd < 0)
        return LEVADA_CONFIG;
    close(fd);

    const struct fault_place place = { .file = file->path, .callback = "loading" };
    fault_enter(&place);
    levada_module_v1_fn *entry = load(file->path, err);
    const struct levada_module *theirs = entry != NULL ? entry(setup->host) : NULL;
    fault_leave();
    if (entry == NULL)
        return err->status;
    if (theirs == NULL)
        return error_set(err, LEVADA_FATAL,
                         "its function " ENTRY " refuses to work with this levada");
    levada_status status = descriptor_check_module(theirs, file, err);
    return status == LEVADA_OK ? take_stages(theirs, file, setup, module, err) : status;
}

levada_status
module_open(const struct plugin_file *file, const struct loader_setup *setup, struct module *module,
            struct error *err)
{
    *module = (struct module){ 0 };
    levada_status status = open_module(file, setup, module, err);
    return status == LEVADA_OK ? LEVADA_OK : error_in(err, "%s", file->path);
}

void
module_close(struct module *module)
{
    free(module->plugins);
    free(module->stages);
    *module = (struct module){ 0 };
}
