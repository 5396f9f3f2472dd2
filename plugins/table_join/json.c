/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows are parsed one at a time, so that a table never stands in memory as a tree; only the
 * brackets and commas between them are read here.
 */
#include "json.h"

#include "column_list.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct json {
    const char *start, *at, *end;
    struct levada_scalar *cells;
    bool *seen;               /* columns that a row had */
    struct column_list first; /* the first row's columns */
    uint64_t number;          /* of the row read last */
};

/* Complains about the place @line, @column, counted from 1 where we are. */
static bool
complain_at(const struct json *json, int line, int column, const char *what,
            struct complaint *complaint)
{
    int lines = 0;
    const char *start = json->start;
    for (const char *at = json->start; at < json->at; at++)
        if (*at == '\n') {
            lines++;
            start = at + 1;
        }
    if (line <= 1)
        column += (int)(json->at - start);
    return complain(complaint, "line %d, column %d: %s", line + lines, column, what);
}

static void
skip_blanks(struct json *json)
{
    while (json->at < json->end && memchr(" \t\r\n", *json->at, 4) != NULL)
        json->at++;
}

/* False: @value is an object or an array. Texts stay @value's. */
static bool
to_scalar(const json_t *value, struct levada_scalar *cell)
{
    *cell = (struct levada_scalar){ .type = LEVADA_T_NULL };
    switch (json_typeof(value)) {
    case JSON_STRING:
        cell->type = LEVADA_T_STR;
        cell->len = (uint32_t)json_string_length(value);
        cell->u.s = json_string_value(value);
        return true;
    case JSON_INTEGER:
        cell->type = LEVADA_T_I64;
        cell->u.i = json_integer_value(value);
        return true;
    case JSON_REAL:
        cell->type = LEVADA_T_F64;
        cell->u.f = json_real_value(value);
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        cell->type = LEVADA_T_BOOL;
        cell->u.i = json_is_true(value);
        return true;
    case JSON_NULL:
        return true;
    default:
        return false;
    }
}

static bool
use_row(struct json *json, json_t *row, const struct table_reader *reader,
        struct complaint *complaint)
{
    if (!json_is_object(row))
        return complain(complaint, "row %" PRIu64 " is no object", json->number);

    const char *name;
    json_t *value;
    if (json->number == 1)
        json_object_foreach(row, name, value) column_list_add(&json->first, name, strlen(name));
    for (uint32_t i = 0; i < reader->n_columns; i++) {
        value = json_object_get(row, reader->columns[i]);
        json->cells[i] = (struct levada_scalar){ .type = LEVADA_T_NULL };
        json->seen[i] |= value != NULL;
        if (value != NULL && !to_scalar(value, &json->cells[i]))
            return complain(complaint, "row %" PRIu64 ": \"%s\" is an object or an array",
                            json->number, reader->columns[i]);
    }
    return reader->row(reader->user, json->number, json->cells, complaint);
}

static bool
read_row(struct json *json, const struct table_reader *reader, struct complaint *complaint)
{
    json_error_t error;
    json_t *row = json_loadb(
        json->at, (size_t)(json->end - json->at),
        JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (row == NULL)
        return complain_at(json, error.line, error.column, error.text, complaint);
    json->number++;
    bool done = use_row(json, row, reader, complaint);
    json->at += error.position; /* on success: how much was read */
    json_decref(row);
    return done;
}

/* Behind the opening bracket. */
static bool
read_array(struct json *json, const struct table_reader *reader, struct complaint *complaint)
{
    skip_blanks(json);
    bool more = json->at < json->end && *json->at != ']';
    while (more) {
        if (!read_row(json, reader, complaint))
            return false;
        skip_blanks(json);
        more = json->at < json->end && *json->at == ',';
        json->at += more;
    }
    if (json->at == json->end)
        return complain_at(json, 1, 1, "the array is never closed", complaint);
    if (*json->at != ']')
        return complain_at(json, 1, 1, "a comma or ] is missing", complaint);
    json->at++;
    skip_blanks(json);
    if (json->at < json->end)
        return complain_at(json, 1, 1, "something stands behind the array", complaint);
    return true;
}

static bool
read_rows(struct json *json, const struct table_reader *reader, struct complaint *complaint)
{
    skip_blanks(json);
    if (json->at == json->end)
        return complain(complaint, "the table is empty");
    if (*json->at == '[') {
        json->at++;
        return read_array(json, reader, complaint);
    }
    for (; json->at < json->end; skip_blanks(json))
        if (!read_row(json, reader, complaint))
            return false;
    return true;
}

bool
json_read(const char *text, size_t n, const struct table_reader *reader,
          struct complaint *complaint)
{
    struct json json = { .start = text, .at = text, .end = text + n };
    json.cells = calloc(reader->n_columns + 1, sizeof(*json.cells));
    json.seen = calloc(reader->n_columns + 1, sizeof(*json.seen));
    bool done;
    if (json.cells == NULL || json.seen == NULL)
        done = complain(complaint, "out of memory");
    else
        done = read_rows(&json, reader, complaint);
    for (uint32_t i = 0; done && json.number > 0 && i < reader->n_columns; i++)
        if (!json.seen[i])
            done = column_list_complain(&json.first, reader->columns[i], complaint);
    free(json.cells);
    free(json.seen);
    return done;
}
