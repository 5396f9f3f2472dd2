/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/conformance.h"

#include "base/clock.h"
#include "base/strbuf.h"
#include "conformance/child.h"
#include "conformance/report.h"
#include "conformance/targets.h"
#include "loader/loader.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

struct suite {
    const struct conformance_setup *setup;
    struct report report;
    struct verdict *shared;
    char closed_by[800]; /* why the rest of the file's or stage's cases is skipped; or "" */
};

/* Is it the case, or the group of it, whose name are the @n bytes? */
static bool
is_called(const struct test_case *test, const char *name, size_t n)
{
    return n > 0 && strncmp(test->name, name, n) == 0 &&
           (test->name[n] == '\0' || test->name[n] == '.');
}

/* "load,data.shared": all of a group, and one case. */
static bool
is_in(const char *list, const struct test_case *test)
{
    while (list != NULL && *list != '\0') {
        size_t n = strcspn(list, ",");
        if (is_called(test, list, n))
            return true;
        list += n + (list[n] == ',');
    }
    return false;
}

static bool
is_known(const char *name, size_t n)
{
    for (const struct test_case *const *group = conformance_cases; *group != NULL; group++) {
        for (const struct test_case *test = *group; test->name != NULL; test++) {
            if (is_called(test, name, n))
                return true;
        }
    }
    return false;
}

/* False: a name in it is none, as is told then. */
static bool
are_known(const char *option, const char *list)
{
    if (list == NULL)
        return true;
    do {
        size_t n = strcspn(list, ",");
        if (!is_known(list, n)) {
            fprintf(stderr, "levada: --%s: no case or group of cases is called \"%.*s\"\n", option,
                    (int)n, list);
            return false;
        }
        list += n + (list[n] == ',');
    } while (*list != '\0');
    return true;
}

static void
skip(struct suite *suite, const char *why)
{
    memset(suite->shared, 0, sizeof(*suite->shared));
    verdict = suite->shared;
    verdict_skip("%s", why);
}

static void
try_case(struct suite *suite, const struct test_case *test, const char *stage)
{
    int64_t started_ns = clock_system.monotonic_ns(&clock_system);
    bool is_left_out = is_in(suite->setup->except, test);
    if (suite->setup->only != NULL && !is_in(suite->setup->only, test))
        return;
    if (is_left_out)
        skip(suite, "left out by --except");
    else if (suite->closed_by[0] != '\0')
        skip(suite, suite->closed_by);
    else
        child_run(suite->setup, test, stage, suite->shared);
    const struct verdict *found = suite->shared;
    report_case(&suite->report, test, stage, found,
                (double)(clock_system.monotonic_ns(&clock_system) - started_ns) / 1e9);
    if (!test->is_gate || is_left_out || suite->closed_by[0] != '\0')
        return;
    if (found->outcome == OUTCOME_FAULT)
        snprintf(suite->closed_by, sizeof(suite->closed_by), "not tried after %s", test->name);
    else if (found->outcome == OUTCOME_SKIP)
        snprintf(suite->closed_by, sizeof(suite->closed_by), "%s", found->text);
}

static bool
is_for(const struct test_case *test, const struct levada_stage *op)
{
    if (op == NULL)
        return test->of == CASE_OF_FILE;
    return test->of == CASE_OF_STAGE ||
           test->of == (op->kind == LEVADA_SOURCE ? CASE_OF_SOURCE : CASE_OF_TAKER);
}

static void
try_all(struct suite *suite, const char *stage, const struct levada_stage *op)
{
    for (const struct test_case *const *group = conformance_cases; *group != NULL; group++) {
        for (const struct test_case *test = *group; test->name != NULL; test++) {
            if (is_for(test, op))
                try_case(suite, test, stage);
        }
    }
}

/* Which kind a stage is of is known to its code alone, which does not run in this process. */
static void
tell_kind(struct rig *rig)
{
    if (rig_open(rig))
        snprintf(verdict->text, sizeof(verdict->text), "%u", rig->op.kind);
}

static uint32_t
kind_of(struct suite *suite, const char *stage)
{
    static const struct test_case question = { .name = "kind", .run = tell_kind };
    child_run(suite->setup, &question, stage, suite->shared);
    return suite->shared->outcome == OUTCOME_PASS ? (uint32_t)strtoul(suite->shared->text, NULL, 10)
                                                  : 0;
}

static void
try_stages(struct suite *suite, const struct plugin_file *plugin)
{
    for (size_t s = 0; s < plugin->n_stages; s++) {
        const struct levada_stage op = { .kind = kind_of(suite, plugin->stages[s]) };
        suite->closed_by[0] = '\0';
        try_all(suite, plugin->stages[s], &op);
    }
}

static int
run_suite(struct suite *suite, const struct plugin_file *plugin)
{
    struct strbuf xml = { 0 };
    report_start(&suite->report, &xml);
    try_all(suite, NULL, NULL);
    if (suite->closed_by[0] == '\0')
        try_stages(suite, plugin);
    report_end(&suite->report);
    strbuf_finish(&xml);
    return suite->report.n_faults > 0;
}

int
conformance_run(const struct conformance_setup *setup)
{
    struct suite suite = {
        .setup = setup,
        .report = { .format = setup->format, .file = setup->file, .seed = setup->seed }
    };
    struct plugin_file plugin;
    if (!are_known("only", setup->only) || !are_known("except", setup->except))
        return EX_USAGE;
    if (access(setup->file, R_OK) != 0) {
        fprintf(stderr, "levada: cannot read %s: %s\n", setup->file, strerror(errno));
        return EX_NOINPUT;
    }
    suite.shared = mmap(NULL, sizeof(*suite.shared), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (suite.shared == MAP_FAILED) {
        fprintf(stderr, "levada: out of memory\n");
        return EX_SOFTWARE;
    }
    plugin_file_read(setup->file, &plugin);
    int code = targets_are_there(setup, &plugin) ? run_suite(&suite, &plugin) : EX_USAGE;
    plugin_file_finish(&plugin);
    munmap(suite.shared, sizeof(*suite.shared));
    return code;
}
