/* SPDX-License-Identifier: Apache-2.0 */
#include "state/store.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "folder.h"

/*
 * A store of several checkpoints, with small values and with some that fill pages of their own, in
 * which old pages have become free; then its file is damaged in every way that a disk knows.
 */
#define N_KEYS 240u
#define LAST 7u /* checkpoints that were written, from 1 */
#define HEADS                                                                                      \
    (2 * 4096) /* the first bytes say where the newest checkpoint is, and the one before */

static unsigned char *image; /* data.mdb */
static size_t image_n;

/* What key @k has after checkpoint @at: each changes a third of the keys. */
static size_t
value_of(unsigned k, unsigned at, char *value)
{
    unsigned changed = at;
    while (changed > 1 && k % 3 != changed % 3)
        changed--;
    size_t n = k % 40 == 0 ? 5000 : 60 + k % 7;
    memset(value, (int)('a' + (k * 5 + changed) % 26), n);
    return n;
}

static void
write_checkpoint(struct store *store, unsigned at)
{
    char key[16], value[5000];
    assert_int_equal(store_begin(store, &err), LEVADA_OK);
    for (unsigned k = 0; k < N_KEYS; k++) {
        if (at > 1 && k % 3 != at % 3)
            continue;
        snprintf(key, sizeof(key), "k%04u", k);
        struct levada_bytes bytes = { value, value_of(k, at, value) };
        assert_int_equal(store_put(store, bytes_of(key), bytes, &err), LEVADA_OK);
    }
    assert_int_equal(store_commit(store, &err), LEVADA_OK);
}

static void
write_image(const unsigned char *bytes, size_t n)
{
    int fd = open(folder_path("data.mdb"), O_CREAT | O_TRUNC | O_WRONLY, 0640);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
}

static int
make_image(void **state)
{
    struct stat info;
    if (folder_make(state) != 0)
        return -1;
    struct store *store = open_store(STORE_RUN);
    for (unsigned at = 1; at <= LAST; at++)
        write_checkpoint(store, at);
    store_close(store);
    int fd = open(folder_path("data.mdb"), O_RDONLY);
    if (fd < 0 || fstat(fd, &info) != 0)
        return -1;
    image_n = (size_t)info.st_size;
    image = malloc(image_n);
    ssize_t n = read(fd, image, image_n);
    close(fd);
    return n == (ssize_t)image_n ? 0 : -1;
}

static int
free_image(void **state)
{
    free(image);
    return folder_remove(state);
}

struct comparison {
    unsigned at, n;
    bool same;
};

static levada_status
compare_one(void *user, struct levada_bytes key, struct levada_bytes stored, struct error *error)
{
    struct comparison *comparison = user;
    char text[16], value[5000];
    (void)error;
    if (*(const char *)key.p == '\0')
        return LEVADA_OK;
    snprintf(text, sizeof(text), "k%04u", comparison->n);
    size_t n = value_of(comparison->n, comparison->at, value);
    comparison->same = comparison->same && key.n == strlen(text) &&
                       memcmp(key.p, text, key.n) == 0 && stored.n == n &&
                       memcmp(stored.p, value, n) == 0;
    comparison->n++;
    return LEVADA_OK;
}

/* 0: not the state after @at; 1: it is; < 0: an entry was refused. */
static int
holds(struct store *store, unsigned at)
{
    struct comparison comparison = { .at = at, .same = true };
    levada_status status = store_each(store, bytes_of(""), compare_one, &comparison, &err);
    if (status < 0)
        return status;
    return comparison.same && comparison.n == N_KEYS;
}

/* Opens what lies there; it is refused, or it is a checkpoint that was written, and works on. */
static void
judge(size_t offset, unsigned *n_refused)
{
    struct store *store = NULL;
    unsigned at = LAST;
    if (store_open(folder, STORE_RUN, &store, &err) < 0) {
        assert_int_equal(err.status, LEVADA_REJECT);
        ++*n_refused;
        return;
    }
    int same = holds(store, at);
    if (same == 0 && offset < HEADS)
        same = holds(store, --at); /* as if the last checkpoint had not been taken */
    if (same == 0)
        fail_msg("damage at byte %zu gave other values", offset);
    if (same < 0) {
        ++*n_refused;
        store_close(store);
        return;
    }
    write_checkpoint(store, at + 1);
    if (holds(store, at + 1) != 1)
        fail_msg("damage at byte %zu was not seen until it did harm: %s", offset, err.text);
    store_close(store);
    store = NULL;
    if (store_open(folder, STORE_RUN, &store, &err) == LEVADA_OK && holds(store, at + 1) == 0)
        fail_msg("damage at byte %zu gave other values later", offset);
    store_close(store);
}

static void
try_flip(size_t offset, unsigned char bits, unsigned *n_refused)
{
    image[offset] ^= bits;
    write_image(image, image_n);
    image[offset] ^= bits;
    judge(offset, n_refused);
}

static void
a_flipped_byte_is_refused_or_does_no_harm(void **state)
{
    (void)state;
    unsigned n_refused = 0;
    for (size_t offset = 0; offset < image_n; offset += 64)
        try_flip(offset, offset % 128 == 0 ? 0xff : 0x04, &n_refused);
    assert_true(n_refused > image_n / 64 / 4);
}

/* Their places in the file are fixed: all of what LMDB reads of the two heads. */
static void
a_flipped_byte_of_a_head_goes_back_one_checkpoint_at_most(void **state)
{
    (void)state;
    unsigned n_refused = 0;
    for (size_t offset = 0; offset < 160; offset++) {
        try_flip(offset, 0x01, &n_refused);
        try_flip(4096 + offset, 0x02, &n_refused);
        try_flip(4096 + offset, 0x80, &n_refused);
    }
    assert_true(n_refused > 20);
}

static void
a_file_that_was_cut_is_refused_unless_only_free_pages_are_gone(void **state)
{
    (void)state;
    unsigned n_refused = 0;
    for (size_t n = 0; n < image_n; n += 509) {
        write_image(image, n);
        judge(image_n, &n_refused);
    }
    assert_true(n_refused > image_n / 509 / 2);
}

static void
an_empty_file_is_no_new_checkpoint(void **state)
{
    (void)state;
    write_image(image, 0);
    assert_int_equal(try_open(STORE_RUN), LEVADA_REJECT);
    assert_int_equal(try_open(STORE_READ), LEVADA_REJECT);
}

static void
other_bytes_are_refused(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        unsigned char noise[3 * 4096];
        srand(seed);
        for (size_t i = 0; i < sizeof(noise); i++)
            noise[i] = (unsigned char)rand();
        write_image(noise, sizeof(noise));
        assert_int_equal(try_open(STORE_RUN), LEVADA_REJECT);
        assert_int_equal(try_open(STORE_READ), LEVADA_REJECT);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flipped_byte_is_refused_or_does_no_harm),
        cmocka_unit_test(a_flipped_byte_of_a_head_goes_back_one_checkpoint_at_most),
        cmocka_unit_test(a_file_that_was_cut_is_refused_unless_only_free_pages_are_gone),
        cmocka_unit_test(an_empty_file_is_no_new_checkpoint),
        cmocka_unit_test(other_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, make_image, free_image);
}
