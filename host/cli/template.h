/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_TEMPLATE_H
#define HOST_CLI_TEMPLATE_H

/* Files with words such as @NAME@ in them, copied with the words replaced. */

#include "base/error.h"

#include <stddef.h>

struct template_word {
    const char *name; /* without its two @ */
    const char *value;
};

/*
 * Copies what is in the folder @from, and in those below it, into @to, which exists; a folder that
 * is there already is filled up, a file is not: LEVADA_NO_OUTPUT. What looks like a word and is
 * none stays as it is.
 */
levada_status template_copy(const char *from, const char *to, const struct template_word *words,
                            size_t n_words, struct error *err);

#endif
