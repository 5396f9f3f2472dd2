/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_RUN_H
#define HOST_CLI_RUN_H

#include "cli/load.h"

/*
 * Runs all pipelines, each on a thread of its own and failing alone, until they end or a signal
 * asks them to; a second signal ends the process at once. Returns the exit code of the first
 * pipeline, in the files' order, that failed; else 0. @progress: where a report for each trigger is
 * appended, a file or "-" for stderr; NULL: nowhere. @status: where the socket of `levada status`
 * is to be; NULL: the usual place.
 */
int run_pipelines(struct loaded *loaded, const char *progress, const char *status);

#endif
