/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/state_output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static bool nobody_reads; /* standard output was closed by its reader */

struct store *
state_open(const char *folder, enum store_mode mode, int *code)
{
    struct store *store = NULL;
    struct error err = { .status = LEVADA_OK };
    if (store_open(folder, mode, &store, &err) < 0) {
        fprintf(stderr, "levada: %s\n", err.text);
        *code = error_exit_code(err.status);
    }
    return store;
}

static levada_status
output_failed(struct error *err)
{
    nobody_reads = errno == EPIPE;
    return error_set(err, LEVADA_IO, "cannot write standard output: %s", strerror(errno));
}

levada_status
state_put_line(const char *text, struct error *err)
{
    if (fputs(text, stdout) == EOF || putchar('\n') == EOF)
        return output_failed(err);
    return LEVADA_OK;
}

int
state_done(struct store *store, levada_status status, const struct error *err)
{
    struct error late = { .status = LEVADA_OK };
    store_close(store);
    if (status >= 0 && fflush(stdout) != 0) {
        status = output_failed(&late);
        err = &late;
    }
    if (status >= 0 || nobody_reads)
        return EX_OK;
    fprintf(stderr, "levada: %s\n", err->text);
    return error_exit_code(status);
}
