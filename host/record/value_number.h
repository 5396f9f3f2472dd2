/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_VALUE_NUMBER_H
#define HOST_RECORD_VALUE_NUMBER_H

/* Doubles and their digits, without locale: what the C++ library can do and the C library cannot.
 */

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Finite @value with as few digits as read back the same, in @buf of 32 bytes; returns the length.
 */
size_t number_shortest(double value, char *buf);

/* The nearest double of a number in the grammar of JSON. False: there is no finite one but 0. */
bool number_read(const char *text, size_t n, double *value);

#ifdef __cplusplus
}
#endif
#endif
