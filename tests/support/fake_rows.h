/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_FAKE_ROWS_H
#define TESTS_SUPPORT_FAKE_ROWS_H

/*
 * A small host for unit tests of sinks: batches are arrays of values that the test writes down, of
 * any type, interned or not. A call of anything that no sink needs ends the test.
 *
 *   static const char *const names[] = { "type", "count" };
 *   const struct levada_scalar cells[] = { STR("Stop"), I64(2), STR("Call"), I64(1) };
 *   struct fake_rows rows = FAKE_ROWS(names, 2, cells, 2);
 *   stage->process(self, fake_rows_call(), 0, &rows.batch);
 */

#include <levada/plugin.h>
#include <stdbool.h>

#define STR(text) ((struct levada_scalar){ LEVADA_T_STR, sizeof(text) - 1, { .s = (text) } })
#define JSON(text) ((struct levada_scalar){ LEVADA_T_JSON, sizeof(text) - 1, { .s = (text) } })
#define BIN(text) ((struct levada_scalar){ LEVADA_T_BIN, sizeof(text) - 1, { .s = (text) } })
#define I64(value) ((struct levada_scalar){ LEVADA_T_I64, 0, { .i = (value) } })
#define F64(value) ((struct levada_scalar){ LEVADA_T_F64, 0, { .f = (value) } })
#define BOOLEAN(value) ((struct levada_scalar){ LEVADA_T_BOOL, 0, { .i = (value) } })
#define TIME(ms) ((struct levada_scalar){ LEVADA_T_TIME, 0, { .i = (ms) } })
#define NUL ((struct levada_scalar){ .type = LEVADA_T_NULL })
#define MISSING ((struct levada_scalar){ .type = LEVADA_T_MISSING })

struct fake_rows {
    struct levada_batch batch;
    const char *const *names;
    uint32_t n_fields;
    const struct levada_scalar *cells; /* row by row */
    const struct levada_dict *dict;    /* of the first field, where it is interned */
    const uint32_t *ids;
    const struct levada_record *records;
};

#define FAKE_ROWS(names_, n_fields_, cells_, n_rows)                                               \
    {                                                                                              \
        .batch = { sizeof(struct levada_batch), (n_rows), sizeof(struct levada_record), 0 },       \
        .names = (names_), .n_fields = (n_fields_), .cells = (cells_)                              \
    }

const struct levada_host *fake_rows_host(void);

/* Begins a callback: forgets what the one before borrowed and failed. */
struct levada_call *fake_rows_call(void);

/* Of this callback: the failure's sentence, "" for none; how many records fail_at() named. */
const char *fake_rows_error(void);
uint32_t fake_rows_n_failed(void);
/* How often text() was asked since the test began. */
uint32_t fake_rows_n_texts(void);

/* Offers levada.state/1, with one entry that outlives the stage; false: takes it away, and the
 * entry. */
void fake_rows_keep_state(bool keep);
const char *fake_rows_state(void);

void fake_rows_finish(void);

#endif
