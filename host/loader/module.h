/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_LOADER_MODULE_H
#define HOST_LOADER_MODULE_H

/* Runs a plugin file for the first time: from a note that was read to stages that were checked. */

#include "loader/loader.h"

struct module {
    struct plugin *plugins; /* as many as the file has names, in their order */
    struct levada_stage *stages;
};

/*
 * Looks at @file once more, loads it, calls its entry function, checks all it says. Caller closes
 * @module in every case; the code stays in the process. @err is not NULL; its text begins with the
 * path.
 */
levada_status module_open(const struct plugin_file *file, const struct loader_setup *setup,
                          struct module *module, struct error *err);
void module_close(struct module *module);

#endif
