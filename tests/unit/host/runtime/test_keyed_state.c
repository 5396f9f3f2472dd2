/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/keyed_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct error err;

/* ---- a model: a value, or none, for each of so many keys; their order is that of their bytes ----
 */

#define N_KEYS 80u

struct model {
    char value[N_KEYS][24];
    bool there[N_KEYS];
};

static struct levada_bytes
key_of(unsigned k)
{
    static char key[8];
    snprintf(key, sizeof(key), "%03u", k);
    return (struct levada_bytes){ key, 3 };
}

static unsigned
number_of(struct levada_bytes key)
{
    char text[8] = "";
    assert_int_equal(key.n, 3);
    memcpy(text, key.p, key.n);
    return (unsigned)strtoul(text, NULL, 10);
}

static struct levada_bytes
value_in(const struct model *model, unsigned k)
{
    if (!model->there[k])
        return (struct levada_bytes){ NULL, 0 };
    return (struct levada_bytes){ model->value[k], strlen(model->value[k]) };
}

/* ---- what is older: the model of the last save, as a source ---- */

static levada_status
source_get(void *user, struct levada_bytes key, struct levada_bytes *value, struct error *error)
{
    (void)error;
    *value = value_in(user, number_of(key));
    return LEVADA_OK;
}

static levada_status
source_next(void *user, struct levada_bytes after, struct levada_bytes *key,
            struct levada_bytes *value, struct error *error)
{
    static char text[8];
    (void)error;
    *key = *value = (struct levada_bytes){ NULL, 0 };
    for (unsigned k = after.p != NULL ? number_of(after) + 1 : 0; k < N_KEYS; k++) {
        if (!((const struct model *)user)->there[k])
            continue;
        snprintf(text, sizeof(text), "%03u", k);
        *key = (struct levada_bytes){ text, 3 };
        *value = value_in(user, k);
        break;
    }
    return LEVADA_OK;
}

static levada_status
source_fails(void *user, struct levada_bytes key, struct levada_bytes *value, struct error *error)
{
    (void)user;
    (void)key;
    (void)value;
    return error_set(error, LEVADA_IO, "disk");
}

static levada_status
source_next_fails(void *user, struct levada_bytes after, struct levada_bytes *key,
                  struct levada_bytes *value, struct error *error)
{
    (void)key;
    return source_fails(user, after, value, error);
}

/* ---- comparing ---- */

static void
assert_same(struct levada_bytes value, struct levada_bytes expected)
{
    assert_int_equal(value.p == NULL, expected.p == NULL);
    assert_int_equal(value.n, expected.n);
    if (expected.n > 0)
        assert_memory_equal(value.p, expected.p, expected.n);
}

static void
assert_as_model(struct keyed_state *state, const struct model *model)
{
    struct levada_bytes key, value, after = { NULL, 0 };
    char last[8];
    for (unsigned k = 0; k < N_KEYS; k++) {
        assert_int_equal(keyed_state_get(state, key_of(k), &value, &err), LEVADA_OK);
        assert_same(value, value_in(model, k));
    }
    for (unsigned k = 0; k <= N_KEYS; k++) {
        if (k < N_KEYS && !model->there[k])
            continue;
        assert_int_equal(keyed_state_next(state, after, &key, &value, &err), LEVADA_OK);
        if (k == N_KEYS) {
            assert_null(key.p);
            break;
        }
        assert_int_equal(number_of(key), k);
        assert_same(value, value_in(model, k));
        memcpy(last, key.p, key.n);
        after = (struct levada_bytes){ last, key.n };
    }
}

static void
change(struct keyed_state *state, struct model *model)
{
    unsigned k = (unsigned)rand() % N_KEYS;
    model->there[k] = rand() % 3 != 0;
    if (model->there[k])
        snprintf(model->value[k], sizeof(model->value[k]), "%.*d", rand() % 4, rand());
    assert_int_equal(keyed_state_put(state, key_of(k), value_in(model, k), &err), LEVADA_OK);
}

static levada_status
apply(void *user, struct levada_bytes key, struct levada_bytes value, struct error *error)
{
    struct model *saved = user;
    unsigned k = number_of(key);
    (void)error;
    saved->there[k] = value.p != NULL;
    snprintf(saved->value[k], sizeof(saved->value[k]), "%.*s", (int)value.n,
             value.p != NULL ? (const char *)value.p : "");
    return LEVADA_OK;
}

static void
random_rounds(bool with_store)
{
    static struct model saved, committed, open;
    saved = committed = (struct model){ .there = { false } };
    struct keyed_state *state = keyed_state_create();
    struct keyed_source source = { source_get, source_next, &saved };
    assert_non_null(state);
    keyed_state_set_source(state, with_store ? &source : NULL);
    for (unsigned round = 0; round < 1500; round++) {
        open = committed;
        for (int n = rand() % 12; n > 0; n--)
            change(state, &open);
        assert_as_model(state, &open);
        if (rand() % 3 == 0) {
            keyed_state_rollback(state);
        } else {
            keyed_state_commit(state);
            committed = open;
        }
        assert_as_model(state, &committed);
        if (rand() % 5 != 0)
            continue;
        if (!with_store)
            saved = (struct model){ .there = { false } };
        assert_int_equal(keyed_state_changes(state, apply, &saved, &err), LEVADA_OK);
        assert_memory_equal(saved.there, committed.there, sizeof(saved.there));
        keyed_state_saved(state);
        assert_as_model(state, &committed);
    }
    keyed_state_destroy(state);
}

static void
does_what_a_simple_model_does_without_a_store(void **unused)
{
    (void)unused;
    srand(1);
    random_rounds(false);
}

static void
does_what_a_simple_model_does_with_a_store(void **unused)
{
    (void)unused;
    srand(2);
    random_rounds(true);
}

/* ---- corners ---- */

static struct levada_bytes
text(const char *s)
{
    return (struct levada_bytes){ s, strlen(s) };
}

static void
an_empty_value_is_not_a_deleted_one(void **unused)
{
    (void)unused;
    struct keyed_state *state = keyed_state_create();
    struct levada_bytes value;
    assert_int_equal(keyed_state_put(state, text("k"), text(""), &err), LEVADA_OK);
    assert_int_equal(keyed_state_get(state, text("k"), &value, &err), LEVADA_OK);
    assert_non_null(value.p);
    assert_int_equal(value.n, 0);
    keyed_state_destroy(state);
}

static void
keys_are_bytes(void **unused)
{
    (void)unused;
    static const struct levada_bytes keys[] = {
        { "", 0 }, { "\0", 1 }, { "\0\0", 2 }, { "a", 1 }, { "a\0", 2 }, { "b", 1 }, { "\xff", 1 },
    };
    size_t n = sizeof(keys) / sizeof(*keys);
    struct keyed_state *state = keyed_state_create();
    struct levada_bytes key, value, after = { NULL, 0 };
    for (size_t i = n; i > 0; i--)
        assert_int_equal(keyed_state_put(state, keys[i - 1], text("v"), &err), LEVADA_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(keyed_state_next(state, after, &key, &value, &err), LEVADA_OK);
        assert_same(key, keys[i]);
        after = keys[i];
    }
    assert_int_equal(keyed_state_next(state, after, &key, &value, &err), LEVADA_OK);
    assert_null(key.p);
    keyed_state_destroy(state);
}

static void
what_was_put_may_change_afterwards(void **unused)
{
    (void)unused;
    char key[] = "key", value[] = "value";
    struct levada_bytes found;
    struct keyed_state *state = keyed_state_create();
    assert_int_equal(keyed_state_put(state, text(key), text(value), &err), LEVADA_OK);
    key[0] = value[0] = '?';
    assert_int_equal(keyed_state_get(state, text("key"), &found, &err), LEVADA_OK);
    assert_same(found, text("value"));
    keyed_state_destroy(state);
}

static void
a_store_that_fails_is_passed_on_and_changes_nothing(void **unused)
{
    (void)unused;
    struct keyed_source source = { source_fails, source_next_fails, NULL };
    struct levada_bytes key, value;
    struct keyed_state *state = keyed_state_create();
    keyed_state_set_source(state, &source);
    assert_int_equal(keyed_state_put(state, text("k"), text("v"), &err), LEVADA_OK);
    assert_int_equal(keyed_state_get(state, text("k"), &value, &err), LEVADA_OK);
    assert_int_equal(keyed_state_get(state, text("j"), &value, &err), LEVADA_IO);
    assert_string_equal(err.text, "disk");
    assert_int_equal(keyed_state_next(state, (struct levada_bytes){ NULL, 0 }, &key, &value, &err),
                     LEVADA_IO);
    keyed_state_rollback(state);
    assert_int_equal(keyed_state_get(state, text("k"), &value, &err), LEVADA_IO);
    keyed_state_destroy(state);
}

static levada_status
refuse(void *user, struct levada_bytes key, struct levada_bytes value, struct error *error)
{
    (void)key;
    (void)value;
    ++*(int *)user;
    return error_set(error, LEVADA_IO, "full");
}

static void
a_save_that_fails_is_tried_again_with_all(void **unused)
{
    (void)unused;
    static struct model saved;
    int n = 0;
    struct keyed_state *state = keyed_state_create();
    assert_int_equal(keyed_state_put(state, key_of(1), text("1"), &err), LEVADA_OK);
    assert_int_equal(keyed_state_put(state, key_of(2), text("2"), &err), LEVADA_OK);
    keyed_state_commit(state);
    assert_int_equal(keyed_state_changes(state, refuse, &n, &err), LEVADA_IO);
    assert_int_equal(n, 1);
    assert_int_equal(keyed_state_changes(state, apply, &saved, &err), LEVADA_OK);
    assert_true(saved.there[1] && saved.there[2]);
    keyed_state_destroy(state);
}

static levada_status
count(void *user, struct levada_bytes key, struct levada_bytes value, struct error *error)
{
    (void)key, (void)value, (void)error;
    ++*(int *)user;
    return LEVADA_OK;
}

static int
changes_kept(struct keyed_state *state)
{
    int n = 0;
    assert_int_equal(keyed_state_changes(state, count, &n, &err), LEVADA_OK);
    return n;
}

static void
without_a_store_deleted_keys_take_no_memory(void **unused)
{
    (void)unused;
    const struct levada_bytes none = { NULL, 0 };
    struct keyed_state *state = keyed_state_create();
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned k = 0; k < N_KEYS; k++) {
            assert_int_equal(keyed_state_put(state, key_of(k), text("v"), &err), LEVADA_OK);
            if (k % 3 == round % 3) /* in the same callback */
                assert_int_equal(keyed_state_put(state, key_of(k), none, &err), LEVADA_OK);
        }
        keyed_state_commit(state);
        for (unsigned k = 0; k < N_KEYS; k++)
            assert_int_equal(keyed_state_put(state, key_of(k), none, &err), LEVADA_OK);
        keyed_state_rollback(state);
        assert_int_equal(changes_kept(state), (int)(N_KEYS - (N_KEYS + 2 - round) / 3));
        for (unsigned k = 0; k < N_KEYS; k++)
            assert_int_equal(keyed_state_put(state, key_of(k), none, &err), LEVADA_OK);
        keyed_state_commit(state);
        assert_int_equal(changes_kept(state), 0);
    }
    keyed_state_destroy(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_what_a_simple_model_does_without_a_store),
        cmocka_unit_test(does_what_a_simple_model_does_with_a_store),
        cmocka_unit_test(an_empty_value_is_not_a_deleted_one),
        cmocka_unit_test(keys_are_bytes),
        cmocka_unit_test(what_was_put_may_change_afterwards),
        cmocka_unit_test(a_store_that_fails_is_passed_on_and_changes_nothing),
        cmocka_unit_test(without_a_store_deleted_keys_take_no_memory),
        cmocka_unit_test(a_save_that_fails_is_tried_again_with_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
