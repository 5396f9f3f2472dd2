/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_LOADER_TRUSTED_H
#define HOST_LOADER_TRUSTED_H

/*
 * Opens a file that is about to be run as part of this process, if nobody but root and the user
 * could have put it there.
 */

#include "base/error.h"

/*
 * A descriptor for reading, or -1 and LEVADA_CONFIG in @err. @path is a real path. It has to be a
 * regular file, owned by root or the effective user; it and the folders above may not be writable
 * by everyone, but for folders with the sticky bit. Root is held to more: files not writable by a
 * group other than its own.
 */
int trusted_open(const char *path, struct error *err);

#endif
