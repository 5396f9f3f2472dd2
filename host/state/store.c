/* SPDX-License-Identifier: Apache-2.0 */
#include "state/store.h"

#include "state/folder_lock.h"
#include "state/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/*
 * The map is address space, not memory and not disk: it only bounds how large the state may grow,
 * so it is as large as every machine of its word size gives without asking.
 */
#if UINTPTR_MAX > 0xffffffffu
#define MAP_BYTES ((size_t)16 << 30)
#else
#define MAP_BYTES ((size_t)1 << 30)
#endif

#define PAGE_HEAD_BYTES 16u /* of LMDB's */

#define MAGIC_KEY "\0levada"
#define MAGIC_KEY_N 7u
#define MAGIC_TEXT "levada checkpoint"

struct store {
    char *folder;
    MDB_env *env;
    MDB_dbi dbi;
    MDB_txn *txn; /* the write transaction between begin and commit */
    MDB_txn *reader;
    struct folder_lock lock;
    bool is_new;
    bool in_view; /* the reader stays where it is */
    size_t page_room;
    char *buffer; /* what was read */
    size_t buffer_n;
};

static levada_status
lmdb_error(const struct store *store, int code, const char *what, struct error *err)
{
    levada_status status = LEVADA_IO;
    const char *hint = "";
    if (code == MDB_CORRUPTED || code == MDB_INVALID || code == MDB_VERSION_MISMATCH ||
        code == MDB_PAGE_NOTFOUND || code == MDB_PANIC || code == MDB_BAD_TXN) {
        status = LEVADA_REJECT;
        hint = "; it is torn or no checkpoint: restore a copy, or remove the folder to begin anew";
    } else if (code == MDB_MAP_FULL) {
        hint = "; the state has outgrown the largest checkpoint";
    }
    return error_set(err, status, "checkpoint %s: %s: %s%s", store->folder, what,
                     mdb_strerror(code), hint);
}

static MDB_val
to_val(struct levada_bytes bytes)
{
    return (MDB_val){ .mv_size = bytes.n, .mv_data = (void *)(uintptr_t)bytes.p };
}

static uint64_t
checksum(struct levada_bytes key, const void *value, size_t n)
{
    return XXH3_64bits_withSeed(value, n, XXH3_64bits(key.p, key.n));
}

/* ---- opening ---- */

static levada_status
make_folder(const char *folder, struct error *err)
{
    char path[4096];
    size_t n = strlen(folder);
    if (n >= sizeof(path))
        return error_set(err, LEVADA_NO_OUTPUT, "checkpoint %s: the name is too long", folder);
    for (size_t i = 1; i <= n; i++) {
        if (i < n && folder[i] != '/')
            continue;
        memcpy(path, folder, i);
        path[i] = '\0';
        if (mkdir(path, 0750) != 0 && errno != EEXIST)
            return error_set(err, LEVADA_NO_OUTPUT, "checkpoint %s: cannot create %s: %s", folder,
                             path, strerror(errno));
    }
    struct stat info;
    if (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode))
        return error_set(err, LEVADA_NO_OUTPUT, "checkpoint %s: is no folder", folder);
    return LEVADA_OK;
}

static const char *
data_path(const char *folder, char *path, size_t n)
{
    snprintf(path, n, "%s/data.mdb", folder);
    return path;
}

static bool
has_data(const char *folder)
{
    char path[4200];
    struct stat info;
    return stat(data_path(folder, path, sizeof(path)), &info) == 0;
}

/* What is in a new file is durable only if its name is, and its folder's. */
static void
sync_names(const char *folder)
{
    static const char *const places[] = { "", "/.." };
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        char path[4200];
        snprintf(path, sizeof(path), "%s%s", folder, places[i]);
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            continue; /* a parent that may not be read */
        fsync(fd);
        close(fd);
    }
}

static levada_status
open_environment(struct store *store, enum store_mode mode, struct error *err)
{
    int code = mdb_env_create(&store->env);
    if (code == 0)
        code = mdb_env_set_mapsize(store->env, MAP_BYTES);
    /* NOTLS: a reader belongs to its transaction, not to a thread. */
    unsigned flags = MDB_NOTLS | (mode == STORE_READ ? MDB_RDONLY : 0);
    if (code == 0)
        code = mdb_env_open(store->env, store->folder, flags, 0640);
    if (code == EACCES || code == EROFS)
        return error_set(err, mode == STORE_READ ? LEVADA_NO_INPUT : LEVADA_NO_OUTPUT,
                         "checkpoint %s: %s", store->folder, strerror(code));
    if (code != 0)
        return lmdb_error(store, code, "cannot be opened", err);
    return LEVADA_OK;
}

static levada_status
check_format(struct store *store, struct levada_bytes value, struct error *err)
{
    unsigned format = 0;
    char text[64];
    snprintf(text, sizeof(text), "%.*s", (int)value.n,
             value.p != NULL ? (const char *)value.p : "");
    if (sscanf(text, MAGIC_TEXT " format %u", &format) != 1)
        return error_set(
            err, LEVADA_REJECT,
            "checkpoint %s: the folder holds an LMDB database that is no checkpoint of "
            "levada; give another folder",
            store->folder);
    if (format < STORE_FORMAT)
        return error_set(
            err, LEVADA_REJECT,
            "checkpoint %s: has format %u of a levada before the first release; this one "
            "knows format %u: let the older levada finish, or remove the folder to begin "
            "anew",
            store->folder, format, STORE_FORMAT);
    if (format > STORE_FORMAT)
        return error_set(err, LEVADA_REJECT,
                         "checkpoint %s: has format %u, written by a newer levada; this one knows "
                         "format %u",
                         store->folder, format, STORE_FORMAT);
    return LEVADA_OK;
}

static levada_status
write_format(struct store *store, struct error *err)
{
    char text[64];
    int n = snprintf(text, sizeof(text), MAGIC_TEXT " format %u", STORE_FORMAT);
    levada_status status = store_begin(store, err);
    if (status >= 0)
        status = store_put(store, (struct levada_bytes){ MAGIC_KEY, MAGIC_KEY_N },
                           (struct levada_bytes){ text, (uint64_t)n }, err);
    return status >= 0 ? store_commit(store, err) : status;
}

static levada_status
create_database(struct store *store, struct error *err)
{
    store->is_new = true;
    levada_status status = write_format(store, err);
    if (status >= 0)
        sync_names(store->folder);
    return status;
}

static levada_status
open_database(struct store *store, enum store_mode mode, struct error *err)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, mode == STORE_READ ? MDB_RDONLY : 0, &txn);
    if (code == 0)
        code = mdb_dbi_open(txn, NULL, 0, &store->dbi);
    if (code != 0) {
        if (txn != NULL)
            mdb_txn_abort(txn);
        return lmdb_error(store, code, "cannot be read", err);
    }
    MDB_stat stat;
    mdb_stat(txn, store->dbi, &stat);
    store->page_room = stat.ms_psize - PAGE_HEAD_BYTES - sizeof(uint64_t);
    code = mdb_txn_commit(txn);
    if (code != 0)
        return lmdb_error(store, code, "cannot be read", err);
    if (stat.ms_entries == 0 && mode == STORE_RUN)
        return create_database(store, err);
    if (stat.ms_entries == 0)
        return error_set(err, LEVADA_NO_INPUT, "checkpoint %s: holds nothing yet", store->folder);
    struct levada_bytes value;
    levada_status status =
        store_get(store, (struct levada_bytes){ MAGIC_KEY, MAGIC_KEY_N }, &value, err);
    return status >= 0 ? check_format(store, value, err) : status;
}

/* In a locked folder, or to read beside whoever has locked it. */
static levada_status
open_data(struct store *store, enum store_mode mode, struct error *err)
{
    char path[4200];
    bool had_data = has_data(store->folder);
    levada_status status = LEVADA_OK;
    if (had_data)
        status =
            verify_folder(store->folder, mode == STORE_READ ? VERIFY_BESIDE : VERIFY_ALONE, err);
    if (status >= 0)
        status = open_environment(store, mode, err);
    if (status >= 0)
        status = open_database(store, mode, err);
    if (status < 0 && !had_data) /* half made, it would be taken for torn the next time */
        unlink(data_path(store->folder, path, sizeof(path)));
    return status;
}

levada_status
store_open(const char *folder, enum store_mode mode, struct store **store_out, struct error *err)
{
    levada_status status = LEVADA_OK;
    struct store *store = calloc(1, sizeof(*store));
    if (store == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    folder_lock_init(&store->lock);
    store->folder = strdup(folder);
    if (store->folder == NULL)
        status = error_set(err, LEVADA_FATAL, "out of memory");
    else if (mode == STORE_RUN)
        status = make_folder(folder, err);
    else if (!has_data(folder))
        status = error_set(err, LEVADA_NO_INPUT, "checkpoint %s: there is none", folder);
    if (status >= 0 && mode != STORE_READ)
        status = folder_lock_take(&store->lock, folder, err);
    if (status >= 0)
        status = open_data(store, mode, err);
    if (status < 0) {
        store_close(store);
        return status;
    }
    *store_out = store;
    return LEVADA_OK;
}

void
store_close(struct store *store)
{
    if (store == NULL)
        return;
    store_abort(store);
    if (store->reader != NULL)
        mdb_txn_abort(store->reader);
    if (store->env != NULL)
        mdb_env_close(store->env);
    folder_lock_release(&store->lock);
    free(store->buffer);
    free(store->folder);
    free(store);
}

bool
store_is_new(const struct store *store)
{
    return store->is_new;
}

size_t
store_page_room(const struct store *store)
{
    return store->page_room;
}

/* ---- writing ---- */

levada_status
store_begin(struct store *store, struct error *err)
{
    /* Readers that were killed would keep old pages from being used again. */
    int n_dead;
    mdb_reader_check(store->env, &n_dead);
    int code = mdb_txn_begin(store->env, NULL, 0, &store->txn);
    if (code != 0) {
        store->txn = NULL;
        return lmdb_error(store, code, "cannot be written", err);
    }
    return LEVADA_OK;
}

/* What failed inside a transaction takes the whole of it back. */
static levada_status
write_failed(struct store *store, int code, struct error *err)
{
    store_abort(store);
    return lmdb_error(store, code, "cannot be written", err);
}

levada_status
store_put(struct store *store, struct levada_bytes key, struct levada_bytes value,
          struct error *err)
{
    if (key.n > STORE_MAX_KEY) {
        store_abort(store);
        return error_set(err, LEVADA_REJECT,
                         "checkpoint %s: a key of %llu bytes; at most %u are possible",
                         store->folder, (unsigned long long)key.n, STORE_MAX_KEY);
    }
    const uint64_t sum = checksum(key, value.p, value.n);
    MDB_val k = to_val(key), v = { .mv_size = sizeof(sum) + value.n };
    int code = mdb_put(store->txn, store->dbi, &k, &v, MDB_RESERVE);
    if (code != 0)
        return write_failed(store, code, err);
    memcpy(v.mv_data, &sum, sizeof(sum));
    if (value.n > 0)
        memcpy((char *)v.mv_data + sizeof(sum), value.p, value.n);
    return LEVADA_OK;
}

levada_status
store_delete(struct store *store, struct levada_bytes key, struct error *err)
{
    MDB_val k = to_val(key);
    int code = mdb_del(store->txn, store->dbi, &k, NULL);
    return code == 0 || code == MDB_NOTFOUND ? LEVADA_OK : write_failed(store, code, err);
}

static bool
has_prefix(MDB_val key, struct levada_bytes prefix)
{
    return key.mv_size >= prefix.n && memcmp(key.mv_data, prefix.p, prefix.n) == 0;
}

levada_status
store_delete_all(struct store *store, struct levada_bytes prefix, struct error *err)
{
    MDB_cursor *cursor;
    MDB_val key = to_val(prefix), value;
    int code = mdb_cursor_open(store->txn, store->dbi, &cursor);
    if (code != 0)
        return write_failed(store, code, err);
    code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (code == 0 && has_prefix(key, prefix)) {
        code = mdb_cursor_del(cursor, 0);
        if (code == 0) /* what came behind the deleted one */
            code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return code == 0 || code == MDB_NOTFOUND ? LEVADA_OK : write_failed(store, code, err);
}

levada_status
store_commit(struct store *store, struct error *err)
{
    int code = mdb_txn_commit(store->txn);
    store->txn = NULL; /* also after a failure: LMDB has freed it */
    return code == 0 ? LEVADA_OK : lmdb_error(store, code, "cannot be written", err);
}

void
store_abort(struct store *store)
{
    if (store->txn != NULL)
        mdb_txn_abort(store->txn);
    store->txn = NULL;
}

/* ---- reading ---- */

/* The transaction to read in: the open one, or a snapshot of now. */
static int
reading(struct store *store, MDB_txn **txn)
{
    int code = 0;
    *txn = store->txn != NULL ? store->txn : store->reader;
    if (store->txn != NULL || store->in_view)
        return 0;
    if (store->reader == NULL)
        code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &store->reader);
    else
        code = mdb_txn_renew(store->reader);
    *txn = store->reader;
    return code;
}

static void
done_reading(struct store *store)
{
    if (store->txn == NULL && store->reader != NULL && !store->in_view)
        mdb_txn_reset(store->reader);
}

levada_status
store_begin_view(struct store *store, struct error *err)
{
    MDB_txn *txn;
    int code = reading(store, &txn);
    if (code != 0)
        return lmdb_error(store, code, "cannot be read", err);
    store->in_view = true;
    return LEVADA_OK;
}

void
store_end_view(struct store *store)
{
    store->in_view = false;
    done_reading(store);
}

static levada_status
unwrap(const struct store *store, MDB_val key, MDB_val stored, struct levada_bytes *value,
       struct error *err)
{
    uint64_t sum = 0;
    struct levada_bytes key_bytes = { key.mv_data, key.mv_size };
    if (stored.mv_size >= sizeof(sum)) {
        memcpy(&sum, stored.mv_data, sizeof(sum));
        value->p = (const char *)stored.mv_data + sizeof(sum);
        value->n = stored.mv_size - sizeof(sum);
        if (sum == checksum(key_bytes, value->p, value->n))
            return LEVADA_OK;
    }
    return error_set(err, LEVADA_REJECT,
                     "checkpoint %s: an entry does not match its checksum: it is torn, or no "
                     "checkpoint of levada; restore a copy, or remove the folder to begin anew",
                     store->folder);
}

/* Copies of what a snapshot, which is let go, lent. */
static levada_status
keep(struct store *store, struct levada_bytes *first, struct levada_bytes *second,
     struct error *err)
{
    size_t n = first->n + second->n;
    if (n + 1 > store->buffer_n) {
        char *buffer = realloc(store->buffer, n + 1);
        if (buffer == NULL)
            return error_set(err, LEVADA_FATAL, "out of memory");
        store->buffer = buffer;
        store->buffer_n = n + 1;
    }
    memcpy(store->buffer, first->p, first->n);
    if (second->n > 0)
        memcpy(store->buffer + first->n, second->p, second->n);
    first->p = store->buffer;
    second->p = store->buffer + first->n;
    return LEVADA_OK;
}

levada_status
store_get(struct store *store, struct levada_bytes key, struct levada_bytes *value,
          struct error *err)
{
    MDB_txn *txn;
    MDB_val k = to_val(key), v;
    struct levada_bytes none = { NULL, 0 };
    *value = none;
    int code = reading(store, &txn);
    if (code == 0)
        code = mdb_get(txn, store->dbi, &k, &v);
    levada_status status = LEVADA_OK;
    if (code == 0)
        status = unwrap(store, k, v, value, err);
    else if (code != MDB_NOTFOUND)
        status = lmdb_error(store, code, "cannot be read", err);
    if (status >= 0 && value->p != NULL)
        status = keep(store, value, &none, err);
    done_reading(store);
    return status;
}

levada_status
store_next(struct store *store, struct levada_bytes prefix, struct levada_bytes after,
           struct levada_bytes *key, struct levada_bytes *value, struct error *err)
{
    MDB_txn *txn;
    MDB_cursor *cursor = NULL;
    MDB_val k = to_val(after.p != NULL ? after : prefix), v;
    levada_status status = LEVADA_OK;
    *key = *value = (struct levada_bytes){ NULL, 0 };
    int code = reading(store, &txn);
    if (code == 0)
        code = mdb_cursor_open(txn, store->dbi, &cursor);
    if (code == 0)
        code = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
    if (code == 0 && after.p != NULL && k.mv_size == after.n &&
        memcmp(k.mv_data, after.p, after.n) == 0)
        code = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    if (code == 0 && has_prefix(k, prefix)) {
        *key = (struct levada_bytes){ k.mv_data, k.mv_size };
        status = unwrap(store, k, v, value, err);
        if (status >= 0)
            status = keep(store, key, value, err);
    }
    if (cursor != NULL)
        mdb_cursor_close(cursor);
    done_reading(store);
    if (code != 0 && code != MDB_NOTFOUND)
        return lmdb_error(store, code, "cannot be read", err);
    return status;
}

levada_status
store_each(struct store *store, struct levada_bytes prefix, store_visit_fn *visit, void *user,
           struct error *err)
{
    MDB_txn *txn;
    MDB_cursor *cursor = NULL;
    MDB_val key = to_val(prefix), stored;
    levada_status status = LEVADA_OK;
    int code = reading(store, &txn);
    if (code == 0)
        code = mdb_cursor_open(txn, store->dbi, &cursor);
    if (code == 0)
        code = mdb_cursor_get(cursor, &key, &stored, prefix.n > 0 ? MDB_SET_RANGE : MDB_FIRST);
    while (code == 0 && status >= 0 && has_prefix(key, prefix)) {
        struct levada_bytes value;
        status = unwrap(store, key, stored, &value, err);
        if (status >= 0)
            status = visit(user, (struct levada_bytes){ key.mv_data, key.mv_size }, value, err);
        if (status >= 0)
            code = mdb_cursor_get(cursor, &key, &stored, MDB_NEXT);
    }
    if (cursor != NULL)
        mdb_cursor_close(cursor);
    done_reading(store);
    if (status < 0 || code == 0 || code == MDB_NOTFOUND)
        return status;
    return lmdb_error(store, code, "cannot be read", err);
}

levada_status
store_get_stats(struct store *store, struct store_stats *stats, struct error *err)
{
    MDB_stat stat;
    int code = mdb_env_stat(store->env, &stat);
    if (code != 0)
        return lmdb_error(store, code, "cannot be read", err);
    stats->entries = stat.ms_entries - 1; /* less the format */
    stats->bytes = (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) *
                   (uint64_t)stat.ms_psize;
    return LEVADA_OK;
}
