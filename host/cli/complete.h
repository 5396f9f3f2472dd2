/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_COMPLETE_H
#define HOST_CLI_COMPLETE_H

/*
 * `levada complete WORD...`, which the shells' completions ask: what the last of the words, the one
 * under the cursor, could become. One candidate a line, a tab and what it is behind it; the line
 * ":files" or ":folders" stands for all of these. A candidate that ends in '.' or '=' goes on. Says
 * nothing of mistakes. Returns the exit code.
 */

#include <stddef.h>

struct verb;

int complete_words(const struct verb *verbs, const char *common_help, char *const *words, size_t n);

#endif
