/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_PLUGINS_H
#define HOST_CLI_PLUGINS_H

/* Where this levada looks for plugins. */

#include "cli/arguments.h"
#include "config/settings.h"
#include "loader/loader.h"

/*
 * A loader over --plugin-dir folders, then those of @settings, then the folder that belongs to this
 * binary. NULL, with the reason on stderr, on failure.
 */
struct loader *plugins_loader(const struct arguments *arguments, const struct settings *settings);

/* The same for verbs that read no pipeline file: with the settings of the arguments, whose mistakes
 * are printed. *code: the exit code where the result is NULL. */
struct loader *plugins_loader_alone(const struct arguments *arguments, int *code);

#endif
