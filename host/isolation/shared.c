/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEAD_BYTES ((size_t)4096)
#define BYTES (HEAD_BYTES + 2 * SHARED_SLOTS * SHARED_SLOT_BYTES)
#define SCARCE 4u

struct head {
    atomic_uint held[2][SHARED_SLOTS];
};

struct shared {
    atomic_uint refs;
    int fd;
    char *base;
};

struct counted_hold {
    struct hold public; /* first */
    atomic_uint refs;
    struct shared *shared; /* NULL: the message was copied */
    enum shared_side side;
    uint32_t slot;
    char copy[];
};

static struct head *
head_of(const struct shared *shared)
{
    return (struct head *)(void *)shared->base;
}

struct shared *
shared_map(int fd, struct error *err)
{
    struct shared *shared = calloc(1, sizeof(*shared));
    if (shared == NULL) {
        error_set(err, LEVADA_FATAL, "out of memory");
        return NULL;
    }
    atomic_init(&shared->refs, 1);
    shared->fd = fd;
    shared->base = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (shared->base == MAP_FAILED) {
        error_set(err, LEVADA_FATAL, "cannot map %zu MiB of shared memory: %s", BYTES >> 20,
                  strerror(errno));
        free(shared);
        return NULL;
    }
    return shared;
}

struct shared *
shared_create(struct error *err)
{
    int fd = memfd_create("levada-isolation", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    /* Sealed: a helper that cut it would have the host read behind its end. */
    if (fd < 0 || ftruncate(fd, (off_t)BYTES) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        error_set(err, LEVADA_FATAL, "cannot make shared memory: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct shared *shared = shared_map(fd, err);
    if (shared == NULL)
        close(fd);
    return shared;
}

void
shared_unref(struct shared *shared)
{
    if (shared == NULL || atomic_fetch_sub_explicit(&shared->refs, 1, memory_order_acq_rel) != 1)
        return;
    munmap(shared->base, BYTES);
    close(shared->fd);
    free(shared);
}

int
shared_fd(const struct shared *shared)
{
    return shared->fd;
}

uint32_t
shared_take(struct shared *shared, enum shared_side side)
{
    for (uint32_t slot = 0; slot < SHARED_SLOTS; slot++) {
        unsigned expected = 0;
        if (atomic_compare_exchange_strong_explicit(&head_of(shared)->held[side][slot], &expected,
                                                    1, memory_order_acquire, memory_order_relaxed))
            return slot;
    }
    return SHARED_NO_SLOT;
}

static bool
is_scarce(const struct shared *shared, enum shared_side side)
{
    uint32_t n_free = 0;
    for (uint32_t slot = 0; slot < SHARED_SLOTS && n_free < SCARCE; slot++)
        n_free +=
            atomic_load_explicit(&head_of(shared)->held[side][slot], memory_order_relaxed) == 0;
    return n_free < SCARCE;
}

char *
shared_slot(const struct shared *shared, enum shared_side side, uint32_t slot)
{
    return shared->base + HEAD_BYTES + (side * SHARED_SLOTS + slot) * SHARED_SLOT_BYTES;
}

void
shared_give_back(struct shared *shared, enum shared_side side, uint32_t slot)
{
    if (slot < SHARED_SLOTS)
        atomic_store_explicit(&head_of(shared)->held[side][slot], 0, memory_order_release);
}

struct hold *
shared_open(struct shared *shared, enum shared_side side, uint32_t slot, uint64_t n, bool in_place)
{
    bool copies = !in_place && is_scarce(shared, side);
    const char *start = shared_slot(shared, side, slot);
    struct counted_hold *hold = malloc(sizeof(*hold) + (copies ? n : 0));
    if (hold == NULL)
        return NULL;
    *hold = (struct counted_hold){ .public = { start }, .side = side, .slot = slot };
    atomic_init(&hold->refs, 1);
    if (copies) {
        memcpy(hold->copy, start, n);
        hold->public.start = hold->copy;
        shared_give_back(shared, side, slot);
    } else {
        atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
        hold->shared = shared;
    }
    return &hold->public;
}

struct hold *
hold_ref(struct hold *hold)
{
    struct counted_hold *counted = (struct counted_hold *)(void *)hold;
    atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
    return hold;
}

void
hold_drop(void *object)
{
    struct counted_hold *hold = object;
    if (hold == NULL || atomic_fetch_sub_explicit(&hold->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (hold->shared != NULL) {
        shared_give_back(hold->shared, hold->side, hold->slot);
        shared_unref(hold->shared);
    }
    free(hold);
}
