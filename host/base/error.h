/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_BASE_ERROR_H
#define HOST_BASE_ERROR_H

/*
 * The sentence for a human beside a levada_status. Always the last parameter; NULL where the caller
 * does not want it. An error is logged once, by whoever decides what to do.
 */

#include <levada/plugin.h>

/* The host's own status beside those of the ABI: another process has what is needed; exit 75. */
#define LEVADA_LOCKED (-100)

struct error {
    levada_status status;
    char text[1000];
};

/* Sets @err (NULL is allowed) and returns @status, so that reporting is one statement. */
__attribute__((format(printf, 3, 4))) levada_status
error_set(struct error *err, levada_status status, const char *format, ...);

/* Puts "context: " in front of the text of @err and returns its status. */
__attribute__((format(printf, 2, 3))) levada_status error_in(struct error *err, const char *format,
                                                             ...);

/* The process exit code of a failure status, as levada(1) documents. */
int error_exit_code(levada_status status);

#endif
