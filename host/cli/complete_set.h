/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_COMPLETE_SET_H
#define HOST_CLI_COMPLETE_SET_H

/*
 * What the value @word of --set could become, by the stages of the pipeline files @files and the
 * options of their plugins: "calls.", "calls.path=", "out.format=csv". Printed as complete.h says.
 */

#include <stddef.h>

void complete_set(const char *word, const char *const *files, size_t n_files);

#endif
