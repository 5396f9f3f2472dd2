/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_STATE_OUTPUT_H
#define HOST_CLI_STATE_OUTPUT_H

/* How the state verbs begin, and end. */

#include "base/error.h"
#include "state/store.h"

/* NULL: it was told why, and *@code is the exit code. */
struct store *state_open(const char *folder, enum store_mode mode, int *code);

/*
 * Tells what went wrong, also in writing the output; returns the exit code. A reader that has gone
 * is no failure.
 */
int state_done(struct store *store, levada_status status, const struct error *err);

/* Writes a line; LEVADA_IO when nobody can or wants to have it. */
levada_status state_put_line(const char *text, struct error *err);

#endif
