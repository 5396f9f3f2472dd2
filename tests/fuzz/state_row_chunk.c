/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a chunk of the log of rows: what can be read is written as the same bytes. */
#include "state/row_chunk.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct codec_reader reader = codec_read((struct levada_bytes){ data, size });
    struct codec_buffer again = { .bytes = NULL };
    struct row_entry entry;
    size_t n_read = 0;
    while (row_chunk_next(&reader, &entry)) {
        row_chunk_put(&again, &entry);
        n_read = size - reader.n;
    }
    if (again.failed || again.n != n_read || (!reader.failed && n_read != size) ||
        (n_read > 0 && memcmp(again.bytes, data, n_read) != 0))
        abort();
    codec_finish(&again);
    return 0;
}
