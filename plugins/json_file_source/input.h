/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_FILE_SOURCE_INPUT_H
#define JSON_FILE_SOURCE_INPUT_H

/*
 * The bytes of one file, pipe or standard input, unpacked where it is compressed by gzip or zstd,
 * which its first bytes tell.
 */

#include <levada/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct input;

struct input_identity {
    uint64_t device, inode;
    uint64_t size;              /* in bytes, as stored */
    uint32_t fingerprint;       /* CRC-32 of the first fingerprint_bytes as stored */
    uint32_t fingerprint_bytes; /* at most INPUT_FINGERPRINT_BYTES */
};

#define INPUT_FINGERPRINT_BYTES 1024u

/* Fails the call where @path cannot be read. Opens nothing: to a pipe's writer that would be a
 * reader. */
levada_status input_check(struct levada_call *call, const char *path);

/* Opens @path, "-" being standard input. Fails the call and gives NULL where it cannot be read. */
struct input *input_open(struct levada_call *call, const char *path);
void input_close(struct input *input); /* NULL is allowed */

/* Can it be read again, from any place? Standard input and pipes cannot. */
bool input_is_file(const struct input *input);

/*
 * Of a file: who it is. @bytes limits the fingerprint to a length that was taken earlier, when the
 * file may have been shorter.
 */
levada_status input_identify(struct input *input, struct levada_call *call, uint32_t bytes,
                             struct input_identity *identity);

#define INPUT_WAITS (-1) /* nothing came within @wait_ms, or no more may be done in this call */
#define INPUT_FAILED (-2)

/* The number of bytes put at @to, 0 at the end, or one of the above. Never waits longer than
 * @wait_ms. */
int64_t input_read(struct input *input, struct levada_call *call, void *to, size_t n,
                   uint32_t wait_ms);

/* Of a file that was just opened: is it compressed? Valid after the first read too. -1: failed. */
int input_is_compressed(struct input *input, struct levada_call *call);

/* What happened to a file of which @read bytes were read, while its end was waited at. */
enum input_change {
    INPUT_UNCHANGED,
    INPUT_ROTATED,   /* its name is another file's now */
    INPUT_TRUNCATED, /* it is shorter */
};
enum input_change input_look_for_change(const struct input *input, const char *path, uint64_t read);

/* Of a plain file: the next read begins at @offset. */
levada_status input_seek(struct input *input, struct levada_call *call, uint64_t offset);

#endif
