/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_NOTIFY_H
#define HOST_CLI_NOTIFY_H

/* sd_notify(3) without the library: lines of text to whoever started us as a service. */

#include <stdbool.h>

/* The socket that NOTIFY_SOCKET names; -1: nobody wants to be told. */
int notify_open(void);

/* False: it was not taken. @fd may be -1. */
__attribute__((format(printf, 2, 3))) bool notify_send(int fd, const char *format, ...);

#endif
