/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ISOLATION_SETUP_H
#define HOST_ISOLATION_SETUP_H

/* What a helper is told first: which stage of which file it is, and what it may not do. */

#include "base/arena.h"
#include "base/wire.h"
#include "config/config.h"
#include "isolation/confine.h"
#include "log/log.h"

struct setup {
    const char *pipeline, *stage; /* names */
    const char *file, *id;        /* the plugin */
    enum log_level log_level;
    bool color;
    struct confinement confinement;
    struct setting settings;
};

void setup_put(const struct setup *setup, struct wire_out *out);
/* Texts lie in @arena. False: @in has failed, or out of memory. */
bool setup_get(struct setup *setup, struct wire_in *in, struct arena *arena);

#endif
