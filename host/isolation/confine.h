/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ISOLATION_CONFINE_H
#define HOST_ISOLATION_CONFINE_H

/* What a helper may not do, set by itself before any code of the plugin runs. */

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct confinement {
    bool network;         /* may it make sockets? */
    int64_t memory_bytes; /* of its own, without what it shares; 0: no limit */
    int64_t files;        /* descriptors; 0: no limit */
    int64_t cpu_ns;       /* processor time in all; 0: no limit */
};

levada_status confine(const struct confinement *confinement, struct error *err);

#endif
