/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/loader.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "loader/module.h"
#include "loader/scan.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct loader {
    struct loader_setup setup; /* without its folders, which are the caller's */
    char *searched;            /* the folders, for messages */
    struct scan scan;
    struct module *modules; /* one for each file; opened when a stage is asked for */
};

/* NULL: out of memory. */
static char *
folder_list(const struct loader_setup *setup)
{
    struct strbuf text = { 0 };
    for (size_t i = 0; i < setup->n_folders; i++)
        strbuf_printf(&text, "%s%s%s", i > 0 ? ", " : "", setup->folders[i],
                      access(setup->folders[i], F_OK) == 0 ? "" : " (which is not there)");
    if (setup->n_folders == 0)
        strbuf_str(&text, "no folder");
    return strbuf_take(&text);
}

struct loader *
loader_create(const struct loader_setup *setup, struct error *err)
{
    struct loader *loader = calloc(1, sizeof(*loader));
    if (loader == NULL) {
        error_set(err, LEVADA_FATAL, "out of memory");
        return NULL;
    }
    loader->setup = *setup;
    loader->setup.folders = NULL;
    loader->setup.n_folders = 0;
    if (scan_folders(setup->folders, setup->n_folders, &loader->scan, err) != LEVADA_OK)
        goto failed;
    loader->searched = folder_list(setup);
    loader->modules = calloc(loader->scan.n + 1, sizeof(*loader->modules));
    if (loader->searched == NULL || loader->modules == NULL) {
        error_set(err, LEVADA_FATAL, "out of memory");
        goto failed;
    }
    return loader;

failed:
    loader_destroy(loader);
    return NULL;
}

void
loader_destroy(struct loader *loader)
{
    if (loader == NULL)
        return;
    for (size_t i = 0; loader->modules != NULL && i < loader->scan.n; i++)
        module_close(&loader->modules[i]);
    free(loader->modules);
    free(loader->searched);
    scan_finish(&loader->scan);
    free(loader);
}

const struct plugin_file *
loader_files(const struct loader *loader, size_t *n)
{
    *n = loader->scan.n;
    return loader->scan.files;
}

/* One stage of one file. */
struct offer {
    size_t file, stage;
};

/* Finds up to two files that offer @id; returns how many. */
static size_t
find_offers(const struct scan *scan, const char *id, struct offer offers[2])
{
    size_t n = 0;
    for (size_t i = 0; i < scan->n; i++) {
        for (size_t j = 0; j < scan->files[i].n_stages; j++) {
            if (strcmp(scan->files[i].stages[j], id) != 0)
                continue;
            offers[n++] = (struct offer){ i, j };
            if (n == 2)
                return n;
            break;
        }
    }
    return n;
}

static const char *
nearest_name(const struct scan *scan, const char *id)
{
    struct suggest suggest;
    suggest_start(&suggest, id);
    for (size_t i = 0; i < scan->n; i++) {
        for (size_t j = 0; j < scan->files[i].n_stages; j++)
            suggest_offer(&suggest, scan->files[i].stages[j]);
    }
    return suggest_best(&suggest);
}

/* Names the folders, and the first file that was passed over: it may be the one that was meant. */
static levada_status
no_such_stage(const struct loader *loader, const char *id, struct error *err)
{
    const struct plugin_file *passed_over = NULL;
    for (size_t i = 0; passed_over == NULL && i < loader->scan.n; i++) {
        if (loader->scan.files[i].problem.status != LEVADA_OK)
            passed_over = &loader->scan.files[i];
    }
    if (passed_over == NULL)
        return error_set(err, LEVADA_CONFIG, "no plugin offers a stage \"%s\"; searched in %s", id,
                         loader->searched);
    return error_set(err, LEVADA_CONFIG,
                     "no plugin offers a stage \"%s\"; searched in %s; passed over %s: %s", id,
                     loader->searched, passed_over->path, passed_over->problem.text);
}

/* Is there one file that offers @id, and can it be used? */
static levada_status
check_offers(const struct loader *loader, const char *id, const struct offer *offers, size_t n,
             struct error *err)
{
    if (n == 0)
        return no_such_stage(loader, id, err);
    const struct plugin_file *file = &loader->scan.files[offers[0].file];
    if (n == 2)
        return error_set(err, LEVADA_CONFIG,
                         "two files offer a stage \"%s\": %s and %s; take one of them away", id,
                         file->path, loader->scan.files[offers[1].file].path);
    if (file->problem.status != LEVADA_OK)
        return error_set(err, file->problem.status, "%s: %.800s", file->path, file->problem.text);
    return LEVADA_OK;
}

static levada_status
open_module(struct loader *loader, size_t file, struct error *err)
{
    if (loader->modules[file].plugins != NULL)
        return LEVADA_OK;
    struct module *module = &loader->modules[file];
    levada_status status = module_open(&loader->scan.files[file], &loader->setup, module, err);
    if (status != LEVADA_OK)
        module_close(module);
    return status;
}

levada_status
loader_open(struct loader *loader, const char *id, const struct plugin **plugin,
            const char **suggestion, struct error *err)
{
    struct error unwanted;
    if (err == NULL)
        err = &unwanted;

    struct offer offers[2] = { 0 };
    size_t n = find_offers(&loader->scan, id, offers);
    if (suggestion != NULL)
        *suggestion = n == 0 ? nearest_name(&loader->scan, id) : NULL;
    levada_status status = check_offers(loader, id, offers, n, err);
    if (status == LEVADA_OK)
        status = open_module(loader, offers[0].file, err);
    if (status == LEVADA_OK)
        *plugin = &loader->modules[offers[0].file].plugins[offers[0].stage];
    return status;
}
