/* SPDX-License-Identifier: Apache-2.0 */
#include "table/pages.h"

#include <sys/mman.h>

#define PAGE_BYTES ((size_t)4096)

bool
pages_reserve(struct pages *pages, size_t bytes)
{
    if (bytes <= pages->bytes)
        return true;
    if (bytes < pages->bytes * 2)
        bytes = pages->bytes * 2;
    bytes = (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    void *p = pages->p == NULL ? mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
                               : mremap(pages->p, pages->bytes, bytes, MREMAP_MAYMOVE);
    if (p == MAP_FAILED)
        return false;
    pages->p = p;
    pages->bytes = bytes;
    return true;
}

void
pages_finish(struct pages *pages)
{
    if (pages->p != NULL)
        munmap(pages->p, pages->bytes);
    *pages = (struct pages){ .p = NULL };
}
