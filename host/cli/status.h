/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_STATUS_H
#define HOST_CLI_STATUS_H

/* `levada status`: what the running hosts of this machine do. */

#include <stdbool.h>

/*
 * Prints it, of the host at @socket or, NULL, of all that can be found. Exit code 0 when every
 * pipeline runs, 75 when one does not (yet, or any more), 69 when no host answers.
 */
int status_print(const char *socket, bool json);

#endif
