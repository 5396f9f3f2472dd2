/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFORMANCE_TARGETS_H
#define HOST_CONFORMANCE_TARGETS_H

/* Which stages --set can mean: those of the file with options, or else the plugin's own. */

#include "conformance/conformance.h"
#include "loader/loader.h"

/* The last word of an id, which --set calls the stage by where no file does. */
const char *target_name(const char *id);

/* False: a --set means none of them, as is told then. */
bool targets_are_there(const struct conformance_setup *setup, const struct plugin_file *plugin);

#endif
