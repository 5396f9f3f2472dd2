/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_LOADER_SCAN_H
#define HOST_LOADER_SCAN_H

/* The plugin files of some folders. */

#include "loader/loader.h"

struct scan {
    struct plugin_file *files; /* sorted by path; a real path once, however often it is met */
    size_t n, room;
};

/*
 * Reads each *.so of the folders, runs none. A missing folder is empty; one that cannot be read is
 * an error (LEVADA_NO_INPUT). Caller finishes @scan in every case.
 */
levada_status scan_folders(const char *const *folders, size_t n_folders, struct scan *scan,
                           struct error *err);
void scan_finish(struct scan *scan);

#endif
