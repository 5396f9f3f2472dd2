/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_STATE_FOLDER_LOCK_H
#define HOST_STATE_FOLDER_LOCK_H

/* One process at a time works on a folder: the file "lock" in it is locked and holds its pid. */

#include "base/error.h"

struct folder_lock {
    int fd;
};

void folder_lock_init(struct folder_lock *lock);

/* LEVADA_LOCKED names the pid of who has it; the kernel lets go of it when that process ends. */
levada_status folder_lock_take(struct folder_lock *lock, const char *folder, struct error *err);
void folder_lock_release(struct folder_lock *lock);

#endif
