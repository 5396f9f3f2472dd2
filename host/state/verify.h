/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_STATE_VERIFY_H
#define HOST_STATE_VERIFY_H

/*
 * Is an LMDB folder whole? LMDB trusts its file: a torn page sends it to wherever the bytes point,
 * and a file that was cut ends in SIGBUS. So every entry is read once in a child process, which may
 * die of it, before this process maps the file.
 */

#include "base/error.h"

/* LEVADA_REJECT: torn, cut or foreign. @folder holds a data.mdb. Nothing is written. */
levada_status verify_folder(const char *folder, struct error *err);

#endif
