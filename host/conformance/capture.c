/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/capture.h"

#include "conformance/verdict.h"

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

void
capture_nothing(void (*body)(void *argument), void *argument, const char *when)
{
    struct capture out;
    if (!capture_start(&out, STDOUT_FILENO)) {
        verdict_skip("no temporary file");
        return;
    }
    body(argument);
    capture_end(&out);
    if (fgetc(out.file) != EOF)
        verdict_fault("output", "wrote to the standard output while it was %s", when);
    capture_finish(&out);
}
