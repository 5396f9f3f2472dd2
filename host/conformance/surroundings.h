/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFORMANCE_SURROUNDINGS_H
#define HOST_CONFORMANCE_SURROUNDINGS_H

/* What a plugin shares with everything else in the process, and has to leave as it was. */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define MOST_DESCRIPTORS 256
#define LAST_SIGNAL 64

struct surroundings {
    uint32_t n_threads;
    struct {
        bool open;
        dev_t device;
        ino_t inode;
    } descriptors[MOST_DESCRIPTORS];
    uint64_t environment; /* a hash */
    char locale[256], directory[4096];
    mode_t umask;
    struct sigaction actions[LAST_SIGNAL + 1];
    sigset_t blocked;
};

void surroundings_note(struct surroundings *now);

/* What is not as in @before becomes a fault, by what it is. */
void surroundings_compare(const struct surroundings *before);

#endif
