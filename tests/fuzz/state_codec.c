/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an entry of a checkpoint: a key up to the first 0xff, then the value's scalars. */
#include "state/codec.h"

#include <stdlib.h>
#include <string.h>

/* What is split must be what was given, in its order. */
static void
check_key(struct levada_bytes key)
{
    struct codec_key parts;
    if (!codec_split_key(key, &parts))
        return;
    const char *bytes = key.p;
    if (parts.stage != bytes + 1 || parts.stage[parts.stage_n] != '\0' ||
        1 + parts.stage_n + 1 + parts.rest.n != key.n)
        abort();
    struct codec_buffer again = { .bytes = NULL };
    codec_begin_key(&again, parts.kind, parts.stage);
    codec_put_bytes(&again, parts.rest.at, parts.rest.n);
    if (again.n != key.n || memcmp(again.bytes, bytes, key.n) != 0)
        abort();
    codec_finish(&again);
    codec_get_key_i64(&parts.rest);
    codec_get_scalar(&parts.rest);
}

/* What was read is written as the same bytes; what could not be read is MISSING. */
static void
check_scalars(struct levada_bytes value)
{
    struct codec_reader reader = codec_read(value);
    while (reader.n > 0 && !reader.failed) {
        const unsigned char *at = reader.at;
        struct levada_scalar scalar = codec_get_scalar(&reader);
        if (reader.failed) {
            if (scalar.type != LEVADA_T_MISSING)
                abort();
            return;
        }
        struct codec_buffer again = { .bytes = NULL };
        codec_put_scalar(&again, &scalar);
        if (again.n != (size_t)(reader.at - at) || memcmp(again.bytes, at, again.n) != 0)
            abort();
        codec_finish(&again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, 0xff, size) : NULL;
    size_t key_n = end != NULL ? (size_t)(end - data) : size;
    check_key((struct levada_bytes){ data, key_n });
    if (end != NULL)
        check_scalars((struct levada_bytes){ end + 1, size - key_n - 1 });
    return 0;
}
