/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/descriptor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct error err;

static levada_status
process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    (void)self;
    (void)call;
    (void)port;
    (void)batch;
    return LEVADA_OK;
}

static levada_status
poll(void *self, struct levada_call *call, uint32_t max_records, uint32_t wait_ms)
{
    (void)self;
    (void)call;
    (void)max_records;
    (void)wait_ms;
    return LEVADA_END;
}

static levada_status
merge(void *self, struct levada_call *call, const struct levada_slots *pairs)
{
    (void)self, (void)call, (void)pairs;
    return LEVADA_OK;
}

static levada_status
rows(void *self, struct levada_call *call, struct levada_batch *batch,
     const struct levada_slots *slots)
{
    (void)self;
    (void)call;
    (void)batch;
    (void)slots;
    return LEVADA_OK;
}

static struct levada_stage
transform(void)
{
    return (struct levada_stage){
        .struct_size = sizeof(struct levada_stage),
        .kind = LEVADA_TRANSFORM,
        .id = "one",
        .summary = "Does nothing.",
        .process = process,
    };
}

static void
assert_says(levada_status status, const char *why)
{
    assert_int_equal(status, LEVADA_FATAL);
    if (strstr(err.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void
assert_stage_refused(const struct levada_stage *stage, const char *why)
{
    assert_says(descriptor_check_stage(stage, "one", &err), why);
}

static void
assert_stage_accepted(const struct levada_stage *stage)
{
    if (descriptor_check_stage(stage, "one", &err) != LEVADA_OK)
        fail_msg("%s", err.text);
}

/* ---- modules ---- */

static char *names[] = { (char *)"one", (char *)"two" };
static const struct plugin_file file = {
    .path = (char *)"/plugins/file.so",
    .major = 1,
    .need = 0,
    .version = (char *)"1.0",
    .stages = names,
    .n_stages = 2,
};
static const struct levada_stage *const two_stages[2];

static struct levada_module
module(void)
{
    return (struct levada_module){
        .struct_size = sizeof(struct levada_module),
        .abi_major = 1,
        .n_stages = 2,
        .names = "one two",
        .version = "1.0",
        .license = "Apache-2.0",
        .stages = two_stages,
    };
}

static void
accepts_a_module_that_is_as_its_note(void **state)
{
    (void)state;
    struct levada_module it = module();
    assert_int_equal(descriptor_check_module(&it, &file, &err), LEVADA_OK);
}

static void
refuses_a_module_that_differs_from_its_note(void **state)
{
    (void)state;
    static const char *const other_names[] = { "",        "one",      "one two three",
                                               "two one", "one twoo", "one  two" };
    for (size_t i = 0; i < sizeof(other_names) / sizeof(*other_names); i++) {
        struct levada_module it = module();
        it.names = other_names[i];
        assert_says(descriptor_check_module(&it, &file, &err), "in its note");
    }
    struct levada_module it = module();
    it.version = "1.1";
    assert_says(descriptor_check_module(&it, &file, &err), "expected version 1.0");
    it = module();
    it.abi_need = 3;
    assert_says(descriptor_check_module(&it, &file, &err),
                "expected ABI 1.0 as in its note, found 1.3");
    it = module();
    it.n_stages = 1;
    assert_says(descriptor_check_module(&it, &file, &err), "expected the 2 stages");
    it = module();
    it.stages = NULL;
    assert_says(descriptor_check_module(&it, &file, &err), "expected the 2 stages");
    it = module();
    it.license = NULL;
    assert_says(descriptor_check_module(&it, &file, &err), "licence");
}

static void
refuses_module_sizes_that_make_no_sense(void **state)
{
    (void)state;
    static const uint32_t sizes[] = { 0, 8, sizeof(struct levada_module) - 8, 1u << 20,
                                      sizeof(struct levada_module) + 1 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct levada_module it = module();
        it.struct_size = sizes[i];
        assert_says(descriptor_check_module(&it, &file, &err), "expected a module of");
    }
}

static void
refuses_a_module_with_a_tail_that_is_not_zero(void **state)
{
    (void)state;
    struct {
        struct levada_module known;
        uint64_t unknown;
    } grown = { module(), 0 };
    grown.known.struct_size = sizeof(grown);
    assert_int_equal(descriptor_check_module(&grown.known, &file, &err), LEVADA_OK);
    grown.unknown = 1;
    assert_says(descriptor_check_module(&grown.known, &file, &err), "does not know");
}

/* ---- copies of stages ---- */

static void
copies_a_stage_of_its_own_size(void **state)
{
    (void)state;
    struct levada_stage theirs = transform(), ours;
    assert_int_equal(descriptor_copy_stage(&theirs, &ours, &err), LEVADA_OK);
    assert_int_equal(ours.struct_size, sizeof(ours));
    assert_string_equal(ours.id, "one");
    assert_ptr_equal(ours.process, process);
}

static void
copies_what_it_knows_of_a_stage_of_a_newer_header(void **state)
{
    (void)state;
    struct {
        struct levada_stage known;
        uint64_t unknown[2];
    } theirs = { transform(), { 0 } };
    struct levada_stage ours;
    theirs.known.struct_size = sizeof(theirs);
    assert_int_equal(descriptor_copy_stage(&theirs.known, &ours, &err), LEVADA_OK);
    assert_int_equal(ours.struct_size, sizeof(ours));
    theirs.unknown[1] = 1;
    assert_says(descriptor_copy_stage(&theirs.known, &ours, &err), "does not know");
}

static void
refuses_stage_sizes_that_make_no_sense(void **state)
{
    (void)state;
    static const uint32_t sizes[] = { 0, 8, sizeof(struct levada_stage) - 8, 1u << 20,
                                      sizeof(struct levada_stage) + 1 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct levada_stage theirs = transform(), ours;
        theirs.struct_size = sizes[i];
        assert_says(descriptor_copy_stage(&theirs, &ours, &err), "expected a stage of");
    }
}

/* ---- stages ---- */

static void
accepts_each_kind(void **state)
{
    (void)state;
    static const char *const outputs[] = { "main", "other" };
    struct levada_stage it = transform();
    assert_stage_accepted(&it);
    it.n_inputs = 2;
    it.n_outputs = 2;
    it.output_names = outputs;
    it.kind = LEVADA_JOIN;
    it.caps = LEVADA_CAP_STATE;
    assert_stage_accepted(&it);
    it = transform();
    it.kind = LEVADA_AGGREGATE;
    it.caps = LEVADA_CAP_TABLE;
    it.rows = rows;
    assert_stage_accepted(&it);
    it = transform();
    it.kind = LEVADA_SINK;
    it.caps = LEVADA_CAP_TXN | LEVADA_CAP_IDEMPOTENT | LEVADA_CAP_STDOUT;
    assert_stage_accepted(&it);
    it = transform();
    it.kind = LEVADA_SOURCE;
    it.process = NULL;
    it.poll = poll;
    it.caps = LEVADA_CAP_REPLAY;
    assert_stage_accepted(&it);
}

static void
refuses_another_id_than_in_the_note(void **state)
{
    (void)state;
    struct levada_stage it = transform();
    it.id = "two";
    assert_stage_refused(&it, "expected the id \"one\" as in its note, found \"two\"");
    it.id = NULL;
    assert_stage_refused(&it, "expected the id \"one\"");
}

static void
refuses_unknown_kinds(void **state)
{
    (void)state;
    struct levada_stage it = transform();
    it.kind = 0;
    assert_stage_refused(&it, "expected a kind from 1 to 5, found 0");
    it.kind = 6;
    assert_stage_refused(&it, "found 6");
}

static void
refuses_missing_callbacks(void **state)
{
    (void)state;
    struct levada_stage it = transform();
    it.process = NULL;
    for (it.kind = LEVADA_TRANSFORM; it.kind <= LEVADA_SINK; it.kind++)
        assert_stage_refused(&it, "expected process()");
    it = transform();
    it.kind = LEVADA_SOURCE;
    assert_stage_refused(&it, "poll()");
}

static void
refuses_capabilities_that_do_not_fit(void **state)
{
    (void)state;
    struct levada_stage it = transform();
    it.caps = 1u << 31;
    assert_stage_refused(&it, "0x80000000");
    it.caps = LEVADA_CAP_TABLE;
    assert_stage_refused(&it, "LEVADA_CAP_TABLE is not for");
    it.caps = LEVADA_CAP_TXN;
    assert_stage_refused(&it, "LEVADA_CAP_TXN is not for");
    it.caps = LEVADA_CAP_REPLAY;
    assert_stage_refused(&it, "LEVADA_CAP_REPLAY is not for");
    it.caps = 0;
    it.rows = rows;
    assert_stage_refused(&it, "rows() needs LEVADA_CAP_TABLE");
    it.rows = NULL;
    it.merge = merge;
    assert_stage_refused(&it, "merge() needs LEVADA_CAP_TABLE");
}

static void
refuses_ports_that_do_not_fit(void **state)
{
    (void)state;
    static const char *const same[] = { "main", "main" };
    static const char *const nameless[] = { "main", NULL };
    struct levada_stage it = transform();
    it.n_outputs = 2;
    assert_stage_refused(&it, "2 outputs need names");
    it.output_names = same;
    assert_stage_refused(&it, "two outputs are called \"main\"");
    it.output_names = nameless;
    assert_stage_refused(&it, "output 1 has no name");
    it.n_outputs = 65;
    assert_stage_refused(&it, "at most 64 ports");
    it = transform();
    it.kind = LEVADA_SINK;
    it.n_outputs = 1;
    assert_stage_refused(&it, "a sink has no outputs");
    it = transform();
    it.kind = LEVADA_AGGREGATE;
    it.caps = LEVADA_CAP_TABLE;
    it.n_outputs = 2;
    assert_stage_refused(&it, "are the host's");
    it = transform();
    it.kind = LEVADA_SOURCE;
    it.poll = poll;
    it.n_inputs = 1;
    assert_stage_refused(&it, "a source has no inputs");
}

static void
refuses_what_is_reserved_missing_or_huge(void **state)
{
    (void)state;
    struct levada_stage it = transform();
    it.reserved = 1;
    assert_stage_refused(&it, "reserved");
    it = transform();
    it.summary = "";
    assert_stage_refused(&it, "summary");
    it = transform();
    it.self_size = UINT32_MAX;
    assert_stage_refused(&it, "4294967295");
}

static void
refuses_option_rows_that_are_not_there(void **state)
{
    (void)state;
    static const struct levada_option row = { .name = "limit", .n_children = 1 };
    struct levada_stage it = transform();
    it.n_options = 1;
    assert_stage_refused(&it, "expected 1 option rows, found none");
    it.options = &row;
    it.option_stride = sizeof(row) - 8;
    assert_stage_refused(&it, "option rows of");
    it.option_stride = sizeof(row);
    assert_stage_refused(&it, "has 1 children, found none");
}

static void
refuses_option_rows_with_a_tail_that_is_not_zero(void **state)
{
    (void)state;
    struct {
        struct levada_option known;
        uint64_t unknown;
    } child[2] = { { { .name = "inner" }, 0 } }, row[2] = { { { .name = "outer" }, 0 } };
    row[1].known.children = &child[0].known;
    row[1].known.n_children = 2;
    struct levada_stage it = transform();
    it.options = &row[0].known;
    it.n_options = 2;
    it.option_stride = sizeof(row[0]);
    assert_stage_accepted(&it);
    child[1].unknown = 1;
    assert_stage_refused(&it, "option row 1 uses members");
    row[0].unknown = 1;
    assert_stage_refused(&it, "option row 0 uses members");
}

static void
refuses_option_rows_that_contain_themselves(void **state)
{
    (void)state;
    struct levada_option row = { .name = "outer", .n_children = 1, .children = &row };
    struct levada_stage it = transform();
    it.options = &row;
    it.n_options = 1;
    it.option_stride = sizeof(row);
    assert_stage_refused(&it, "nested more than");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_a_module_that_is_as_its_note),
        cmocka_unit_test(refuses_a_module_that_differs_from_its_note),
        cmocka_unit_test(refuses_module_sizes_that_make_no_sense),
        cmocka_unit_test(refuses_a_module_with_a_tail_that_is_not_zero),
        cmocka_unit_test(copies_a_stage_of_its_own_size),
        cmocka_unit_test(copies_what_it_knows_of_a_stage_of_a_newer_header),
        cmocka_unit_test(refuses_stage_sizes_that_make_no_sense),
        cmocka_unit_test(accepts_each_kind),
        cmocka_unit_test(refuses_another_id_than_in_the_note),
        cmocka_unit_test(refuses_unknown_kinds),
        cmocka_unit_test(refuses_missing_callbacks),
        cmocka_unit_test(refuses_capabilities_that_do_not_fit),
        cmocka_unit_test(refuses_ports_that_do_not_fit),
        cmocka_unit_test(refuses_what_is_reserved_missing_or_huge),
        cmocka_unit_test(refuses_option_rows_that_are_not_there),
        cmocka_unit_test(refuses_option_rows_with_a_tail_that_is_not_zero),
        cmocka_unit_test(refuses_option_rows_that_contain_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
