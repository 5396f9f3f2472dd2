/* SPDX-License-Identifier: Apache-2.0 */
#include "state/verify.h"

#include <errno.h>
#include <lmdb.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CHILD_WHOLE = 0,
    CHILD_TORN = 1,
    CHILD_UNREADABLE = 2,
};

/* Touches every byte, so that a page which is not there is noticed here. */
static int
read_everything(MDB_env *env)
{
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_cursor *cursor;
    MDB_val key, value;
    volatile unsigned char sum = 0;

    if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0 || mdb_dbi_open(txn, NULL, 0, &dbi) != 0 ||
        mdb_cursor_open(txn, dbi, &cursor) != 0)
        return CHILD_TORN;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    while (code == 0) {
        for (size_t i = 0; i < key.mv_size; i++)
            sum ^= ((const unsigned char *)key.mv_data)[i];
        for (size_t i = 0; i < value.mv_size; i++)
            sum ^= ((const unsigned char *)value.mv_data)[i];
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    return code == MDB_NOTFOUND ? CHILD_WHOLE : CHILD_TORN;
}

static int
child(const char *folder)
{
    static const int deadly[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
    struct rlimit no_core = { 0, 0 };
    setrlimit(RLIMIT_CORE, &no_core);
    for (size_t i = 0; i < sizeof(deadly) / sizeof(*deadly); i++)
        signal(deadly[i], SIG_DFL);
    alarm(60); /* a ring of pages would be read for ever */
    MDB_env *env;
    if (mdb_env_create(&env) != 0)
        return CHILD_UNREADABLE;
    int code = mdb_env_open(env, folder, MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0640);
    if (code == EACCES || code == ENOENT)
        return CHILD_UNREADABLE;
    return code == 0 ? read_everything(env) : CHILD_TORN;
}

levada_status
verify_folder(const char *folder, struct error *err)
{
    int state = 0;
    pid_t pid = fork();
    if (pid < 0)
        return error_set(err, LEVADA_FATAL, "checkpoint %s: cannot be checked: %s", folder,
                         strerror(errno));
    if (pid == 0)
        _exit(child(folder));
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
