/* SPDX-License-Identifier: Apache-2.0 */
#include "table/row_bytes.h"

#include <stdlib.h>
#include <string.h>

#define MAX_BYTES (UINT64_C(1) << 40)

/* In front of the bytes; keeps them aligned to 16. */
struct header {
    uint64_t txn; /* that made the copy and may write it */
    uint64_t room;
};

_Static_assert(sizeof(struct header) == 16, "bytes are aligned to 16");

static struct header *
header_of(const void *p)
{
    return (struct header *)(uintptr_t)p - 1;
}

static void
release(struct row_bytes *all, void *p)
{
    if (p == NULL)
        return;
    all->bytes -= sizeof(struct header) + header_of(p)->room;
    free(header_of(p));
}

/* Memory for @n bytes and some more, which is not zeroed. */
static void *
allocate(struct row_bytes *all, uint64_t n)
{
    uint64_t room = (n + n / 8 + 15) / 16 * 16;
    struct header *header = n < MAX_BYTES ? malloc(sizeof(*header) + room) : NULL;
    if (header == NULL)
        return NULL;
    *header = (struct header){ all->txn, room };
    all->bytes += sizeof(*header) + room;
    return header + 1;
}

/* The bytes are the open transaction's own: no copy is needed but where they do not fit. */
static bool
grow(struct row_bytes *all, struct levada_bytes *cell, uint64_t n)
{
    uint64_t room = header_of(cell->p)->room;
    if (n <= room)
        return true;
    void *p = allocate(all, n > 2 * room ? n : 2 * room);
    if (p == NULL)
        return false;
    memcpy(p, cell->p, cell->n);
    release(all, (void *)(uintptr_t)cell->p);
    cell->p = p;
    return true;
}

static bool
make_room_for_before(struct row_bytes *all)
{
    if (all->n < all->room)
        return true;
    uint32_t room = all->room > 0 ? 2 * all->room : 64;
    struct bytes_before *before = realloc(all->before, room * sizeof(*before));
    if (before == NULL)
        return false;
    all->before = before;
    all->room = room;
    return true;
}

static bool
copy(struct row_bytes *all, struct levada_bytes *cell, uint32_t c, uint32_t slot, uint64_t n)
{
    void *p = make_room_for_before(all) ? allocate(all, n) : NULL;
    if (p == NULL)
        return false;
    void *before = (void *)(uintptr_t)cell->p;
    if (before != NULL)
        memcpy(p, before, cell->n < n ? cell->n : n);
    all->before[all->n++] = (struct bytes_before){ before, c, slot };
    cell->p = p;
    return true;
}

void *
row_bytes_resize(struct row_bytes *all, struct levada_bytes *cell, uint32_t c, uint32_t slot,
                 uint64_t n)
{
    bool is_own = cell->p != NULL && header_of(cell->p)->txn == all->txn;
    if (!(is_own ? grow(all, cell, n) : copy(all, cell, c, slot, n)))
        return NULL;
    char *p = (char *)(uintptr_t)cell->p;
    if (n > cell->n)
        memset(p + cell->n, 0, n - cell->n);
    cell->n = n;
    return p;
}

void
row_bytes_drop(struct row_bytes *all, struct levada_bytes *cell)
{
    release(all, (void *)(uintptr_t)cell->p);
    *cell = (struct levada_bytes){ NULL, 0 };
}

void
row_bytes_begin(struct row_bytes *all)
{
    all->txn++;
}

void
row_bytes_commit(struct row_bytes *all)
{
    for (uint32_t i = 0; i < all->n; i++)
        release(all, all->before[i].p);
    all->n = 0;
}

void
row_bytes_rollback(struct row_bytes *all, void *const *cells)
{
    for (uint32_t i = 0; i < all->n; i++) {
        struct levada_bytes *column = cells[all->before[i].cell];
        row_bytes_drop(all, &column[all->before[i].slot]);
    }
    all->n = 0;
}

void
row_bytes_finish(struct row_bytes *all)
{
    free(all->before);
}
