/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_VALUE_NUMBER_H
#define HOST_RECORD_VALUE_NUMBER_H

/* The shortest digits of a double: what the C++ library can do and the C library cannot. */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Finite @value with as few digits as read back the same, in @buf of 32 bytes; returns the length.
 */
size_t number_shortest(double value, char *buf);

#ifdef __cplusplus
}
#endif
#endif
