/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checkpoint store beside SQLite, in the same folder, on the rows of the crime job: so many, of
 * such keys and values. Each operation is one durable transaction; medians of several rounds, in
 * turns. SQLite is asked what a careful user would ask it: one table without row ids, WAL,
 * synchronous=FULL, prepared statements. It checks no checksums; the store does.
 *
 *   bench_store FOLDER [ROUNDS]
 */
#include "state/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define N_ROWS 126749u
#define KEY_BYTES 33u /* "r", "windows", NUL, a window, a hash */
#define MAX_VALUE 64u
#define MAX_ROUNDS 99

enum operation {
    OPERATION_ALL,
    OPERATION_1000,
    OPERATION_10000,
    OPERATION_RECOVERY,
    N_OPERATIONS,
};

static const char *const operation_names[] = {
    "all rows, ms",
    "1,000 changed, ms",
    "10,000 changed, ms",
    "recovery, ms",
};

static void
die(const char *what, const char *why)
{
    fprintf(stderr, "bench_store: %s: %s\n", what, why);
    exit(1);
}

static double
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* ---- rows ---- */

struct row {
    unsigned char key[KEY_BYTES], value[MAX_VALUE];
    size_t value_n;
};

static uint64_t
mix(uint64_t x)
{
    x = (x ^ (x >> 31)) * UINT64_C(0x7fb5d329728ea185);
    x = (x ^ (x >> 27)) * UINT64_C(0x81dadef4bc2dd44d);
    return x ^ (x >> 33);
}

/* Row @i as it is after so many changes: some 58 rows a window, as the real job has. */
static struct row
make_row(uint32_t i, uint64_t changes)
{
    struct row row = { .key = "rwindows" };
    uint64_t window = UINT64_C(0x8000016000000000) + (uint64_t)(i / 58) * 3600000;
    uint64_t hash[2] = { mix(i + 1), mix(i + 1000003) };
    for (int b = 0; b < 8; b++)
        row.key[9 + b] = (unsigned char)(window >> (56 - 8 * b));
    memcpy(row.key + 17, hash, sizeof(hash));
    row.value_n = 36 + hash[0] % 20;
    memset(row.value, 'a' + (int)(i % 26), row.value_n);
    memcpy(row.value + row.value_n - sizeof(changes), &changes, sizeof(changes));
    return row;
}

/* What changes in a round, spread over all rows. */
static uint32_t
changed_row(uint64_t round, uint32_t k)
{
    return (uint32_t)(mix(round * 1000003 + k) % N_ROWS);
}

/* ---- the two ---- */

struct engine {
    const char *name;
    void (*open)(void);
    void (*begin)(void);
    void (*put)(const struct row *row);
    void (*commit)(void);
    uint64_t (*read_all)(void); /* how many rows there are */
    void (*close)(void);
    double ms[N_OPERATIONS][MAX_ROUNDS];
};

static char path[4096];
static struct store *store;
static struct error err;

static void
must(levada_status status)
{
    if (status < 0)
        die("store", err.text);
}

static void
lmdb_open(void)
{
    must(store_open(path, STORE_RUN, &store, &err));
}

static void
lmdb_begin(void)
{
    must(store_begin(store, &err));
}

static void
lmdb_put(const struct row *row)
{
    must(store_put(store, (struct levada_bytes){ row->key, KEY_BYTES },
                   (struct levada_bytes){ row->value, row->value_n }, &err));
}

static void
lmdb_commit(void)
{
    must(store_commit(store, &err));
}

static levada_status
count_row(void *user, struct levada_bytes key, struct levada_bytes value, struct error *error)
{
    uint64_t *n = user;
    (void)key;
    (void)value;
    (void)error;
    ++*n;
    return LEVADA_OK;
}

static uint64_t
lmdb_read_all(void)
{
    uint64_t n = 0;
    must(store_each(store, (struct levada_bytes){ "r", 1 }, count_row, &n, &err));
    return n;
}

static void
lmdb_close(void)
{
    store_close(store);
}

static sqlite3 *db;
static sqlite3_stmt *upsert;

static void
sql(const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        die(text, sqlite3_errmsg(db));
}

static void
prepare(const char *text, sqlite3_stmt **statement)
{
    if (sqlite3_prepare_v2(db, text, -1, statement, NULL) != SQLITE_OK)
        die(text, sqlite3_errmsg(db));
}

static void
sqlite_open(void)
{
    char file[4200];
    snprintf(file, sizeof(file), "%s/store.sqlite", path);
    if (sqlite3_open(file, &db) != SQLITE_OK)
        die(file, sqlite3_errmsg(db));
    sql("PRAGMA journal_mode=WAL");
    sql("PRAGMA synchronous=FULL");
    sql("CREATE TABLE IF NOT EXISTS rows(key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID");
    prepare("INSERT INTO rows VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2", &upsert);
}

static void
sqlite_begin(void)
{
    sql("BEGIN IMMEDIATE");
}

static void
sqlite_put(const struct row *row)
{
    sqlite3_bind_blob(upsert, 1, row->key, KEY_BYTES, SQLITE_STATIC);
    sqlite3_bind_blob(upsert, 2, row->value, (int)row->value_n, SQLITE_STATIC);
    if (sqlite3_step(upsert) != SQLITE_DONE)
        die("upsert", sqlite3_errmsg(db));
    sqlite3_reset(upsert);
}

static void
sqlite_commit(void)
{
    sql("COMMIT");
}

static uint64_t
sqlite_read_all(void)
{
    uint64_t n = 0;
    sqlite3_stmt *all;
    prepare("SELECT key, value FROM rows ORDER BY key", &all);
    while (sqlite3_step(all) == SQLITE_ROW)
        n += sqlite3_column_bytes(all, 0) == KEY_BYTES && sqlite3_column_blob(all, 1) != NULL;
    sqlite3_finalize(all);
    return n;
}

static void
sqlite_close(void)
{
    sqlite3_finalize(upsert);
    sqlite3_close(db);
}

/* ---- measuring ---- */

static void
write_rows(struct engine *engine, enum operation operation, int round, uint32_t n)
{
    uint64_t changes = (uint64_t)round * N_OPERATIONS + operation + 1;
    double start = now_ms();
    engine->begin();
    for (uint32_t k = 0; k < n; k++) {
        struct row row = make_row(n == N_ROWS ? k : changed_row(changes, k), changes);
        engine->put(&row);
    }
    engine->commit();
    engine->ms[operation][round] = now_ms() - start;
}

static void
measure(struct engine *engine, int round)
{
    engine->open();
    write_rows(engine, OPERATION_ALL, round, N_ROWS);
    write_rows(engine, OPERATION_1000, round, 1000);
    write_rows(engine, OPERATION_10000, round, 10000);
    engine->close();
    double start = now_ms();
    engine->open();
    if (engine->read_all() != N_ROWS)
        die(engine->name, "rows are missing");
    engine->ms[OPERATION_RECOVERY][round] = now_ms() - start;
    engine->close();
}

static int
compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double
median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof(*values), compare_doubles);
    return values[n / 2];
}

static double
file_mib(const char *name)
{
    char file[4200];
    struct stat info;
    snprintf(file, sizeof(file), "%s/%s", path, name);
    return stat(file, &info) == 0 ? (double)info.st_size / 1024 / 1024 : 0;
}

int
main(int argc, char **argv)
{
    static struct engine lmdb = { .name = "LMDB",
                                  .open = lmdb_open,
                                  .begin = lmdb_begin,
                                  .put = lmdb_put,
                                  .commit = lmdb_commit,
                                  .read_all = lmdb_read_all,
                                  .close = lmdb_close };
    static struct engine sqlite = { .name = "SQLite",
                                    .open = sqlite_open,
                                    .begin = sqlite_begin,
                                    .put = sqlite_put,
                                    .commit = sqlite_commit,
                                    .read_all = sqlite_read_all,
                                    .close = sqlite_close };
    int rounds = argc > 2 ? atoi(argv[2]) : 7;
    if (argc < 2 || argc > 3 || rounds < 1 || rounds > MAX_ROUNDS) {
        fputs("usage: bench_store FOLDER [ROUNDS]\n", stderr);
        return 64;
    }
    snprintf(path, sizeof(path), "%s", argv[1]);
    mkdir(path, 0700);
    for (int round = 0; round < rounds; round++) {
        measure(&lmdb, round);
        measure(&sqlite, round);
    }
    printf("%-20s %9s %9s %7s\n", "126,749 rows", "LMDB", "SQLite", "ratio");
    for (int o = 0; o < N_OPERATIONS; o++) {
        double a = median(lmdb.ms[o], rounds), b = median(sqlite.ms[o], rounds);
        printf("%-20s %9.1f %9.1f %7.2f\n", operation_names[o], a, b, b / a);
    }
    double a = file_mib("data.mdb"), b = file_mib("store.sqlite");
    printf("%-20s %9.1f %9.1f %7.2f\n", "on disk, MiB", a, b, b / a);
    return 0;
}
