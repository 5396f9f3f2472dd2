/* SPDX-License-Identifier: Apache-2.0 */
#include "table_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What was read, as "code=description;" for each row, with a letter for the type of what is no
 * text. */
struct rows {
    char text[1024];
    uint64_t last;
};

static void
add_cell(struct rows *rows, const struct levada_scalar *cell, char end)
{
    size_t n = strlen(rows->text), room = sizeof(rows->text) - n;
    char *out = rows->text + n;
    switch (cell->type) {
    case LEVADA_T_STR:
        snprintf(out, room, "%.*s%c", (int)cell->len, cell->u.s, end);
        break;
    case LEVADA_T_I64:
        snprintf(out, room, "i%d%c", (int)cell->u.i, end);
        break;
    case LEVADA_T_F64:
        snprintf(out, room, "f%g%c", cell->u.f, end);
        break;
    case LEVADA_T_BOOL:
        snprintf(out, room, "b%d%c", (int)cell->u.i, end);
        break;
    default:
        snprintf(out, room, "null%c", end);
    }
}

static bool
keep_row(void *user, uint64_t number, const struct levada_scalar *cells,
         struct complaint *complaint)
{
    (void)complaint;
    struct rows *rows = user;
    assert_int_equal(number, rows->last + 1);
    rows->last = number;
    add_cell(rows, &cells[0], '=');
    add_cell(rows, &cells[1], ';');
    return true;
}

static const char *const columns[] = { "code", "description" };

static bool
read_text(const char *name, const char *text, struct rows *rows, struct complaint *complaint)
{
    const struct table_reader reader = { columns, 2, keep_row, rows };
    memset(rows, 0, sizeof(*rows));
    memset(complaint, 0, sizeof(*complaint));
    /* Exactly as large as the text, so that a sanitizer sees any read past its end. */
    size_t n = strlen(text);
    char *copy = malloc(n > 0 ? n : 1);
    assert_non_null(copy);
    memcpy(copy, text, n);
    bool done = table_text_read(name, copy, n, &reader, complaint);
    free(copy);
    return done;
}

static void
expect_rows(const char *name, const char *text, const char *expected)
{
    struct rows rows;
    struct complaint complaint;
    if (!read_text(name, text, &rows, &complaint))
        fail_msg("%s", complaint.text);
    assert_string_equal(rows.text, expected);
}

static void
expect_complaint(const char *name, const char *text, const char *expected)
{
    struct rows rows;
    struct complaint complaint;
    assert_false(read_text(name, text, &rows, &complaint));
    if (strstr(complaint.text, expected) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", complaint.text, expected);
}

static void
reads_a_json_array(void **state)
{
    (void)state;
    expect_rows("t.json",
                " [ {\"code\": \"A\", \"description\": \"Abated\"},\n"
                "   {\"description\": \"Cancel\", \"code\": \"22\", \"more\": 1} ] \n",
                "A=Abated;22=Cancel;");
}

static void
reads_json_lines(void **state)
{
    (void)state;
    expect_rows(
        "t.jsonl",
        "{\"code\":\"A\",\"description\":\"Abated\"}\n\n{\"code\":\"B\",\"description\":\"\"}",
        "A=Abated;B=;");
}

static void
keeps_json_types(void **state)
{
    (void)state;
    expect_rows("t.json",
                "[{\"code\":1,\"description\":1.5},{\"code\":true,\"description\":null},"
                "{\"code\":false}]",
                "i1=f1.5;b1=null;b0=null;");
}

static void
an_empty_array_is_an_empty_table(void **state)
{
    (void)state;
    expect_rows("t.json", "[ ]", "");
}

static void
names_line_and_column_of_broken_json(void **state)
{
    (void)state;
    expect_complaint("t.json", "[{\"code\":\"A\",\"description\":\"x\"},\n  {\"code\" 1}]",
                     "line 2, column 11");
    expect_complaint("t.json", "[{\"code\":\"A\",\"description\":\"x\"}\n {}]",
                     "line 2, column 2: a comma or ] is missing");
    expect_complaint("t.json", "[{\"code\":\"A\",\"description\":\"x\"},\n]", "line 2, column 1");
    expect_complaint("t.json", "[{\"code\":\"A\",\"description\":\"x\"}",
                     "line 1, column 32: the array is never closed");
    expect_complaint("t.json", "[] x", "line 1, column 4: something stands behind the array");
}

static void
refuses_json_that_is_no_table(void **state)
{
    (void)state;
    expect_complaint("t.json", "", "the table is empty");
    expect_complaint("t.json", "\"text\"", "row 1 is no object");
    expect_complaint("t.json", "[{\"code\":\"A\",\"description\":\"x\"}, 5]", "row 2 is no object");
    expect_complaint("t.json", "[{\"code\":[],\"description\":\"x\"}]",
                     "row 1: \"code\" is an object or an array");
    expect_complaint("t.json", "[{\"code\":1,\"code\":2}]", "duplicate object key");
}

static void
names_the_columns_there_are_when_one_is_missing(void **state)
{
    (void)state;
    expect_complaint("t.json", "[{\"code\":\"A\",\"text\":\"x\"}]",
                     "no column \"description\"; it has code, text");
    expect_complaint("t.csv", "code,text\nA,x\n", "no column \"description\"; it has code, text");
}

static void
reads_csv_with_a_header(void **state)
{
    (void)state;
    expect_rows("t.csv",
                "description,more,code\r\nAbated,1,A\r\n\"Cancel, \"\"all\"\"\nof it\",,22",
                "A=Abated;22=Cancel, \"all\"\nof it;");
}

static void
skips_empty_lines_and_keeps_empty_cells(void **state)
{
    (void)state;
    expect_rows("t.csv", "\ncode,description\n\nA,\n\n,\"\"\n\n", "A=;=;");
}

static void
a_header_alone_is_an_empty_table(void **state)
{
    (void)state;
    expect_rows("t.csv", "code,description", "");
}

static void
skips_a_byte_order_mark(void **state)
{
    (void)state;
    expect_rows("t.csv",
                "\xef\xbb\xbf"
                "code,description\nA,x\n",
                "A=x;");
    expect_rows("t", "\xef\xbb\xbf[{\"code\":1,\"description\":2}]", "i1=i2;");
}

static void
refuses_broken_csv(void **state)
{
    (void)state;
    expect_complaint("t.csv", "", "not even a header");
    expect_complaint("t.csv", "code,description\nA\n",
                     "row 1 (line 2) has 1 cells, the header has 2");
    expect_complaint("t.csv", "code,description\nA,\"x\ny\n", "line 2: a quote is never closed");
    expect_complaint("t.csv", "code,description\nA,\"x\ny\"z\n",
                     "line 3: a comma is missing behind a closing quote");
    expect_complaint("t.csv", "code,description\nA,\xff\n", "byte 20 is no UTF-8");
}

static void
tells_the_format_by_the_name_or_else_by_the_text(void **state)
{
    (void)state;
    expect_rows("table", "code,description\nA,x\n", "A=x;");
    expect_rows("a.json/table", "code,description\nA,x\n", "A=x;");
    expect_rows("table.txt", "\n{\"code\":\"A\",\"description\":\"x\"}", "A=x;");
    expect_complaint("table.csv", "[{\"code\":\"A\"}]", "no column");
}

static void
sees_that_a_file_has_changed(void **state)
{
    (void)state;
    char path[] = "table_join_XXXXXX";
    struct rows rows = { 0 };
    struct complaint complaint;
    const struct table_reader reader = { columns, 2, keep_row, &rows };
    struct stat seen;
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, "code,description\nA,x\n", 21), 21);

    assert_true(table_file_read(path, &reader, &seen, &complaint));
    assert_string_equal(rows.text, "A=x;");
    assert_true(table_file_is_same(path, &seen));
    assert_int_equal(write(file, "B,y\n", 4), 4);
    assert_false(table_file_is_same(path, &seen));
    close(file);
    unlink(path);
    assert_false(table_file_is_same(path, &seen));
    assert_false(table_file_read(path, &reader, &seen, &complaint));
    assert_non_null(strstr(complaint.text, "No such file"));
    assert_true(table_file_is_same(path, &seen)); /* still missing: nothing new to say */
}

static void
refuses_what_is_no_regular_file(void **state)
{
    (void)state;
    struct rows rows = { 0 };
    struct complaint complaint;
    const struct table_reader reader = { columns, 2, keep_row, &rows };
    assert_false(table_file_read(".", &reader, NULL, &complaint));
    assert_non_null(strstr(complaint.text, "is no regular file"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_json_array),
        cmocka_unit_test(reads_json_lines),
        cmocka_unit_test(keeps_json_types),
        cmocka_unit_test(an_empty_array_is_an_empty_table),
        cmocka_unit_test(names_line_and_column_of_broken_json),
        cmocka_unit_test(refuses_json_that_is_no_table),
        cmocka_unit_test(names_the_columns_there_are_when_one_is_missing),
        cmocka_unit_test(reads_csv_with_a_header),
        cmocka_unit_test(skips_empty_lines_and_keeps_empty_cells),
        cmocka_unit_test(a_header_alone_is_an_empty_table),
        cmocka_unit_test(skips_a_byte_order_mark),
        cmocka_unit_test(refuses_broken_csv),
        cmocka_unit_test(tells_the_format_by_the_name_or_else_by_the_text),
        cmocka_unit_test(sees_that_a_file_has_changed),
        cmocka_unit_test(refuses_what_is_no_regular_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
