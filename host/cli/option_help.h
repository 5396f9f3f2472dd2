/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_OPTION_HELP_H
#define HOST_CLI_OPTION_HELP_H

/* The options of a verb as its help text describes them: "  --name WORD   what it does". */

#include <stdbool.h>
#include <stddef.h>

/* None of the texts is terminated. */
struct option_help {
    const char *name, *word, *text;
    size_t n_name, n_word, n_text; /* n_word 0: it takes no value */
};

/* Moves *help behind the next option; false: there is none. */
bool option_help_next(const char **help, struct option_help *option);

/* The option called --@name, whose name has @n letters. */
bool option_help_find(const char *help, const char *name, size_t n, struct option_help *option);

#endif
