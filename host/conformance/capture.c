/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/capture.h"

#include <unistd.h>

bool
capture_start(struct capture *capture, int fd)
{
    fflush(NULL); /* what was written before belongs elsewhere */
    *capture = (struct capture){ .file = tmpfile(), .fd = fd, .saved = dup(fd) };
    if (capture->file != NULL && capture->saved >= 0 && dup2(fileno(capture->file), fd) >= 0)
        return true;
    capture_finish(capture);
    return false;
}

void
capture_end(struct capture *capture)
{
    fflush(NULL);
    dup2(capture->saved, capture->fd);
    close(capture->saved);
    capture->saved = -1;
    rewind(capture->file);
}

void
capture_finish(struct capture *capture)
{
    if (capture->saved >= 0)
        close(capture->saved);
    if (capture->file != NULL)
        fclose(capture->file);
    capture->file = NULL;
}
