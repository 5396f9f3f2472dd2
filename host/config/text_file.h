/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFIG_TEXT_FILE_H
#define HOST_CONFIG_TEXT_FILE_H

/* Small text files, read without ever waiting: pipeline files, what they include, their secrets. */

#include "base/error.h"

#include <stddef.h>

struct arena;

struct text_file {
    char *text; /* NUL-terminated, without any other NUL; lives in the arena */
    size_t n;
};

/*
 * LEVADA_NO_INPUT where @path cannot be opened; LEVADA_CONFIG where it is no regular file (a FIFO
 * would wait for a writer), has more than @most bytes, or holds a NUL byte. The sentence in @err
 * does not name the file.
 */
levada_status text_file_read(struct text_file *file, const char *path, size_t most,
                             struct arena *arena, struct error *err);

#endif
