/* SPDX-License-Identifier: Apache-2.0 */
/* Without memory: what plans and prepares pipelines finds none, as it is wrapped here. */
#include "cli/load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TWO_WORKERS                                                                                \
    "pipeline: { name = \"p\"; tasks = 2; stages = ( { name = \"s\"; plugin = \"s\"; } ); };\n"

static unsigned n_plans; /* that have memory yet */
static char path[] = "/tmp/levada-test-XXXXXX";

struct pipeline *__real_pipeline_plan(const struct pipeline_spec *spec,
                                      const struct pipeline_context *context,
                                      struct problems *problems);

struct pipeline *
__wrap_pipeline_plan(const struct pipeline_spec *spec, const struct pipeline_context *context,
                     struct problems *problems)
{
    if (n_plans == 0)
        return NULL;
    n_plans--;
    struct problems ignored = { 0 };
    struct pipeline *pipeline = __real_pipeline_plan(spec, context, &ignored);
    problems_finish(&ignored);
    (void)problems;
    return pipeline;
}

bool
__wrap_pipeline_prepare(struct pipeline *pipeline, void (*on_progress)(void *, const char *),
                        void *user)
{
    (void)pipeline, (void)on_progress, (void)user;
    return false;
}

static int
make_file(void **state)
{
    int fd = mkstemp(path);
    (void)state;
    return fd < 0 || write(fd, TWO_WORKERS, strlen(TWO_WORKERS)) < 0 || close(fd) < 0;
}

static int
remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

/* Also gives up @loaded. */
static void
assert_is_told(struct loaded *loaded)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    problems_print(&loaded->problems, out, 0);
    fclose(out);
    assert_string_equal(text, "levada: error: out of memory\n");
    assert_int_equal(problems_exit_code(&loaded->problems), 70);
    free(text);
    load_finish(loaded);
}

static void
that_memory_is_out_is_told_wherever_it_is(void **state)
{
    char *operand = path;
    const struct arguments arguments = { .operands = &operand, .n_operands = 1 };
    struct loaded loaded;
    (void)state;
    n_plans = 0;
    assert_true(load_pipelines(&loaded, &arguments));
    assert_is_told(&loaded);

    n_plans = 1;
    assert_true(load_pipelines(&loaded, &arguments));
    assert_int_equal(loaded.problems.n_errors, 0);
    load_workers(&loaded, &arguments);
    assert_is_told(&loaded);

    n_plans = 1;
    assert_true(load_pipelines(&loaded, &arguments));
    load_prepare(&loaded);
    assert_is_told(&loaded);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(that_memory_is_out_is_told_wherever_it_is),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
