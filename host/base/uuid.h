/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_BASE_UUID_H
#define HOST_BASE_UUID_H

#define UUID_SIZE 37

/* A random UUID (RFC 4122, version 4) as text. */
void uuid_make(char text[UUID_SIZE]);

#endif
