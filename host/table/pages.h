/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_TABLE_PAGES_H
#define HOST_TABLE_PAGES_H

/*
 * Large arrays that grow without a copy: the kernel moves pages, not bytes. Memory that was never
 * written costs address space only, and reads as zero.
 */

#include <stdbool.h>
#include <stddef.h>

struct pages { /* zeroed: empty */
    void *p;
    size_t bytes;
};

/* At least @bytes, at least doubled when it grows; may move. False: out of memory, nothing changed.
 */
bool pages_reserve(struct pages *pages, size_t bytes);

void pages_finish(struct pages *pages);

#endif
