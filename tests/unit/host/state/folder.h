/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_HOST_STATE_FOLDER_H
#define TESTS_UNIT_HOST_STATE_FOLDER_H

/* An empty folder for each test, and short ways to a store in it. Include behind cmocka.h. */

#include "state/store.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[256];
static struct error err;

static inline int
folder_make(void **state)
{
    /* In memory where that is possible: these tests sync often. */
    const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)state;
    err = (struct error){ .status = LEVADA_OK };
    snprintf(folder, sizeof(folder), "%s/levada-state-XXXXXX", tmp);
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static inline int
folder_remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline int
folder_remove(void **state)
{
    (void)state;
    return nftw(folder, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline const char *
folder_path(const char *name)
{
    static char path[320];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static inline struct levada_bytes
bytes_of(const char *text)
{
    return (struct levada_bytes){ text, strlen(text) };
}

static inline struct store *
open_store(enum store_mode mode)
{
    struct store *store = NULL;
    levada_status status = store_open(folder, mode, &store, &err);
    if (status != LEVADA_OK)
        fail_msg("%s", err.text);
    return store;
}

static inline levada_status
try_open(enum store_mode mode)
{
    struct store *store = NULL;
    err = (struct error){ .status = LEVADA_OK };
    levada_status status = store_open(folder, mode, &store, &err);
    store_close(store);
    return status;
}

static inline void
put(struct store *store, const char *key, const char *value)
{
    assert_int_equal(store_put(store, bytes_of(key), bytes_of(value), &err), LEVADA_OK);
}

static inline void
put_and_commit(struct store *store, const char *key, const char *value)
{
    assert_int_equal(store_begin(store, &err), LEVADA_OK);
    put(store, key, value);
    assert_int_equal(store_commit(store, &err), LEVADA_OK);
}

/* NULL: it is not there. Borrowed until the next call. */
static inline const char *
get(struct store *store, const char *key)
{
    static char text[4096];
    struct levada_bytes value;
    assert_int_equal(store_get(store, bytes_of(key), &value, &err), LEVADA_OK);
    if (value.p == NULL)
        return NULL;
    snprintf(text, sizeof(text), "%.*s", (int)value.n, (const char *)value.p);
    return text;
}

#endif
