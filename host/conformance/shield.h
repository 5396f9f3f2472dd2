/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFORMANCE_SHIELD_H
#define HOST_CONFORMANCE_SHIELD_H

/*
 * Memory that a plugin may read and not write, with a guard behind it, and what happens to who
 * touches it: the process ends with the fault named. Other crashes are told as such.
 */

#include <stdbool.h>
#include <stddef.h>

/* Catches SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT of this process, on a stack of its own. */
void shield_install(void);

/*
 * A copy of @n bytes that ends at the guard, aligned to @align, or the bytes as they are when out
 * of memory. Lives until shield_clear().
 */
const void *shield_copy(const void *bytes, size_t n, size_t align);
void shield_clear(void);

/* The same, until shield_drop(), for bytes without an alignment. NULL when out of memory. */
const void *shield_keep(const void *bytes, size_t n);
void shield_drop(const void *kept);

/* An address of its own for each call, where nothing can be read: handles that never come again. */
void *shield_handle(void);

#endif
