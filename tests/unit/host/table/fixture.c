/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "record/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct table_cell fixture_cells[3] = { { (char *)(uintptr_t) "count", LEVADA_T_I64, 0 },
                                             { (char *)(uintptr_t) "sum", LEVADA_T_F64, 0 },
                                             { NULL, LEVADA_T_BIN, 3 } };

static const struct levada_path *
path(struct fixture *fixture, const char *text)
{
    const struct levada_path *made =
        path_set_get(record_space_paths(fixture->space), text, &fixture->err);
    assert_non_null(made);
    return made;
}

void
fixture_init(struct fixture *fixture)
{
    memset(fixture, 0, sizeof(*fixture));
    fixture->space = record_space_create();
    assert_non_null(fixture->space);
    fixture->stream = record_space_stream(fixture->space, "", "calls");
    fixture->options.event_time = path(fixture, "time");
    fixture->options.group_by.items = fixture->groups;
}

void
fixture_group_by(struct fixture *fixture, const char *name)
{
    fixture->groups[fixture->options.group_by.n++] = path(fixture, name);
}

void
fixture_create(struct fixture *fixture, bool finite_input)
{
    fixture->table =
        table_create(fixture->space, &fixture->options, fixture_cells, 3, finite_input);
    assert_non_null(fixture->table);
}

void
fixture_finish(struct fixture *fixture)
{
    table_destroy(fixture->table);
    record_space_destroy(fixture->space);
}

static struct levada_scalar
text_or_missing(const char *text)
{
    if (text == NULL)
        return (struct levada_scalar){ .type = LEVADA_T_MISSING };
    return (
        struct levada_scalar){ .type = LEVADA_T_STR, .len = (uint32_t)strlen(text), .u.s = text };
}

struct batch *
fixture_batch(struct fixture *fixture, const struct call *calls, uint32_t n)
{
    struct batch *batch = batch_create(fixture->space, 0);
    struct levada_scalar *values = calloc(n + 1, sizeof(*values));
    assert_non_null(batch);
    for (uint32_t i = 0; i < n; i++) {
        struct levada_record record = { .timestamp_ms = calls[i].time_ms,
                                        .stream = fixture->stream,
                                        .partition = calls[i].partition };
        assert_int_equal(batch_append(batch, &record, 1, sizeof(record), NULL), LEVADA_OK);
    }
    for (uint32_t i = 0; i < n; i++)
        values[i] = text_or_missing(calls[i].type);
    assert_int_equal(batch_set_column(batch, path(fixture, "type"), values, NULL, NULL), 0);
    for (uint32_t i = 0; i < n; i++)
        values[i] = text_or_missing(calls[i].disposition);
    assert_int_equal(batch_set_column(batch, path(fixture, "disposition"), values, NULL, NULL), 0);
    for (uint32_t i = 0; i < n; i++)
        values[i] = calls[i].time_ms == LEVADA_NO_TIME
                        ? (struct levada_scalar){ .type = LEVADA_T_MISSING }
                        : (struct levada_scalar){ .type = LEVADA_T_I64, .u.i = calls[i].time_ms };
    assert_int_equal(batch_set_column(batch, path(fixture, "time"), values, NULL, NULL), 0);
    free(values);
    return batch;
}

levada_status
fixture_fold(struct fixture *fixture, const struct call *calls, uint32_t n)
{
    struct batch *batch = fixture_batch(fixture, calls, n);
    levada_status status =
        table_slots(fixture->table, batch, fixture->wall_ms, &fixture->result, &fixture->err);
    const struct levada_slots *slots = fixture->result.slots;
    for (uint32_t k = 0; slots != NULL && k < slots->n; k++) {
        ((int64_t *)slots->cell[0])[slots->slot[k]]++;
        ((double *)slots->cell[1])[slots->slot[k]] += (double)calls[slots->record[k]].time_ms;
        memcpy((char *)slots->cell[2] + slots->slot[k] * (size_t)3, "abc", 3);
    }
    batch_release(batch);
    return status;
}

void
fixture_feed(struct fixture *fixture, const struct call *calls, uint32_t n)
{
    assert_int_equal(fixture_fold(fixture, calls, n), LEVADA_OK);
    table_commit(fixture->table);
}

static void
write_value(struct fixture *fixture, const struct levada_scalar *value)
{
    size_t used = strlen(fixture->rows);
    char *to = fixture->rows + used;
    size_t room = sizeof(fixture->rows) - used;
    if (value->type == LEVADA_T_I64 || value->type == LEVADA_T_TIME)
        snprintf(to, room, "%lld ", (long long)value->u.i);
    else if (value->type == LEVADA_T_F64)
        snprintf(to, room, "%g ", value->u.f);
    else if (value->type == LEVADA_T_STR)
        snprintf(to, room, "%.*s ", (int)value->len, value->u.s);
    else
        snprintf(to, room, "- ");
}

static levada_status
emit(void *user, struct batch *batch, const struct levada_slots *slots, struct error *err)
{
    struct fixture *fixture = user;
    uint32_t n_paths, n_fields, n = batch_public(batch)->n;
    const struct levada_path *const *paths = table_output_paths(fixture->table, &n_paths);
    const struct levada_field *fields = batch_fields(batch, &n_fields, err);

    assert_int_equal(slots->n, n);
    assert_int_equal(n_fields, n_paths);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t f = 0; f < n_fields; f++) {
            assert_ptr_equal(fields[f].path, paths[f]);
            write_value(fixture, &batch_column(batch, paths[f], err)[i]);
        }
        size_t used = strlen(fixture->rows);
        assert_true(used > 0 && used + 1 < sizeof(fixture->rows));
        fixture->rows[used - 1] = '\n';
        assert_memory_equal((const char *)slots->cell[2] + slots->slot[i] * (size_t)3, "abc", 3);
    }
    batch_release(batch);
    if (++fixture->n_emits == fixture->emits_until_failure)
        return error_set(err, LEVADA_RETRY, "not now");
    return LEVADA_OK;
}

static levada_status
merge(void *user, const struct levada_slots *pairs, struct error *err)
{
    (void)user, (void)err;
    for (uint32_t k = 0; k < pairs->n; k++) {
        uint32_t from = pairs->record[k], to = pairs->slot[k];
        ((int64_t *)pairs->cell[0])[to] += ((const int64_t *)pairs->cell[0])[from];
        ((double *)pairs->cell[1])[to] += ((const double *)pairs->cell[1])[from];
    }
    return LEVADA_OK;
}

const char *
fixture_trigger(struct fixture *fixture)
{
    fixture->rows[0] = '\0';
    fixture->n_emits = 0;
    const struct table_output output = { emit, merge, fixture };
    levada_status status = table_trigger(fixture->table, &output, &fixture->err);
    assert_int_equal(status, fixture->emits_until_failure > 0 ? LEVADA_RETRY : LEVADA_OK);
    return fixture->rows;
}

struct table_stats
fixture_stats(const struct fixture *fixture)
{
    struct table_stats stats;
    table_get_stats(fixture->table, &stats);
    return stats;
}

void
fixture_assign(struct fixture *fixture, const int32_t *partitions, uint32_t n)
{
    struct table_partition all[8] = { 0 };
    for (uint32_t i = 0; i < n; i++) {
        all[i].stream = fixture->stream;
        all[i].partition = partitions[i];
    }
    assert_int_equal(table_assign(fixture->table, all, n, &fixture->err), LEVADA_OK);
}
