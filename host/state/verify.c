/* SPDX-License-Identifier: Apache-2.0 */
#include "state/verify.h"

#include <errno.h>
#include <lmdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* LMDB's own: the pages of the two heads, and the tree of the pages that are free. */
#define HEAD_PAGES 2u
#define FREE_DBI ((MDB_dbi)0)

enum {
    CHILD_WHOLE = 0,
    CHILD_TORN = 1,
    CHILD_UNREADABLE = 2,
};

static int
compare(const MDB_val *a, const MDB_val *b)
{
    int order = memcmp(a->mv_data, b->mv_data, a->mv_size < b->mv_size ? a->mv_size : b->mv_size);
    return order != 0 ? order : (a->mv_size > b->mv_size) - (a->mv_size < b->mv_size);
}

/*
 * As many entries as the head says, in their order: then no page stands in another's place. Touches
 * every byte, so that one which is not there is noticed here. More than there should be ends it: a
 * ring of pages would be read for ever.
 */
static bool
entries_are_whole(MDB_txn *txn, MDB_dbi dbi)
{
    MDB_cursor *cursor;
    MDB_val key, value, before = { 0, NULL };
    MDB_stat stat;
    volatile unsigned char sum = 0;
    size_t n = 0;

    if (mdb_stat(txn, dbi, &stat) != 0 || mdb_cursor_open(txn, dbi, &cursor) != 0)
        return false;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    for (; code == 0; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        if (++n > stat.ms_entries || (before.mv_data != NULL && compare(&before, &key) >= 0))
            return false;
        for (size_t i = 0; i < value.mv_size; i++)
            sum ^= ((const unsigned char *)value.mv_data)[i];
        before = key;
    }
    return code == MDB_NOTFOUND && n == stat.ms_entries;
}

static size_t
pages_of(const MDB_stat *stat)
{
    return stat->ms_branch_pages + stat->ms_leaf_pages + stat->ms_overflow_pages;
}

/* One list of free pages: how many, then their numbers. False: a page stands there that cannot. */
static bool
mark_free(const MDB_val *list, unsigned char *is_free, size_t n_pages, size_t *n_free)
{
    const size_t *ids = list->mv_data;
    if (list->mv_size < sizeof(*ids) || ids[0] > list->mv_size / sizeof(*ids) - 1)
        return false;
    for (size_t i = 1; i <= ids[0]; i++) {
        if (ids[i] < HEAD_PAGES || ids[i] >= n_pages || is_free[ids[i]])
            return false;
        is_free[ids[i]] = 1;
    }
    *n_free += ids[0];
    return true;
}

/* Each page is used or free: one that was both would be written over by the next checkpoint. */
static bool
pages_add_up(MDB_env *env, MDB_txn *txn, MDB_dbi dbi)
{
    MDB_cursor *cursor;
    MDB_val key, list;
    MDB_stat free_stat, stat;
    MDB_envinfo info;
    size_t n_free = 0;

    if (mdb_stat(txn, FREE_DBI, &free_stat) != 0 || mdb_stat(txn, dbi, &stat) != 0 ||
        mdb_env_info(env, &info) != 0 || mdb_cursor_open(txn, FREE_DBI, &cursor) != 0)
        return false;
    size_t n_pages = info.me_last_pgno + 1;
    unsigned char *is_free = calloc(n_pages, 1);
    if (is_free == NULL)
        return false;
    int code = mdb_cursor_get(cursor, &key, &list, MDB_FIRST);
    for (; code == 0; code = mdb_cursor_get(cursor, &key, &list, MDB_NEXT)) {
        if (!mark_free(&list, is_free, n_pages, &n_free))
            return false;
    }
    return code == MDB_NOTFOUND &&
           HEAD_PAGES + pages_of(&free_stat) + pages_of(&stat) + n_free == n_pages;
}

static int
judge(MDB_env *env, enum verify_mode mode)
{
    MDB_txn *txn;
    MDB_dbi dbi;
    if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0 || mdb_dbi_open(txn, NULL, 0, &dbi) != 0)
        return CHILD_TORN;
    if (!entries_are_whole(txn, dbi))
        return CHILD_TORN;
    /* What is free is the writer's business, and it may be at it. */
    if (mode == VERIFY_ALONE && (!entries_are_whole(txn, FREE_DBI) || !pages_add_up(env, txn, dbi)))
        return CHILD_TORN;
    mdb_txn_abort(txn); /* gives its place among the readers back */
    return CHILD_WHOLE;
}

static void
assertion_failed(MDB_env *env, const char *text)
{
    (void)env;
    (void)text;
    _exit(CHILD_TORN);
}

static int
child(const char *folder, enum verify_mode mode)
{
    static const int deadly[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
    struct rlimit no_core = { 0, 0 };
    setrlimit(RLIMIT_CORE, &no_core);
    for (size_t i = 0; i < sizeof(deadly) / sizeof(*deadly); i++)
        signal(deadly[i], SIG_DFL);
    /* The folder's lock among them: it must not outlive a parent that is killed just now. */
    close_range(STDERR_FILENO + 1, UINT32_MAX, 0);
    MDB_env *env;
    if (mdb_env_create(&env) != 0 || mdb_env_set_assert(env, assertion_failed) != 0)
        return CHILD_UNREADABLE;
    unsigned lock = mode == VERIFY_ALONE ? MDB_NOLOCK : 0;
    int code = mdb_env_open(env, folder, MDB_RDONLY | MDB_NOTLS | lock, 0640);
    if (code == EACCES)
        return CHILD_UNREADABLE;
    return code == 0 ? judge(env, mode) : CHILD_TORN;
}

levada_status
verify_folder(const char *folder, enum verify_mode mode, struct error *err)
{
    int state = 0;
    pid_t pid = fork();
    if (pid < 0)
        return error_set(err, LEVADA_FATAL, "checkpoint %s: cannot be checked: %s", folder,
                         strerror(errno));
    if (pid == 0)
        _exit(child(folder, mode));
    while (waitpid(pid, &state, 0) < 0) {
        if (errno != EINTR)
            return error_set(err, LEVADA_FATAL, "checkpoint %s: cannot be checked: %s", folder,
                             strerror(errno));
    }
    if (WIFEXITED(state) && WEXITSTATUS(state) != CHILD_TORN)
        return LEVADA_OK; /* what cannot be read is told better by whoever opens it */
    return error_set(
        err, LEVADA_REJECT,
        "checkpoint %s: is torn, or no checkpoint of levada; restore a copy, or remove "
        "the folder to begin anew",
        folder);
}
