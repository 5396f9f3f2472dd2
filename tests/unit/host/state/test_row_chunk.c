/* SPDX-License-Identifier: Apache-2.0 */
#include "state/row_chunk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char long_cells[70000];

static const struct row_entry entries[] = {
    { ROW_ENTRY_ROW, 0, { "group", 5 }, { "cells", 5 } },
    { ROW_ENTRY_ROW, INT64_MIN, { "", 0 }, { "", 0 } },
    { ROW_ENTRY_CLOSED, INT64_MAX, { NULL, 0 }, { NULL, 0 } },
    { ROW_ENTRY_GONE, -1, { "a\0b", 3 }, { NULL, 0 } },
    { ROW_ENTRY_ROW, 1, { "g", 1 }, { long_cells, sizeof(long_cells) } },
};
#define N_ENTRIES (sizeof(entries) / sizeof(*entries))

static void
assert_same(const struct row_entry *a, const struct row_entry *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->start_ms, b->start_ms);
    assert_int_equal(a->group.n, b->group.n);
    assert_int_equal(a->cells.n, b->cells.n);
    if (a->group.n > 0)
        assert_memory_equal(a->group.p, b->group.p, a->group.n);
    if (a->cells.n > 0)
        assert_memory_equal(a->cells.p, b->cells.p, a->cells.n);
}

static void
entries_come_back_in_their_order(void **state)
{
    (void)state;
    struct codec_buffer chunk = { .bytes = NULL };
    struct row_entry entry;
    for (size_t i = 0; i < N_ENTRIES; i++)
        row_chunk_put(&chunk, &entries[i]);
    struct codec_reader reader = codec_read(codec_bytes(&chunk));
    for (size_t i = 0; i < N_ENTRIES; i++) {
        assert_true(row_chunk_next(&reader, &entry));
        assert_same(&entry, &entries[i]);
    }
    assert_false(row_chunk_next(&reader, &entry));
    assert_false(reader.failed);
    codec_finish(&chunk);
}

/* In memory of just that size, so that a sanitizer sees any read behind it. */
static void
an_entry_that_is_cut_is_noticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ENTRIES; i++) {
        struct codec_buffer chunk = { .bytes = NULL };
        row_chunk_put(&chunk, &entries[i]);
        for (size_t cut = 1; cut < chunk.n; cut += 1 + cut / 64) {
            unsigned char *bytes = malloc(cut);
            memcpy(bytes, chunk.bytes, cut);
            struct codec_reader reader = codec_read((struct levada_bytes){ bytes, cut });
            struct row_entry entry;
            assert_false(row_chunk_next(&reader, &entry));
            assert_true(reader.failed);
            free(bytes);
        }
        codec_finish(&chunk);
    }
}

static void
an_unknown_kind_is_refused(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 256; kind++) {
        unsigned char bytes[11] = { (unsigned char)kind };
        struct codec_reader reader = codec_read((struct levada_bytes){ bytes, sizeof(bytes) });
        struct row_entry entry;
        bool known = kind >= ROW_ENTRY_ROW && kind < ROW_ENTRY_END;
        assert_int_equal(row_chunk_next(&reader, &entry), known);
        assert_int_equal(reader.failed, !known);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_back_in_their_order),
        cmocka_unit_test(an_entry_that_is_cut_is_noticed),
        cmocka_unit_test(an_unknown_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
