/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ISOLATION_SETTING_WIRE_H
#define HOST_ISOLATION_SETTING_WIRE_H

/* A stage's settings on their way to its helper, which fills the options from them once more. */

#include "base/arena.h"
#include "base/wire.h"
#include "config/config.h"

void setting_put(const struct setting *setting, struct wire_out *out);
/* Everything lies in @arena. False: @in has failed, or out of memory. */
bool setting_get(struct setting *setting, struct wire_in *in, struct arena *arena);

#endif
