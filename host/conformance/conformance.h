/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFORMANCE_CONFORMANCE_H
#define HOST_CONFORMANCE_CONFORMANCE_H

/*
 * The conformance suite of plugins, docs/conformance.md: tries everything that a host may do to the
 * stages of one file, each case in a process of its own with a time limit, and says by rule what
 * does not hold.
 */

#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum conformance_format {
    CONFORMANCE_TEXT,
    CONFORMANCE_TAP,
    CONFORMANCE_JUNIT,
};

struct conformance_setup {
    const char *file;
    const char *options; /* a pipeline file whose stages tell options; NULL: there is none */
    struct config_override *overrides; /* --set */
    size_t n_overrides;
    uint64_t seed;
    const char *only, *except; /* cases and groups of them, with a comma between; or NULL */
    bool in_process;           /* for a debugger: no process, no time limit */
    enum conformance_format format;
};

/* Prints on stdout what was tried. 0: no fault; 1: faults; 64, 66, 78: it could not be tried. */
int conformance_run(const struct conformance_setup *setup);

#endif
