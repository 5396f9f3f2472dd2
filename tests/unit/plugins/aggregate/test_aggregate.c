/* SPDX-License-Identifier: Apache-2.0 */
/* The stage over the host's own table: each function against a brute force of its own. */
#include "compute_option.h"
#include "real_stage.h"
#include "table/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    COUNT,
    COUNT_DISTINCT,
    APPROX,
    SUM,
    MIN,
    MAX,
    MEAN,
    FIRST,
    LAST,
    QUANTILE
};

/* One stage with options; grouped by "g" over all time, with event time "t". */
struct bench {
    struct real_stage *stage;
    struct compute_option compute[12];
    struct levada_list list;
    const struct levada_path *group;
    const char *order;
};

static void
open_bench(struct bench *bench)
{
    memset(bench, 0, sizeof(*bench));
    bench->stage = real_stage_create();
    bench->group = real_stage_path(bench->stage, "g");
    struct table_options *options = real_stage_table_options(bench->stage);
    options->group_by = (struct levada_list){ &bench->group, 1 };
    options->event_time = real_stage_path(bench->stage, "t");
}

static void
compute(struct bench *bench, const char *name, int64_t function, const char *field)
{
    struct compute_option *option = &bench->compute[bench->list.n++];
    *option = (struct compute_option){ .name = name, .function = function };
    if (field != NULL)
        option->field = real_stage_path(bench->stage, field);
    if (function == QUANTILE)
        option->quantile = 0.5;
}

static const char *
plan(struct bench *bench)
{
    bench->list.items = bench->compute;
    *(struct levada_list *)real_stage_option(bench->stage, "compute") = bench->list;
    return real_stage_plan(bench->stage);
}

static void
start(struct bench *bench)
{
    assert_string_equal(plan(bench), "");
}

static void
feed(struct bench *bench, const char *lines)
{
    assert_string_equal(real_stage_process(bench->stage, lines), "");
    assert_int_equal(real_stage_status(bench->stage), LEVADA_ABSORBED);
}

static void
expect_rows(struct bench *bench, const char *rows)
{
    assert_string_equal(real_stage_rows(bench->stage), rows);
}

static void
close_bench(struct bench *bench)
{
    real_stage_destroy(bench->stage);
}

static void
counts_records_where_nothing_else_is_asked_for(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    start(&bench);
    feed(&bench, "{\"g\":1,\"t\":1}\n{\"g\":2,\"t\":1}\n{\"g\":2,\"t\":1}\n");
    expect_rows(&bench, "{\"g\":2,\"count\":2}\n{\"g\":1,\"count\":1}\n");
    close_bench(&bench);
}

static void
every_function_ignores_nulls_and_missing_values(void **state)
{
    (void)state;
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g2", "h", "i", "j" };
    struct bench bench;
    open_bench(&bench);
    for (int64_t function = COUNT; function <= QUANTILE; function++)
        compute(&bench, names[function], function, "v");
    start(&bench);
    feed(&bench, "{\"g\":1,\"t\":1,\"v\":null}\n{\"g\":1,\"t\":2}\n");
    expect_rows(&bench, "{\"g\":1,\"a\":0,\"b\":0,\"c\":0,\"d\":null,\"e\":null,\"f\":null,"
                        "\"g2\":null,\"h\":null,\"i\":null,\"j\":null}\n");
    feed(&bench, "{\"g\":1,\"t\":3,\"v\":4}\n{\"g\":1,\"t\":4,\"v\":null}\n");
    expect_rows(&bench, "{\"g\":1,\"a\":1,\"b\":1,\"c\":1,\"d\":4,\"e\":4,\"f\":4,"
                        "\"g2\":4.0,\"h\":4,\"i\":4,\"j\":4.0}\n");
    close_bench(&bench);
}

static void
columns_stand_in_the_order_of_the_option(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    compute(&bench, "largest", MAX, "v");
    compute(&bench, "n", COUNT, NULL);
    compute(&bench, "average", MEAN, "v");
    start(&bench);
    assert_string_equal(real_stage_fields(bench.stage),
                        "needs t; needs g; adds g; adds largest; adds n; adds average; only; ");
    close_bench(&bench);
}

static void
a_sum_is_an_integer_as_long_as_all_values_are(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    compute(&bench, "sum", SUM, "v");
    start(&bench);
    feed(&bench, "{\"g\":1,\"t\":1,\"v\":9007199254740993}\n{\"g\":1,\"t\":1,\"v\":2}\n");
    expect_rows(&bench, "{\"g\":1,\"sum\":9007199254740995}\n");
    feed(&bench, "{\"g\":1,\"t\":1,\"v\":0.5}\n");
    expect_rows(&bench, "{\"g\":1,\"sum\":9007199254740996.0}\n");
    close_bench(&bench);
}

static void
a_sum_that_no_longer_fits_fails_and_is_as_before(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    compute(&bench, "n", COUNT, NULL);
    compute(&bench, "d", COUNT_DISTINCT, "v");
    compute(&bench, "sum", SUM, "v");
    compute(&bench, "median", QUANTILE, "v");
    compute(&bench, "last", LAST, "v");
    start(&bench);
    feed(&bench, "{\"g\":1,\"t\":1,\"v\":9223372036854775807}\n");
    assert_string_equal(real_stage_process_fails(
                            bench.stage, "{\"g\":1,\"t\":2,\"v\":7}\n{\"g\":2,\"t\":2,\"v\":7}\n"),
                        "\"sum\": the sum of \"v\" no longer fits");
    assert_int_equal(real_stage_status(bench.stage), LEVADA_REJECT);
    expect_rows(&bench, "{\"g\":1,\"n\":1,\"d\":1,\"sum\":9223372036854775807,"
                        "\"median\":9223372036854775808.0,\"last\":9223372036854775807}\n");
    feed(&bench, "{\"g\":1,\"t\":2,\"v\":-7}\n");
    expect_rows(&bench, "{\"g\":1,\"n\":2,\"d\":2,\"sum\":9223372036854775800,"
                        "\"median\":-7.0,\"last\":-7}\n");
    close_bench(&bench);
}

static void
what_is_no_number_is_a_bad_record_and_opens_no_row(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    compute(&bench, "sum", SUM, "v");
    compute(&bench, "mean", MEAN, "w");
    start(&bench);
    assert_string_equal(
        real_stage_process(bench.stage, "{\"g\":\"bad\",\"t\":1,\"v\":\"12\"}\n"
                                        "{\"g\":1,\"t\":1,\"v\":1}\n"
                                        "{\"g\":1,\"t\":\"never\",\"v\":1}\n"
                                        "{\"g\":\"bad\",\"t\":1,\"v\":true}\n"
                                        "{\"g\":\"bad\",\"t\":1,\"w\":[1]}\n"
                                        "{\"g\":\"bad\",\"t\":1,\"w\":1e999}\n"
                                        "{\"g\":1,\"t\":1,\"v\":18446744073709551616}\n"),
        "record 0: field \"v\": a number is needed, but \"12\" is a text\n"
        "record 3: field \"v\": a number is needed, but \"true\" is a boolean\n"
        "record 4: field \"w\": a number is needed, but \"[1]\" is an object or a list\n"
        "record 5: field \"w\": a number is needed, but \"1e999\" is larger than any double\n"
        "record 2: field \"t\", the event time, is no time: \"never\"\n");
    expect_rows(&bench, "{\"g\":1,\"sum\":18446744073709551616.0,\"mean\":null}\n");
    close_bench(&bench);
}

static void
min_and_max_compare_numbers_and_texts_by_value(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    compute(&bench, "least", MIN, "v");
    compute(&bench, "most", MAX, "v");
    start(&bench);
    feed(&bench, "{\"g\":\"n\",\"t\":1,\"v\":10}\n{\"g\":\"n\",\"t\":1,\"v\":9.5}\n"
                 "{\"g\":\"t\",\"t\":1,\"v\":\"much longer than the other\"}\n");
    feed(&bench, "{\"g\":\"n\",\"t\":1,\"v\":-2}\n{\"g\":\"t\",\"t\":1,\"v\":\"a\"}\n"
                 "{\"g\":\"t\",\"t\":1,\"v\":\"\"}\n{\"g\":\"t\",\"t\":1,\"v\":\"zebra\"}\n");
    expect_rows(&bench, "{\"g\":\"n\",\"least\":-2,\"most\":10}\n"
                        "{\"g\":\"t\",\"least\":\"\",\"most\":\"zebra\"}\n");
    close_bench(&bench);
}

static void
first_and_last_go_by_event_time(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    compute(&bench, "first", FIRST, "v");
    compute(&bench, "last", LAST, "v");
    start(&bench);
    feed(&bench, "{\"g\":1,\"t\":5,\"v\":\"five\"}\n{\"g\":1,\"t\":9,\"v\":\"nine\"}\n"
                 "{\"g\":1,\"t\":3,\"v\":\"three\"}\n");
    feed(&bench, "{\"g\":1,\"t\":3,\"v\":\"three again\"}\n{\"g\":1,\"t\":9,\"v\":9}\n"
                 "{\"g\":1,\"t\":1,\"v\":null}\n");
    expect_rows(&bench, "{\"g\":1,\"first\":\"three\",\"last\":9}\n");
    close_bench(&bench);
}

static void
rows_can_be_ordered_by_any_result_that_is_a_number(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    compute(&bench, "mean", MEAN, "v");
    bench.order = "mean desc";
    real_stage_table_options(bench.stage)->order_by = (struct levada_list){ &bench.order, 1 };
    start(&bench);
    feed(&bench,
         "{\"g\":1,\"t\":1,\"v\":2}\n{\"g\":2,\"t\":1,\"v\":3}\n{\"g\":1,\"t\":1,\"v\":3}\n");
    expect_rows(&bench, "{\"g\":2,\"mean\":3.0}\n{\"g\":1,\"mean\":2.5}\n");
    close_bench(&bench);
}

static void
tells_every_mistake_of_the_option(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    compute(&bench, "a", SUM, NULL);
    compute(&bench, "b", QUANTILE, "v");
    bench.compute[1].quantile = 0;
    compute(&bench, "c", COUNT, NULL);
    bench.compute[2].quantile = 0.5;
    assert_string_equal(plan(&bench),
                        "\"a\": sum needs a field\n"
                        "\"b\": quantile needs which one: quantile = 0.99, or another above 0\n"
                        "\"c\": count takes no quantile\n");
    close_bench(&bench);
}

static void
two_results_of_one_name_are_a_mistake(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    compute(&bench, "n", COUNT, NULL);
    compute(&bench, "n", SUM, "v");
    assert_string_equal(plan(&bench), "the result would have two columns \"n\"\n");
    close_bench(&bench);
}

/* ---- random records ---- */

#define RECORDS 3000
#define GROUPS 4

static uint64_t random_state;

static uint32_t
random_below(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % n;
}

struct truth {
    int64_t n, sum, least, most, first, last, first_ms, last_ms, n_distinct;
    bool seen[1000];
};

static void
truth_add(struct truth *truth, int64_t value, int64_t time_ms)
{
    bool is_first = truth->n == 0;
    truth->n++;
    truth->sum += value;
    truth->least = is_first || value < truth->least ? value : truth->least;
    truth->most = is_first || value > truth->most ? value : truth->most;
    truth->first = is_first || time_ms < truth->first_ms ? value : truth->first;
    truth->last = is_first || time_ms >= truth->last_ms ? value : truth->last;
    truth->first_ms = is_first || time_ms < truth->first_ms ? time_ms : truth->first_ms;
    truth->last_ms = is_first || time_ms > truth->last_ms ? time_ms : truth->last_ms;
    truth->n_distinct += !truth->seen[value];
    truth->seen[value] = true;
}

static void
results_are_those_of_a_brute_force(void **state)
{
    (void)state;
    static struct truth truths[GROUPS];
    struct bench bench;
    open_bench(&bench);
    compute(&bench, "n", COUNT, "v");
    compute(&bench, "sum", SUM, "v");
    compute(&bench, "least", MIN, "v");
    compute(&bench, "most", MAX, "v");
    compute(&bench, "first", FIRST, "v");
    compute(&bench, "last", LAST, "v");
    compute(&bench, "distinct", COUNT_DISTINCT, "v");
    start(&bench);
    random_state = 1;
    for (uint32_t i = 0; i < RECORDS; i++) {
        char line[80];
        uint32_t group = random_below(GROUPS), time_ms = random_below(300),
                 value = random_below(1000);
        snprintf(line, sizeof(line), "{\"g\":%u,\"t\":%u,\"v\":%u}\n", group, time_ms, value);
        feed(&bench, line);
        truth_add(&truths[group], value, time_ms);
    }
    char expected[2000];
    size_t used = 0;
    for (uint32_t g = 0; g < GROUPS; g++)
        used += (size_t)snprintf(
            expected + used, sizeof(expected) - used,
            "{\"g\":%u,\"n\":%lld,\"sum\":%lld,\"least\":%lld,\"most\":%lld,\"first\":%lld,"
            "\"last\":%lld,\"distinct\":%lld}\n",
            g, (long long)truths[g].n, (long long)truths[g].sum, (long long)truths[g].least,
            (long long)truths[g].most, (long long)truths[g].first, (long long)truths[g].last,
            (long long)truths[g].n_distinct);
    expect_rows(&bench, expected);
    close_bench(&bench);
}

/* ---- however the input is cut into batches ---- */

static size_t
write_record(char *to, size_t room)
{
    char value[32] = "null";
    int number = (int)random_below(1000);
    if (random_below(5) > 0)
        snprintf(value, sizeof(value), random_below(2) == 0 ? "%d" : "-%d.25", number);
    return (size_t)snprintf(to, room, "{\"g\":%u,\"t\":%u,\"v\":%s,\"s\":\"%u\"}\n",
                            random_below(4), random_below(500), value, random_below(700));
}

/* All functions over the same records, in batches of up to @most. */
static char *
rows_of_batches(uint32_t most)
{
    struct bench bench;
    static char lines[RECORDS * 80];
    open_bench(&bench);
    compute(&bench, "n", COUNT, NULL);
    compute(&bench, "d", COUNT_DISTINCT, "s");
    compute(&bench, "ad", APPROX, "s");
    compute(&bench, "sum", SUM, "v");
    compute(&bench, "mean", MEAN, "v");
    compute(&bench, "min", MIN, "s");
    compute(&bench, "max", MAX, "v");
    compute(&bench, "first", FIRST, "s");
    compute(&bench, "last", LAST, "s");
    compute(&bench, "median", QUANTILE, "v");
    start(&bench);
    random_state = 42;
    for (uint32_t i = 0; i < RECORDS;) {
        size_t used = 0;
        for (uint32_t k = 0; k < most && i < RECORDS; k++, i++)
            used += write_record(lines + used, sizeof(lines) - used);
        feed(&bench, lines);
    }
    char *rows = strdup(real_stage_rows(bench.stage));
    close_bench(&bench);
    return rows;
}

static void
results_do_not_depend_on_how_batches_are_cut(void **state)
{
    (void)state;
    char *whole = rows_of_batches(RECORDS);
    static const uint32_t sizes[] = { 1, 7, 465 };
    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
        char *cut = rows_of_batches(sizes[s]);
        assert_string_equal(cut, whole);
        free(cut);
    }
    free(whole);
}

/* ---- sessions: parts that are merged ---- */

#define PER_GROUP 400

/* Calls of each group, less than 10 ms apart, in no order. */
static char *
session_lines(void)
{
    static char lines[GROUPS * PER_GROUP][100];
    uint32_t n = 0;
    for (int g = 0; g < GROUPS; g++) {
        for (uint32_t i = 0, t = 0; i < PER_GROUP; i++, t += 1 + random_below(9))
            snprintf(lines[n++], sizeof(lines[0]),
                     "{\"g\":%d,\"t\":%u,\"v\":%s%u.5,\"w\":\"w%u\"}\n", g, t,
                     random_below(3) == 0 ? "-" : "", random_below(700), random_below(500));
    }
    char *text = malloc(n * sizeof(lines[0])), *end = text;
    assert_non_null(text);
    for (; n > 0; n--) {
        uint32_t i = random_below(n);
        end = stpcpy(end, lines[i]);
        memcpy(lines[i], lines[n - 1], sizeof(lines[0]));
    }
    return text;
}

static void
open_all_functions(struct bench *bench, int64_t session_ms)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g2", "h", "i", "j" };
    static const char *const fields[] = { NULL, "w", "w", "v", "w", "w", "v", "w", "v", "v" };
    open_bench(bench);
    real_stage_table_options(bench->stage)->session = session_ms * 1000000;
    for (int64_t function = COUNT; function <= QUANTILE; function++)
        compute(bench, names[function], function, fields[function]);
    bench->order = "g";
    real_stage_table_options(bench->stage)->order_by = (struct levada_list){ &bench->order, 1 };
    start(bench);
}

/* The lines of @rows from the group on. */
static void
expect_same_but_for_windows(char *rows, const char *expected)
{
    char *rest = NULL;
    for (char *row = strtok_r(rows, "\n", &rest); row != NULL; row = strtok_r(NULL, "\n", &rest)) {
        const char *from = strstr(row, "\"g\":"), *as = strstr(expected, "\"g\":");
        assert_non_null(from);
        assert_non_null(as);
        assert_memory_equal(from, as, strlen(from));
        expected = as + strlen(from);
    }
    assert_string_equal(expected, "\n");
}

static void
a_session_has_the_results_that_its_records_have(void **state)
{
    (void)state;
    random_state = 8;
    struct bench sessions, whole;
    char *lines = session_lines();
    open_all_functions(&sessions, 10);
    open_all_functions(&whole, 0);
    feed(&sessions, lines);
    feed(&whole, lines);
    for (int i = 0; i < 2; i++) { /* the first time leaves no trace */
        char *rows = strdup(real_stage_rows(sessions.stage));
        expect_same_but_for_windows(rows, real_stage_rows(whole.stage));
        free(rows);
    }
    close_bench(&sessions);
    close_bench(&whole);
    free(lines);
}

static void
parts_of_a_session_ignore_nulls_as_records_do(void **state)
{
    (void)state;
    struct bench bench;
    open_all_functions(&bench, 10);
    feed(&bench, "{\"g\":1,\"t\":1}\n{\"g\":1,\"t\":10,\"v\":2,\"w\":\"x\"}\n{\"g\":1,\"t\":19}\n"
                 "{\"g\":2,\"t\":1}\n{\"g\":2,\"t\":10}\n");
    expect_rows(
        &bench,
        "{\"window_start\":\"1970-01-01T00:00:00.001\","
        "\"window_end\":\"1970-01-01T00:00:00.029\",\"g\":1,\"a\":3,\"b\":1,\"c\":1,\"d\":2,"
        "\"e\":\"x\",\"f\":\"x\",\"g2\":2.0,\"h\":\"x\",\"i\":2,\"j\":2.0}\n"
        "{\"window_start\":\"1970-01-01T00:00:00.001\","
        "\"window_end\":\"1970-01-01T00:00:00.020\",\"g\":2,\"a\":2,\"b\":0,\"c\":0,\"d\":null,"
        "\"e\":null,\"f\":null,\"g2\":null,\"h\":null,\"i\":null,\"j\":null}\n");
    close_bench(&bench);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_records_where_nothing_else_is_asked_for),
        cmocka_unit_test(every_function_ignores_nulls_and_missing_values),
        cmocka_unit_test(columns_stand_in_the_order_of_the_option),
        cmocka_unit_test(a_sum_is_an_integer_as_long_as_all_values_are),
        cmocka_unit_test(a_sum_that_no_longer_fits_fails_and_is_as_before),
        cmocka_unit_test(what_is_no_number_is_a_bad_record_and_opens_no_row),
        cmocka_unit_test(min_and_max_compare_numbers_and_texts_by_value),
        cmocka_unit_test(first_and_last_go_by_event_time),
        cmocka_unit_test(rows_can_be_ordered_by_any_result_that_is_a_number),
        cmocka_unit_test(tells_every_mistake_of_the_option),
        cmocka_unit_test(two_results_of_one_name_are_a_mistake),
        cmocka_unit_test(results_are_those_of_a_brute_force),
        cmocka_unit_test(results_do_not_depend_on_how_batches_are_cut),
        cmocka_unit_test(a_session_has_the_results_that_its_records_have),
        cmocka_unit_test(parts_of_a_session_ignore_nulls_as_records_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
