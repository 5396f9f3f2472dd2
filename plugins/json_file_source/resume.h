/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_FILE_SOURCE_RESUME_H
#define JSON_FILE_SOURCE_RESUME_H

/*
 * What a checkpoint keeps of a file, apart from how far it was read: who the file is, so that
 * another one under its name is not taken for it. As text, in levada_position.detail:
 *
 *   device;inode;fingerprint;bytes of the fingerprint;size;record number;word
 *
 * The word is the framing (array, lines, concatenated), "end" when an array has ended, or
 * "reverse". A position's next is the byte to go on at; in reverse, the bytes that were read from
 * the end.
 */

#include "input.h"
#include "reader.h"

#include <levada/plugin.h>
#include <stdbool.h>

struct resume {
    bool known; /* false: the file was not read before */
    struct input_identity identity;
    struct reader_place place;
    enum split_framing framing;
    bool ended, reverse;
};

#define RESUME_TEXT_SIZE 160

/* The detail of @resume; returns its length. */
size_t resume_format(const struct resume *resume, char text[RESUME_TEXT_SIZE]);

/* False: @position is none that this source wrote. */
bool resume_parse(struct resume *resume, const struct levada_position *position);

/*
 * Is @input, the file at @path, still the one that was read? REJECT: it is not, and @why (of
 * RESUME_WHY_SIZE) says so; other failures are the call's.
 */
#define RESUME_WHY_SIZE 512
levada_status resume_check(const struct resume *resume, struct levada_call *call,
                           struct input *input, const char *path, char *why);

#endif
