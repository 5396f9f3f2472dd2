/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/object.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct object object;
static struct error err;

static int
tear_down(void **state)
{
    (void)state;
    object_finish(&object);
    return 0;
}

static bool
has(char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static void
knows_what_a_plugin_exports_and_imports(void **state)
{
    (void)state;
    assert_int_equal(object_read(FIXTURES "/counts.so", &object, &err), LEVADA_OK);
    assert_int_equal(object.n_exports, 1);
    assert_string_equal(object.exports[0], "levada_module_v1");
    assert_false(object.executable_stack);
    assert_false(object.text_relocations);
    assert_int_equal(object_check_imports(&object, FIXTURES "/counts.so", &err), LEVADA_OK);
}

static void
names_a_symbol_that_no_library_has(void **state)
{
    (void)state;
    assert_int_equal(object_read(FIXTURES "/unresolved_symbol.so", &object, &err), LEVADA_OK);
    assert_true(has(object.imports, object.n_imports, "nobody_has_this"));
    assert_int_equal(object_check_imports(&object, FIXTURES "/unresolved_symbol.so", &err),
                     LEVADA_CONFIG);
    assert_non_null(strstr(err.text, "nobody_has_this"));
}

static void
refuses_what_is_no_object(void **state)
{
    (void)state;
    assert_int_equal(object_read("/dev/null", &object, &err), LEVADA_CONFIG);
    assert_string_equal(err.text, "expected a shared object, found no ELF file");
    assert_int_equal(object_read(FIXTURES "/not_there.so", &object, &err), LEVADA_CONFIG);
}

/* A file cut off at any place is refused or read, and nothing behind its end is. */
static void
bears_a_file_that_is_cut_off(void **state)
{
    (void)state;
    static char bytes[1 << 20];
    char path[64];
    FILE *file = fopen(FIXTURES "/counts.so", "rb");
    assert_non_null(file);
    size_t n = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    int fd = memfd_create("cut", MFD_CLOEXEC);
    assert_true(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    for (size_t size = n; size > 0; size -= size > 97 ? 97 : size) {
        assert_int_equal(ftruncate(fd, (off_t)size), 0);
        if (object_read(path, &object, &err) != LEVADA_OK)
            assert_int_equal(err.status, LEVADA_CONFIG);
        object_finish(&object);
    }
    close(fd);
}

/* Each number of the header and of the tables behind it, made large. */
static void
bears_numbers_that_lie(void **state)
{
    (void)state;
    static unsigned char bytes[1 << 20];
    char path[64];
    FILE *file = fopen(FIXTURES "/counts.so", "rb");
    assert_non_null(file);
    size_t n = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    int fd = memfd_create("lies", MFD_CLOEXEC);
    assert_true(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    size_t tables = n > 2200 ? n - 2200 : 64; /* the section headers stand last */
    for (size_t at = 16; at < n; at = at == 62 ? tables : at + 2) {
        const unsigned char lie[2] = { 0xf8, 0x7f };
        assert_int_equal(pwrite(fd, lie, 2, (off_t)at), 2);
        if (object_read(path, &object, &err) != LEVADA_OK)
            assert_true(err.status < 0);
        object_finish(&object);
        assert_int_equal(pwrite(fd, bytes + at, 2, (off_t)at), 2);
    }
    close(fd);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(knows_what_a_plugin_exports_and_imports),
        TEST(names_a_symbol_that_no_library_has),
        TEST(refuses_what_is_no_object),
        TEST(bears_a_file_that_is_cut_off),
        TEST(bears_numbers_that_lie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
