/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_STATE_VERIFY_H
#define HOST_STATE_VERIFY_H

/*
 * Is an LMDB folder whole? LMDB trusts its file: a torn page sends it to wherever the bytes point,
 * and a file that was cut ends in SIGBUS. So every entry is read once in a child process, which may
 * die of it, before this process maps the file. Values are not judged: store.c has their checksums.
 */

#include "base/error.h"

enum verify_mode {
    VERIFY_ALONE,  /* nobody writes: the caller has the folder's lock */
    VERIFY_BESIDE, /* a run may be writing; takes part in LMDB's own locking */
};

/* LEVADA_REJECT: torn, cut or foreign. @folder holds a data.mdb. Nothing of it is changed. */
levada_status verify_folder(const char *folder, enum verify_mode mode, struct error *err);

#endif
