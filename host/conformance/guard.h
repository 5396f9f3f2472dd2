/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFORMANCE_GUARD_H
#define HOST_CONFORMANCE_GUARD_H

/* Runs foreign code and notices what tries to leave it but by its return. */

#ifdef __cplusplus
extern "C" {
#endif

/* 0, or 1 with the exception's text in @what: one was thrown out of @body. */
int guard_run(void (*body)(void *arguments), void *arguments, char *what, unsigned long n);

#ifdef __cplusplus
}
#endif
#endif
