/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* The error of an early write is no longer known; that of a pipe without a reader stays. */
static bool
is_read(void)
{
    struct pollfd out = { .fd = STDOUT_FILENO };
    return poll(&out, 1, 0) <= 0 || (out.revents & POLLERR) == 0;
}

int
output_finish(int code)
{
    errno = 0;
    if ((fflush(stdout) == 0 && !ferror(stdout)) || code != EX_OK || !is_read())
        return code;
    fprintf(stderr, "levada: cannot write standard output: %s\n",
            strerror(errno != 0 ? errno : EIO));
    return EX_IOERR;
}
