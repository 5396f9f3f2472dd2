/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFIG_READER_H
#define HOST_CONFIG_READER_H

/*
 * Reads a pipeline file and what it includes into one checked text. @include "PATH" stands wherever
 * a name or a value may; PATH is relative to the including file, may be a pattern (files in sorted
 * order; none is fine), and never leaves the folder of the pipeline file.
 */

#include "config/syntax.h"

#include <stdbool.h>
#include <stddef.h>

struct reader {
    struct syntax syntax;
    struct arena *arena;
    struct problems *problems;
    const char *root; /* no include leaves this folder; NULL: nothing may be included */
    size_t bytes;     /* read so far, of all files */
    struct reader_file *innermost;
};

enum {
    READER_MOST_BYTES = 1024 * 1024, /* of a file, and of all together */
    READER_DEEPEST = 10,
};

/* Texts, names and folders live in @arena; items and text until reader_finish. */
void reader_start(struct reader *reader, struct arena *arena, struct problems *problems);
void reader_finish(struct reader *reader);

/* False: nothing useful was read; the reason is in the problems. */
bool reader_read_file(struct reader *reader, const char *path);

/* Text that came from elsewhere: it includes nothing; its paths start at @folder. */
bool reader_read_text(struct reader *reader, const char *name, const char *text,
                      const char *folder);

#endif
