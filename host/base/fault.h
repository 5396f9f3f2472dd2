/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_BASE_FAULT_H
#define HOST_BASE_FAULT_H

/*
 * The last words of a process that a plugin brings down: by a signal (a stack overflow too), by
 * exit(), by a C++ exception that leaves a callback. One line names the stage, the plugin's file,
 * the callback and the records in hand; a backtrace follows; the process then ends by the same
 * signal, or after exit() with 70. docs/isolation.md has the table.
 */

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The records that a callback was given. n 0: none. */
struct fault_hand {
    const char *stream; /* "": rows that a stage made */
    uint32_t n;
    int32_t partition;
    int64_t first, last; /* offsets of the first and the last of them */
};

/* What a thread is doing. Texts are borrowed until fault_leave. */
struct fault_place {
    const char *pipeline, *stage, *plugin; /* stage NULL: a file is being loaded */
    const char *file, *callback;
    struct fault_hand hand;
};

/*
 * Once, before threads start. Where a sanitizer is at work the signals are left to it.
 */
void fault_install(void);

/* Gives the calling thread a stack for what follows its own one's overflow. False: no memory. */
bool fault_guard_thread(void);

/* This thread calls a plugin from here .. to there. Does not nest. */
void fault_enter(const struct fault_place *place);
void fault_leave(void);

/* "SIGSEGV", or "a signal" for one that has no name here. */
const char *fault_signal_name(int signo);

/* ---- fault_exception.cc ---- */

/* From now on an exception that nobody catches is told by @tell before abort(). */
void fault_watch_exceptions(void (*tell)(const char *what));

#ifdef __cplusplus
}
#endif
#endif
