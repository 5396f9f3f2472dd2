/* SPDX-License-Identifier: Apache-2.0 */
#include "state/store.h"

#include <lmdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cmocka.h>

#include "folder.h"

/* ---- one transaction ---- */

static void
what_was_committed_is_there_after_opening_again(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_RUN);
    assert_true(store_is_new(store));
    put_and_commit(store, "a", "1");
    store_close(store);
    store = open_store(STORE_RUN);
    assert_false(store_is_new(store));
    assert_string_equal(get(store, "a"), "1");
    assert_null(get(store, "b"));
    store_close(store);
}

static void
a_transaction_sees_its_own_changes_and_nobody_else_does(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_RUN);
    put_and_commit(store, "a", "1");
    struct store *reader = open_store(STORE_READ);
    assert_int_equal(store_begin(store, &err), LEVADA_OK);
    put(store, "a", "2");
    assert_string_equal(get(store, "a"), "2");
    assert_string_equal(get(reader, "a"), "1");
    assert_int_equal(store_delete(store, bytes_of("a"), &err), LEVADA_OK);
    assert_null(get(store, "a"));
    assert_string_equal(get(reader, "a"), "1");
    assert_int_equal(store_commit(store, &err), LEVADA_OK);
    assert_null(get(reader, "a"));
    store_close(reader);
    store_close(store);
}

static void
what_is_aborted_or_left_open_is_forgotten(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_RUN);
    put_and_commit(store, "a", "1");
    assert_int_equal(store_begin(store, &err), LEVADA_OK);
    put(store, "a", "2");
    store_abort(store);
    assert_string_equal(get(store, "a"), "1");
    assert_int_equal(store_begin(store, &err), LEVADA_OK);
    put(store, "a", "3");
    store_close(store);
    store = open_store(STORE_RUN);
    assert_string_equal(get(store, "a"), "1");
    store_close(store);
}

static void
values_may_be_empty_or_large_and_hold_any_byte(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_RUN);
    size_t n = 3u << 20;
    char *large = malloc(n);
    for (size_t i = 0; i < n; i++)
        large[i] = (char)(i * 31);
    struct levada_bytes value;
    assert_int_equal(store_begin(store, &err), LEVADA_OK);
    put(store, "empty", "");
    assert_int_equal(store_put(store, bytes_of("large"), (struct levada_bytes){ large, n }, &err),
                     LEVADA_OK);
    assert_int_equal(store_commit(store, &err), LEVADA_OK);
    assert_string_equal(get(store, "empty"), "");
    assert_int_equal(store_get(store, bytes_of("large"), &value, &err), LEVADA_OK);
    assert_int_equal(value.n, n);
    assert_memory_equal(value.p, large, n);
    free(large);
    store_close(store);
}

static void
a_key_that_is_too_long_fails_the_transaction(void **state)
{
    (void)state;
    char key[STORE_MAX_KEY + 2];
    memset(key, 'k', sizeof(key));
    key[STORE_MAX_KEY] = '\0';
    struct store *store = open_store(STORE_RUN);
    put_and_commit(store, key, "longest");
    assert_string_equal(get(store, key), "longest");
    key[STORE_MAX_KEY] = 'k';
    key[STORE_MAX_KEY + 1] = '\0';
    assert_int_equal(store_begin(store, &err), LEVADA_OK);
    put(store, "a", "1");
    assert_int_equal(store_put(store, bytes_of(key), bytes_of("x"), &err), LEVADA_REJECT);
    assert_null(get(store, "a"));
    store_close(store);
}

/* ---- against a model ---- */

#define N_KEYS 700

struct model {
    char *value[N_KEYS]; /* NULL: not there */
};

static const char *
key_of(unsigned k)
{
    static char key[32];
    snprintf(key, sizeof(key), "%c/%04u", (int)('a' + k % 5), k);
    return key;
}

static void
model_set(struct model *model, unsigned k, const char *value)
{
    free(model->value[k]);
    model->value[k] = value != NULL ? strdup(value) : NULL;
}

static void
model_copy(struct model *to, const struct model *from)
{
    for (unsigned k = 0; k < N_KEYS; k++)
        model_set(to, k, from->value[k]);
}

struct walk {
    const struct model *model;
    char prefix;
    char last[32];
    unsigned n;
};

static levada_status
walk_one(void *user, struct levada_bytes key, struct levada_bytes value, struct error *error)
{
    struct walk *walk = user;
    char text[32];
    (void)error;
    if (*(const char *)key.p == '\0')
        return LEVADA_OK;
    snprintf(text, sizeof(text), "%.*s", (int)key.n, (const char *)key.p);
    assert_true(strcmp(walk->last, text) < 0);
    strcpy(walk->last, text);
    const char *expected = walk->model->value[strtoul(text + 2, NULL, 10)];
    assert_non_null(expected);
    assert_int_equal(value.n, strlen(expected));
    assert_memory_equal(value.p, expected, value.n);
    walk->n++;
    return LEVADA_OK;
}

static unsigned
model_count(const struct model *model, char prefix)
{
    unsigned n = 0;
    for (unsigned k = 0; k < N_KEYS; k++)
        n += model->value[k] != NULL && (prefix == '\0' || *key_of(k) == prefix);
    return n;
}

/* By each() and by next(), all of it and one prefix. */
static void
assert_as_model(struct store *store, const struct model *model)
{
    static const char prefixes[] = { '\0', 'a', 'c', 'e' };
    for (size_t i = 0; i < sizeof(prefixes); i++) {
        struct walk walk = { .model = model }, step = { .model = model };
        struct levada_bytes prefix = { &prefixes[i], prefixes[i] != '\0' };
        struct levada_bytes after = { NULL, 0 }, key, value;
        char last[32];
        assert_int_equal(store_each(store, prefix, walk_one, &walk, &err), LEVADA_OK);
        assert_int_equal(walk.n, model_count(model, prefixes[i]));
        for (;;) {
            if (prefix.n == 0)
                break; /* a first key is asked for with a prefix */
            assert_int_equal(store_next(store, prefix, after, &key, &value, &err), LEVADA_OK);
            if (key.p == NULL)
                break;
            walk_one(&step, key, value, &err);
            memcpy(last, key.p, key.n);
            after = (struct levada_bytes){ last, key.n };
        }
        assert_true(prefix.n == 0 || step.n == walk.n);
    }
}

static void
change(struct store *store, struct model *model, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned k = (unsigned)rand() % N_KEYS;
        if (rand() % 400 == 0) {
            char prefix[2] = { *key_of(k), '\0' };
            assert_int_equal(store_delete_all(store, bytes_of(prefix), &err), LEVADA_OK);
            for (unsigned j = 0; j < N_KEYS; j++) {
                if (*key_of(j) == *prefix)
                    model_set(model, j, NULL);
            }
        } else if (rand() % 4 == 0) {
            assert_int_equal(store_delete(store, bytes_of(key_of(k)), &err), LEVADA_OK);
            model_set(model, k, NULL);
        } else {
            char value[3001];
            size_t length = rand() % 10 == 0 ? 3000 : (size_t)rand() % 100;
            memset(value, 'a' + rand() % 26, length);
            value[length] = '\0';
            put(store, key_of(k), value);
            model_set(model, k, value);
        }
    }
}

static void
does_what_a_simple_model_does(void **state)
{
    (void)state;
    static struct model committed, open;
    struct store *store = open_store(STORE_RUN);
    srand(20181231);
    for (unsigned round = 0; round < 60; round++) {
        model_copy(&open, &committed);
        assert_int_equal(store_begin(store, &err), LEVADA_OK);
        change(store, &open, 1 + (unsigned)rand() % 400);
        assert_as_model(store, &open);
        if (rand() % 3 != 0) {
            assert_int_equal(store_commit(store, &err), LEVADA_OK);
            model_copy(&committed, &open);
        } else {
            store_abort(store);
        }
        assert_as_model(store, &committed);
        if (round % 10 == 9) {
            store_close(store);
            store = open_store(STORE_RUN);
            assert_as_model(store, &committed);
        }
    }
    store_close(store);
    for (unsigned k = 0; k < N_KEYS; k++) {
        free(committed.value[k]);
        free(open.value[k]);
    }
}

static levada_status
stop_at_second(void *user, struct levada_bytes key, struct levada_bytes value, struct error *error)
{
    (void)key;
    (void)value;
    return ++*(int *)user == 2 ? error_set(error, LEVADA_CONFIG, "enough") : LEVADA_OK;
}

static void
a_visitor_may_stop(void **state)
{
    (void)state;
    int n = 0;
    struct store *store = open_store(STORE_RUN);
    put_and_commit(store, "a", "1");
    put_and_commit(store, "b", "2");
    assert_int_equal(store_each(store, bytes_of(""), stop_at_second, &n, &err), LEVADA_CONFIG);
    assert_int_equal(n, 2);
    store_close(store);
}

/* ---- others ---- */

static void
nothing_is_made_by_reading(void **state)
{
    (void)state;
    assert_int_equal(try_open(STORE_READ), LEVADA_NO_INPUT);
    assert_int_not_equal(access(folder_path("data.mdb"), F_OK), 0);
    assert_int_not_equal(access(folder_path("lock"), F_OK), 0);
}

static void
folders_on_the_way_are_made(void **state)
{
    (void)state;
    char deep[320];
    snprintf(deep, sizeof(deep), "%s", folder_path("x/y/z"));
    struct store *store = NULL;
    assert_int_equal(store_open(deep, STORE_RUN, &store, &err), LEVADA_OK);
    store_close(store);
    assert_int_equal(store_open(deep, STORE_READ, &store, &err), LEVADA_OK);
    store_close(store);
}

static void
a_file_in_the_folders_place_is_refused(void **state)
{
    (void)state;
    char path[320];
    snprintf(path, sizeof(path), "%s", folder_path("file"));
    struct store *store = NULL;
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(store_open(path, STORE_RUN, &store, &err), LEVADA_NO_OUTPUT);
    assert_non_null(strstr(err.text, "is no folder"));
}

/* A child that has opened the store to run on it, and says so; it stays until it is killed. */
static pid_t
start_run(void)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct store *store = NULL;
        if (store_open(folder, STORE_RUN, &store, NULL) != LEVADA_OK ||
            store_begin(store, NULL) != LEVADA_OK ||
            store_put(store, bytes_of("a"), bytes_of("torn"), NULL) != LEVADA_OK ||
            write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void
a_second_run_is_refused_and_a_reader_is_not(void **state)
{
    (void)state;
    char pid_text[32];
    struct store *store = open_store(STORE_RUN);
    put_and_commit(store, "a", "1");
    store_close(store);
    pid_t pid = start_run();
    snprintf(pid_text, sizeof(pid_text), "(pid %ld)", (long)pid);
    assert_int_equal(try_open(STORE_RUN), LEVADA_LOCKED);
    assert_non_null(strstr(err.text, pid_text));
    store = open_store(STORE_READ);
    assert_string_equal(get(store, "a"), "1");
    store_close(store);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void
a_run_that_is_killed_leaves_what_was_before(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_RUN);
    put_and_commit(store, "a", "1");
    store_close(store);
    pid_t pid = start_run();
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    store = open_store(STORE_RUN);
    assert_string_equal(get(store, "a"), "1");
    put_and_commit(store, "a", "2");
    assert_string_equal(get(store, "a"), "2");
    store_close(store);
}

static levada_status
get_inside(void *user, struct levada_bytes key, struct levada_bytes value, struct error *error)
{
    struct levada_bytes *first = user;
    (void)key, (void)error;
    if (first->p == NULL)
        *first = value;
    return LEVADA_OK;
}

static levada_status
nothing_is_new(void *user, struct levada_bytes key, struct levada_bytes value, struct error *error)
{
    (void)user, (void)key, (void)error;
    assert_memory_equal(value.p, "old", 3);
    return LEVADA_OK;
}

static void
a_view_stays_at_its_moment_and_what_it_lends_stays_too(void **state)
{
    (void)state;
    struct levada_bytes first = { NULL, 0 };
    struct store *writer = open_store(STORE_RUN);
    put_and_commit(writer, "a", "old");
    put_and_commit(writer, "b", "old");
    struct store *reader = open_store(STORE_READ);
    assert_int_equal(store_begin_view(reader, &err), LEVADA_OK);
    assert_int_equal(store_each(reader, bytes_of("a"), get_inside, &first, &err), LEVADA_OK);
    for (unsigned i = 0; i < 20; i++)
        put_and_commit(writer, i % 2 ? "a" : "b", "new");
    assert_string_equal(get(reader, "b"), "old");
    assert_int_equal(store_each(reader, bytes_of("b"), nothing_is_new, NULL, &err), LEVADA_OK);
    assert_memory_equal(first.p, "old", 3);
    store_end_view(reader);
    assert_string_equal(get(reader, "b"), "new");
    store_close(reader);
    store_close(writer);
}

static levada_status
write_meanwhile(void *user, struct levada_bytes key, struct levada_bytes value, struct error *error)
{
    struct store *writer = user;
    (void)error;
    if (*(const char *)key.p != '\0') {
        assert_memory_equal(value.p, "old", 3);
        put_and_commit(writer, "c", "new");
    }
    return LEVADA_OK;
}

static void
a_reader_keeps_its_view_while_a_run_writes(void **state)
{
    (void)state;
    struct store *writer = open_store(STORE_RUN);
    put_and_commit(writer, "a", "old");
    put_and_commit(writer, "b", "old");
    put_and_commit(writer, "c", "old");
    struct store *reader = open_store(STORE_READ);
    assert_int_equal(store_each(reader, bytes_of(""), write_meanwhile, writer, &err), LEVADA_OK);
    assert_string_equal(get(reader, "c"), "new");
    store_close(reader);
    store_close(writer);
}

struct round {
    char letter;
    unsigned n;
};

static levada_status
same_round(void *user, struct levada_bytes key, struct levada_bytes value, struct error *error)
{
    struct round *round = user;
    const char *text = value.p;
    (void)key;
    if (round->n++ == 0)
        round->letter = *text;
    return *text == round->letter ? LEVADA_OK : error_set(error, LEVADA_FATAL, "of two rounds");
}

/* Each opens, reads all, closes, while this process commits 50 values, all of them new. */
static void
readers_that_come_and_go_see_whole_checkpoints(void **state)
{
    (void)state;
    struct store *writer = open_store(STORE_RUN);
    put_and_commit(writer, "a", "0");
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 40; i++) {
            struct store *reader = NULL;
            struct round round = { .n = 0 };
            if (store_open(folder, STORE_READ, &reader, &err) != LEVADA_OK ||
                store_each(reader, bytes_of("k"), same_round, &round, &err) != LEVADA_OK) {
                fprintf(stderr, "%s\n", err.text);
                _exit(1);
            }
            if (round.n != 0 && round.n != 50)
                _exit(2);
            store_close(reader);
        }
        _exit(0);
    }
    int wait_state = 0;
    char value[2000];
    for (unsigned i = 0; waitpid(pid, &wait_state, WNOHANG) == 0; i++) {
        memset(value, 'a' + (int)(i % 26), sizeof(value) - 1);
        value[sizeof(value) - 1] = '\0';
        assert_int_equal(store_begin(writer, &err), LEVADA_OK);
        for (unsigned k = 0; k < 50; k++) {
            char key[16];
            snprintf(key, sizeof(key), "k%u", k);
            put(writer, key, value);
        }
        assert_int_equal(store_commit(writer, &err), LEVADA_OK);
    }
    assert_true(WIFEXITED(wait_state) && WEXITSTATUS(wait_state) == 0);
    store_close(writer);
}

/* ---- what is no checkpoint of ours ---- */

static void
put_raw(const char *key, size_t key_n, const void *value, size_t value_n)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_val k = { key_n, (void *)(uintptr_t)key }, v = { value_n, (void *)(uintptr_t)value };
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_open(env, folder, 0, 0640), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
    assert_int_equal(mdb_put(txn, dbi, &k, &v, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

/* As the store itself would, whatever it thinks of it. */
static void
put_raw_with_sum(const char *key, size_t key_n, const char *value)
{
    char bytes[100];
    size_t n = strlen(value);
    uint64_t sum = XXH3_64bits_withSeed(value, n, XXH3_64bits(key, key_n));
    memcpy(bytes, &sum, sizeof(sum));
    memcpy(bytes + sizeof(sum), value, n);
    put_raw(key, key_n, bytes, sizeof(sum) + n);
}

static void
a_database_of_another_program_is_refused_and_left_alone(void **state)
{
    (void)state;
    put_raw("key", 3, "value", 5);
    assert_int_equal(try_open(STORE_RUN), LEVADA_REJECT);
    assert_non_null(strstr(err.text, "no checkpoint of levada"));
    assert_int_equal(error_exit_code(err.status), 65);
    assert_int_equal(try_open(STORE_READ), LEVADA_REJECT);
}

static void
another_format_is_refused_by_its_number(void **state)
{
    (void)state;
    static const struct {
        const char *stored, *told;
    } formats[] = {
        { "levada checkpoint format 3", "has format 3, written by a newer levada" },
        { "levada checkpoint format 1", "has format 1 of a levada before the first release" },
    };
    for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
        put_raw_with_sum("\0levada", 7, formats[i].stored);
        assert_int_equal(try_open(STORE_RUN), LEVADA_REJECT);
        assert_non_null(strstr(err.text, formats[i].told));
        assert_int_equal(try_open(STORE_READ), LEVADA_REJECT);
        assert_int_equal(error_exit_code(err.status), 65);
    }
}

static void
an_entry_that_is_not_what_was_written_is_refused(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_RUN);
    put_and_commit(store, "a", "1");
    store_close(store);
    put_raw("a", 1, "12345678x", 9);
    put_raw("b", 1, "short", 5);
    struct levada_bytes key, value, none = { NULL, 0 };
    int n = -100;
    store = open_store(STORE_RUN);
    assert_int_equal(store_get(store, bytes_of("a"), &value, &err), LEVADA_REJECT);
    assert_int_equal(store_get(store, bytes_of("b"), &value, &err), LEVADA_REJECT);
    assert_int_equal(store_next(store, bytes_of("a"), none, &key, &value, &err), LEVADA_REJECT);
    assert_int_equal(store_each(store, bytes_of("b"), stop_at_second, &n, &err), LEVADA_REJECT);
    assert_non_null(strstr(err.text, "does not match its checksum"));
    store_close(store);
}

/* ---- where it cannot be written ---- */

/* In a child, because root may write anywhere and a limit does not go away. */
static void
in_child(void (*body)(void))
{
    int state = 0;
    pid_t pid = fork();
    if (pid == 0) {
        body();
        _exit(0);
    }
    waitpid(pid, &state, 0);
    assert_true(WIFEXITED(state));
    assert_int_equal(WEXITSTATUS(state), 0);
}

#define CHECK(what)                                                                                \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            fprintf(stderr, "line %d: not %s: %s\n", __LINE__, #what, err.text);                   \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static void
open_without_permission(void)
{
    struct store *store = NULL;
    if (geteuid() == 0)
        CHECK(seteuid(65534) == 0);
    CHECK(store_open(folder, STORE_RUN, &store, &err) == LEVADA_NO_OUTPUT);
    CHECK(strstr(err.text, "Permission denied") != NULL);
    CHECK(error_exit_code(err.status) == 73);
}

static void
a_folder_that_may_not_be_written_is_refused(void **state)
{
    (void)state;
    assert_int_equal(chmod(folder, 0555), 0);
    in_child(open_without_permission);
    assert_int_equal(chmod(folder, 0755), 0);
}

static void
read_without_permission(void)
{
    struct store *store = NULL;
    if (geteuid() == 0)
        CHECK(seteuid(65534) == 0);
    CHECK(store_open(folder, STORE_READ, &store, &err) == LEVADA_NO_INPUT);
    CHECK(strstr(err.text, "Permission denied") != NULL);
}

static void
a_checkpoint_that_may_not_be_read_is_refused(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_RUN);
    store_close(store);
    assert_int_equal(chmod(folder_path("data.mdb"), 0), 0);
    assert_int_equal(chmod(folder_path("lock.mdb"), 0), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    in_child(read_without_permission);
}

static void
allow_files_of(rlim_t bytes)
{
    struct rlimit limit = { bytes, RLIM_INFINITY };
    signal(SIGXFSZ, SIG_IGN);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

static levada_status
write_much(struct store *store)
{
    char value[3000];
    memset(value, 'x', sizeof(value));
    levada_status status = store_begin(store, &err);
    for (unsigned k = 0; k < N_KEYS && status >= 0; k++)
        status = store_put(store, bytes_of(key_of(k)),
                           (struct levada_bytes){ value, sizeof(value) }, &err);
    return status >= 0 ? store_commit(store, &err) : status;
}

static void
write_until_full(void)
{
    struct store *store = open_store(STORE_RUN);
    put_and_commit(store, "a", "1");
    allow_files_of(256 << 10);
    CHECK(write_much(store) == LEVADA_IO);
    CHECK(error_exit_code(err.status) == 74);
    CHECK(strcmp(get(store, "a"), "1") == 0);
    allow_files_of(RLIM_INFINITY);
    CHECK(write_much(store) == LEVADA_OK);
    store_close(store);
}

static void
a_full_disk_fails_the_transaction_and_spares_what_was_before(void **state)
{
    (void)state;
    in_child(write_until_full);
    struct store *store = open_store(STORE_RUN);
    assert_string_equal(get(store, "a"), "1");
    assert_non_null(get(store, key_of(N_KEYS - 1)));
    store_close(store);
}

static void
create_on_a_full_disk(void)
{
    struct store *store = NULL;
    allow_files_of(64); /* room for the pid in "lock", and no more */
    CHECK(store_open(folder, STORE_RUN, &store, &err) < 0);
}

static void
a_disk_that_was_full_at_first_leaves_no_torn_checkpoint(void **state)
{
    (void)state;
    in_child(create_on_a_full_disk);
    struct store *store = open_store(STORE_RUN);
    assert_true(store_is_new(store));
    store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_committed_is_there_after_opening_again),
        TEST(a_transaction_sees_its_own_changes_and_nobody_else_does),
        TEST(what_is_aborted_or_left_open_is_forgotten),
        TEST(values_may_be_empty_or_large_and_hold_any_byte),
        TEST(a_key_that_is_too_long_fails_the_transaction),
        TEST(does_what_a_simple_model_does),
        TEST(a_visitor_may_stop),
        TEST(nothing_is_made_by_reading),
        TEST(folders_on_the_way_are_made),
        TEST(a_file_in_the_folders_place_is_refused),
        TEST(a_second_run_is_refused_and_a_reader_is_not),
        TEST(a_run_that_is_killed_leaves_what_was_before),
        TEST(a_reader_keeps_its_view_while_a_run_writes),
        TEST(a_view_stays_at_its_moment_and_what_it_lends_stays_too),
        TEST(readers_that_come_and_go_see_whole_checkpoints),
        TEST(a_database_of_another_program_is_refused_and_left_alone),
        TEST(another_format_is_refused_by_its_number),
        TEST(an_entry_that_is_not_what_was_written_is_refused),
        TEST(a_folder_that_may_not_be_written_is_refused),
        TEST(a_checkpoint_that_may_not_be_read_is_refused),
        TEST(a_full_disk_fails_the_transaction_and_spares_what_was_before),
        TEST(a_disk_that_was_full_at_first_leaves_no_torn_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
