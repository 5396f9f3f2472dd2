/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ISOLATION_ISOLATION_H
#define HOST_ISOLATION_ISOLATION_H

/*
 * isolation = "process": a stage whose callbacks run in a helper, a process of its own, which may
 * crash and hang as it likes. The host keeps all that counts (tables, keyed state, positions, the
 * input until it is accounted for), starts the helper again, and finds the record at fault.
 * docs/isolation.md is for users, DESIGN.md for those who change it.
 */

#include "base/problem.h"
#include "config/config.h"
#include "runtime/stage.h"

#include <stdbool.h>

/*
 * From now on the callbacks of @stage run in a helper, which its create() starts. @settings: its
 * options, which outlive it. False: out of memory.
 */
bool isolation_attach(struct stage *stage, const struct isolation_spec *spec,
                      const struct setting *settings);

/* What the helper needs of those above this module. */
struct isolation_hooks {
    const struct levada_host *host;
    levada_status (*option_check)(const struct levada_stage *stage, struct error *err);
    /* Fills the options of @stage, as pipeline/ does. False: @problems. */
    bool (*fill)(struct stage *stage, const struct setting *settings, struct problems *problems);
};

/* Is this process to be a helper? */
bool isolation_is_helper(int argc, char **argv);
/* The whole life of a helper; the exit code. */
int isolation_help(const struct isolation_hooks *hooks);

#endif
