/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TABLE_JOIN_COMPLAINT_H
#define TABLE_JOIN_COMPLAINT_H

/* The sentence that tells a user what is wrong with a table. */

#include <stdbool.h>

struct complaint {
    char text[320];
    const char *column; /* borrowed: one that the table lacks, if that is it; else NULL */
};

/* Returns false, so that complaining and giving up are one statement. */
__attribute__((format(printf, 2, 3))) bool complain(struct complaint *complaint, const char *format,
                                                    ...);

#endif
