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

/*
 * Of LMDB's file, whose version it has checked: two heads, the tree of the pages that are free, and
 * what a page begins with.
 */
#define HEAD_PAGES 2u
#define FREE_DBI ((MDB_dbi)0)

struct page_head {
    size_t number;
    uint16_t reserved, flags, lower, upper;
};

#define PAGE_IS_BRANCH 1u

enum {
    CHILD_WHOLE = 0,
    CHILD_TORN = 1,
    CHILD_UNREADABLE = 2,
};

/* What each page is for. */
enum owner {
    OWNER_UNKNOWN,
    OWNER_DATA,
    OWNER_FREE,
};

struct pages {
    const unsigned char *base; /* of the map; NULL: no page was seen yet */
    size_t size, n;
    unsigned char *owner; /* enum owner, by page */
};

static bool
pages_init(struct pages *pages, MDB_env *env)
{
    MDB_envinfo info;
    MDB_stat stat;
    if (mdb_env_info(env, &info) != 0 || mdb_env_stat(env, &stat) != 0)
        return false;
    *pages = (struct pages){ .size = stat.ms_psize, .n = info.me_last_pgno + 1 };
    pages->owner = calloc(pages->n, 1);
    return pages->owner != NULL;
}

static bool
mark(struct pages *pages, size_t page, enum owner owner)
{
    if (page < HEAD_PAGES || page >= pages->n)
        return false;
    /* Many entries share a page of data; nothing else is shared. */
    if (pages->owner[page] != OWNER_UNKNOWN &&
        (owner == OWNER_FREE || pages->owner[page] != OWNER_DATA))
        return false;
    pages->owner[page] = (unsigned char)owner;
    return true;
}

/* The page in which @at lies, and as many behind it as @n bytes take, hold data. */
static bool
mark_data(struct pages *pages, const void *at, size_t n)
{
    uintptr_t start = (uintptr_t)at & ~(uintptr_t)(pages->size - 1);
    const struct page_head *head = (const struct page_head *)start;
    const unsigned char *base = (const unsigned char *)start - head->number * pages->size;
    if (pages->base == NULL)
        pages->base = base;
    if (base != pages->base) /* it calls itself another page than it is */
        return false;
    size_t last = head->number + ((uintptr_t)at - start + n - (n > 0)) / pages->size;
    for (size_t page = head->number; page <= last; page++) {
        if (!mark(pages, page, OWNER_DATA))
            return false;
    }
    return true;
}

static int
compare(const MDB_val *a, const MDB_val *b)
{
    int order = memcmp(a->mv_data, b->mv_data, a->mv_size < b->mv_size ? a->mv_size : b->mv_size);
    return order != 0 ? order : (a->mv_size > b->mv_size) - (a->mv_size < b->mv_size);
}

/* One list of free pages: how many, then their numbers. */
static bool
mark_free(struct pages *pages, const MDB_val *list)
{
    const size_t *ids = list->mv_data;
    if (list->mv_size < sizeof(*ids) || ids[0] > list->mv_size / sizeof(*ids) - 1)
        return false;
    for (size_t i = 1; i <= ids[0]; i++) {
        if (!mark(pages, ids[i], OWNER_FREE))
            return false;
    }
    return true;
}

/* Reads every byte, so that one which is not there is noticed here. */
static void
touch(const MDB_val *value)
{
    volatile unsigned char sum = 0;
    for (size_t i = 0; i < value->mv_size; i++)
        sum ^= ((const unsigned char *)value->mv_data)[i];
}

/*
 * As many entries as the head says, in their order: then no page stands in another's place. More
 * than there should be ends it: a ring of pages would be read for ever.
 */
static bool
tree_is_whole(MDB_txn *txn, MDB_dbi dbi, struct pages *pages)
{
    MDB_cursor *cursor;
    MDB_val key, value, before = { 0, NULL };
    MDB_stat stat;
    size_t n = 0;

    if (mdb_stat(txn, dbi, &stat) != 0 || mdb_cursor_open(txn, dbi, &cursor) != 0)
        return false;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    for (; code == 0; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        bool in_order = before.mv_data == NULL || dbi == FREE_DBI || compare(&before, &key) < 0;
        if (++n > stat.ms_entries || !in_order || !mark_data(pages, key.mv_data, key.mv_size) ||
            !mark_data(pages, value.mv_data, value.mv_size))
            return false;
        touch(&value);
        before = key;
    }
    return code == MDB_NOTFOUND && n == stat.ms_entries;
}

static bool
mark_all_free(MDB_txn *txn, struct pages *pages)
{
    MDB_cursor *cursor;
    MDB_val key, list;
    if (mdb_cursor_open(txn, FREE_DBI, &cursor) != 0)
        return false;
    int code = mdb_cursor_get(cursor, &key, &list, MDB_FIRST);
    for (; code == 0; code = mdb_cursor_get(cursor, &key, &list, MDB_NEXT)) {
        if (!mark_free(pages, &list))
            return false;
    }
    return code == MDB_NOTFOUND;
}

/*
 * Among the pages that are neither data nor free are the branches above the data: a branch that
 * were free, too, would be written over by the next checkpoint. A page that nobody has is only lost
 * room.
 */
static bool
branches_are_kept(MDB_txn *txn, MDB_dbi dbi, const struct pages *pages)
{
    MDB_stat free_stat, stat;
    if (mdb_stat(txn, FREE_DBI, &free_stat) != 0 || mdb_stat(txn, dbi, &stat) != 0)
        return false;
    size_t missing = free_stat.ms_branch_pages + stat.ms_branch_pages;
    for (size_t page = HEAD_PAGES; page < pages->n && missing > 0; page++) {
        if (pages->owner[page] != OWNER_UNKNOWN)
            continue;
        const void *at = pages->base + page * pages->size;
        const struct page_head *head = at;
        missing -= head->number == page && (head->flags & PAGE_IS_BRANCH) != 0;
    }
    return missing == 0;
}

static int
judge(MDB_env *env, enum verify_mode mode)
{
    MDB_txn *txn;
    MDB_dbi dbi;
    struct pages pages;
    if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0 || mdb_dbi_open(txn, NULL, 0, &dbi) != 0 ||
        !pages_init(&pages, env))
        return CHILD_TORN;
    if (!tree_is_whole(txn, dbi, &pages))
        return CHILD_TORN;
    /* What is free is the writer's business, and it may be at it. */
    if (mode == VERIFY_ALONE &&
        (!tree_is_whole(txn, FREE_DBI, &pages) || !mark_all_free(txn, &pages) ||
         !branches_are_kept(txn, dbi, &pages)))
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
