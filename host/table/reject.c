/* SPDX-License-Identifier: Apache-2.0 */
#include "table/reject.h"

#include "base/strbuf.h"
#include "record/path.h"
#include "record/value.h"

#include <string.h>

#define QUOTE_BYTES 40

/* Takes what @why holds as the reason. */
static levada_status
reject(struct table *table, uint32_t record, struct strbuf *why, struct table_slots_result *result,
       struct error *err)
{
    const char *text =
        strbuf_failed(why) ? NULL : arena_copy(&table->room.sentences, strbuf_text(why), why->n);
    strbuf_finish(why);
    if (text == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    table->room.rejects[result->n_rejects++] =
        (struct table_reject){ .record = record, .why = text };
    return LEVADA_OK;
}

/* The value as text, cut after QUOTE_BYTES between two characters. */
static void
add_quoted(struct strbuf *why, const struct levada_scalar *value, struct arena *arena)
{
    uint64_t n;
    const char *text = value_text(value, arena, &n);
    if (text == NULL) {
        why->failed = true;
        return;
    }
    uint64_t shown = n < QUOTE_BYTES ? n : QUOTE_BYTES;
    while (shown < n && shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80)
        shown--;
    strbuf_char(why, '"');
    strbuf_add(why, text, shown);
    strbuf_str(why, shown < n ? "...\"" : "\"");
}

levada_status
reject_unreadable(struct table *table, struct batch *batch, uint32_t record,
                  struct table_slots_result *result, struct error *err)
{
    const struct levada_path *path = table->event_time;
    struct strbuf why = { .text = NULL };
    const struct levada_scalar *values = batch_column(batch, path, err);
    if (values == NULL)
        return LEVADA_FATAL;
    if (path->kind == PATH_TIMESTAMP && values[record].type <= LEVADA_T_NULL) {
        strbuf_str(&why, "the record has no timestamp to use as its event time");
        return reject(table, record, &why, result, err);
    }
    strbuf_printf(&why, "field \"%s\", the event time, is ", path->text);
    if (values[record].type == LEVADA_T_MISSING) {
        strbuf_str(&why, "missing");
    } else if (values[record].type == LEVADA_T_NULL) {
        strbuf_str(&why, "null");
    } else {
        strbuf_str(&why, "no time: ");
        add_quoted(&why, &values[record], &table->room.sentences);
    }
    return reject(table, record, &why, result, err);
}

levada_status
reject_future(struct table *table, uint32_t record, int64_t time_ms, int64_t wall_ms,
              struct table_slots_result *result, struct error *err)
{
    char time[VALUE_TIME_SIZE], wall[VALUE_TIME_SIZE];
    struct strbuf why = { .text = NULL };
    value_format_time(time_ms, time);
    value_format_time(wall_ms, wall);
    strbuf_printf(&why,
                  "field \"%s\", the event time, is %s: further ahead of the clock (%s) than "
                  "max_future allows",
                  table->event_time->text, time, wall);
    table->counts.future++;
    return reject(table, record, &why, result, err);
}
