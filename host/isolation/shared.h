/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ISOLATION_SHARED_H
#define HOST_ISOLATION_SHARED_H

/*
 * Memory that the host and a helper share: slots for messages, some for each direction. Who writes
 * takes a slot; who reads gives it back, at once or when the last batch that lies in it is gone.
 * The memory is as large as it will ever be and costs what was written of it.
 */

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shared_side {
    SHARED_TO_HELPER,
    SHARED_TO_HOST,
};

#if UINTPTR_MAX > UINT32_MAX
#define SHARED_SLOTS 64u
#define SHARED_SLOT_BYTES ((size_t)256 << 20)
#else
#define SHARED_SLOTS 16u
#define SHARED_SLOT_BYTES ((size_t)8 << 20)
#endif
#define SHARED_NO_SLOT UINT32_MAX

struct shared; /* counted: the owner, and each hold */

/* The host's. NULL and a sentence in @err. */
struct shared *shared_create(struct error *err);
/* The helper's, of the host's descriptor. */
struct shared *shared_map(int fd, struct error *err);
void shared_unref(struct shared *shared); /* NULL is allowed */
int shared_fd(const struct shared *shared);

/* A free slot to write, or SHARED_NO_SLOT. */
uint32_t shared_take(struct shared *shared, enum shared_side side);
char *shared_slot(const struct shared *shared, enum shared_side side, uint32_t slot);
void shared_give_back(struct shared *shared, enum shared_side side, uint32_t slot);

/*
 * A message that came in a slot, counted: whoever reads it, and each batch that lies in it. With
 * the last of them the slot is given back, on any thread. Where nearly all slots are held by
 * batches the message is copied (unless it is to be written in), so that what one side keeps does
 * not hold up the other. NULL: out of memory.
 */
struct hold {
    const char *start;
};
struct hold *shared_open(struct shared *shared, enum shared_side side, uint32_t slot, uint64_t n,
                         bool in_place);
struct hold *hold_ref(struct hold *hold);
void hold_drop(void *hold); /* NULL is allowed */

#endif
