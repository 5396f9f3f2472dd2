/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_RUN_H
#define HOST_CLI_RUN_H

#include "cli/load.h"

/*
 * Runs all pipelines, each on a thread of its own and failing alone, until they end or a signal
 * asks them to; a second signal ends the process at once. SIGHUP, where there is no terminal, loads
 * the files of @arguments again and goes on with what they say now, which is then in @loaded; if
 * they are wrong, with what it has. Returns the exit code of the first pipeline, in the files'
 * order, that failed; else 0.
 */
int run_pipelines(struct loaded *loaded, const struct arguments *arguments);

#endif
