/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_MANUAL_H
#define HOST_CLI_MANUAL_H

/*
 * `levada manual PART`, for the build alone: sections of levada(1) that the table of verbs knows,
 * "commands" or "options". Returns the exit code.
 */

struct verb;

int manual_print(const struct verb *verbs, const char *common_help, const char *part);

#endif
