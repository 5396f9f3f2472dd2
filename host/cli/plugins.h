/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_PLUGINS_H
#define HOST_CLI_PLUGINS_H

/* Where this levada looks for plugins. */

#include "cli/arguments.h"
#include "loader/loader.h"

/*
 * A loader over --plugin-dir folders, then the folder that belongs to this binary: `plugins` beside
 * it in a build tree, else the installed one, found from the binary's own place so that any prefix
 * works. NULL, with the reason on stderr, on failure.
 */
struct loader *plugins_loader(const struct arguments *arguments);

#endif
