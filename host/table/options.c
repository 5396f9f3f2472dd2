/* SPDX-License-Identifier: Apache-2.0 */
/* The options that every aggregate has, and the rules between them. */
#include "record/path.h"
#include "table/order.h"
#include "table/table.h"

#include <stdio.h>
#include <string.h>

#define NS_PER_MS 1000000
#define MAX_OVERLAP 1000

static const struct levada_option group_by_item = { .type = LEVADA_O_PATH };
static const struct levada_option order_by_item = { .type = LEVADA_O_STRING };

const struct levada_option table_rows[] = {
    {
        .type = LEVADA_O_PATH,
        LEVADA_IN(struct table_options, event_time),
        .name = "event_time",
        .help =
            "The field that holds a record's time: ISO 8601, or milliseconds since 1970. Absent: "
            "with a window or sessions, the record's own timestamp.",
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct table_options, window),
        .name = "window",
        .help = "The length of a time window. Absent, and no session: one result over all time.",
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct table_options, slide),
        .name = "slide",
        .help = "A window starts every so often, so that windows overlap. Absent: one after the "
                "other.",
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct table_options, offset),
        .name = "offset",
        .help = "Windows start so much later than whole multiples of slide since 1970, UTC.",
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct table_options, session),
        .name = "session",
        .help = "In place of window: records of a group that are less than this apart make one "
                "session, which ends so long after its last record.",
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct table_options, watermark),
        .name = "watermark",
        .help =
            "How far behind the newest record of its partition a record may be. Absent: windows "
            "never close.",
    },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct table_options, group_by),
        .name = "group_by",
        .help = "One row for each combination of these fields; a missing field is a null.",
        .children = &group_by_item,
        .n_children = 1,
    },
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct table_options, output_mode),
        .name = "output_mode",
        .fallback = "auto",
        .rule = "auto|complete|update|append",
        .help = "What leaves at each trigger: the whole table, the rows that changed, or each row "
                "once, when its window closes. auto: complete without a watermark, else append.",
    },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct table_options, order_by),
        .name = "order_by",
        .help =
            "The order of a complete result, such as \"count desc\", \"disposition\". Ties, and "
            "other modes: by window, then by the groups. Absent: a column count first, the "
            "largest on top.",
        .children = &order_by_item,
        .n_children = 1,
    },
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct table_options, on_end),
        .name = "on_end",
        .fallback = "auto",
        .rule = "auto|flush|hold",
        .help = "At the end of the input: close all windows, or keep them for a later run. auto: "
                "flush where the input ends by itself.",
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct table_options, idle_after),
        .name = "idle_after",
        .help = "A partition without new records for so long no longer holds windows open. Absent: "
                "it holds them.",
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct table_options, max_future),
        .name = "max_future",
        .help = "A time further ahead of the clock is a bad record. Absent: no limit.",
    },
};
const uint32_t table_n_rows = sizeof(table_rows) / sizeof(*table_rows);

struct check {
    const struct table_options *options;
    const struct table_cell *cells;
    uint32_t n_cells;
    void (*problem)(void *user, const char *option, const char *text);
    void *user;
};

static void
say(const struct check *check, const char *option, const char *text)
{
    check->problem(check->user, option, text);
}

static void
check_milliseconds(const struct check *check, const char *option, int64_t ns)
{
    if (ns % NS_PER_MS != 0)
        say(check, option,
            "must be a whole number of milliseconds: event times have no finer parts");
}

static void
check_session(const struct check *check)
{
    const struct table_options *options = check->options;
    check_milliseconds(check, "session", options->session);
    if (options->window > 0)
        say(check, "session", "cannot stand beside window: a row has either a window or a session");
    if (options->slide > 0)
        say(check, "slide", "cannot stand beside session: a session starts with a record");
    if (options->offset > 0)
        say(check, "offset", "cannot stand beside session: a session starts with a record");
    if (options->output_mode == TABLE_UPDATE)
        say(check, "output_mode",
            "update is not for sessions: a later record may extend a session, or join it with "
            "another, after its row has left; use append or complete");
}

static void
check_times(const struct check *check)
{
    const struct table_options *options = check->options;
    check_milliseconds(check, "window", options->window);
    check_milliseconds(check, "slide", options->slide);
    check_milliseconds(check, "offset", options->offset);
    check_milliseconds(check, "watermark", options->watermark);
    check_milliseconds(check, "max_future", options->max_future);
    if (options->session > 0) {
        check_session(check);
        return;
    }
    if (options->window == 0) {
        if (options->slide > 0)
            say(check, "slide", "needs a window: it says how often one starts");
        if (options->offset > 0)
            say(check, "offset", "needs a window: it says when one starts");
        if (options->watermark > 0)
            say(check, "watermark", "needs a window or a session: it says when one closes");
        return;
    }
    if (options->slide > options->window)
        say(check, "slide", "is longer than the window: times between two windows would be lost");
    if (options->slide > 0 && options->window / options->slide >= MAX_OVERLAP)
        say(check, "slide",
            "is too short for the window: a record would fall into 1000 windows or more");
    int64_t step = options->slide > 0 ? options->slide : options->window;
    if (options->offset >= step)
        say(check, "offset", "must be shorter than the time from one window's start to the next");
}

static void
check_modes(const struct check *check)
{
    const struct table_options *options = check->options;
    if (options->watermark == 0) {
        if (options->output_mode == TABLE_APPEND)
            say(check, "output_mode",
                "append needs a window or a session, and a watermark: a row leaves when its window "
                "closes");
        if (options->idle_after > 0)
            say(check, "idle_after", "needs a watermark: without one no window closes");
    }
    if (options->max_future > 0 && !table_options_have_windows(options) &&
        options->event_time == NULL)
        say(check, "max_future", "needs event_time or a window: no time is read");
}

/* The columns in the order in which they leave; NULL: that was the last. */
static const char *
column_name(const struct check *check, uint64_t i)
{
    const struct table_options *options = check->options;
    const struct levada_path *const *groups = options->group_by.items;
    bool has_windows = table_options_have_windows(options);
    if (has_windows && i < 2)
        return i == 0 ? "window_start" : "window_end";
    i -= has_windows ? 2 : 0;
    if (i < options->group_by.n)
        return groups[i]->text;
    i -= options->group_by.n;
    for (uint32_t c = 0; c < check->n_cells; c++) {
        if (check->cells[c].name != NULL && i-- == 0)
            return check->cells[c].name;
    }
    return NULL;
}

static void
check_columns(const struct check *check)
{
    char text[300];
    const char *name;
    for (uint64_t i = 0; (name = column_name(check, i)) != NULL; i++) {
        for (uint64_t j = 0; j < i; j++) {
            if (strcmp(column_name(check, j), name) != 0)
                continue;
            snprintf(text, sizeof(text), "the result would have two columns \"%s\"", name);
            say(check, "group_by", text);
            break;
        }
    }
}

static void
say_unknown_column(const struct check *check, const char *item)
{
    char text[600];
    const char *name;
    int n = snprintf(text, sizeof(text), "\"%s\": there is no such column; there are", item);
    for (uint64_t i = 0; (name = column_name(check, i)) != NULL && n >= 0 && n < (int)sizeof(text);
         i++)
        n += snprintf(text + n, sizeof(text) - (size_t)n, "%s %s", i > 0 ? "," : "", name);
    say(check, "order_by", text);
}

static void
check_order(const struct check *check)
{
    const struct table_options *options = check->options;
    const char *const *items = options->order_by.items;
    struct order_term term;
    for (uint64_t i = 0; i < options->order_by.n; i++) {
        if (!order_parse(items[i], options, check->cells, check->n_cells, &term))
            say_unknown_column(check, items[i]);
    }
    bool is_complete = options->output_mode == TABLE_COMPLETE ||
                       (options->output_mode == TABLE_DEFAULT && options->watermark == 0);
    if (options->order_by.n > 0 && !is_complete)
        say(check, "order_by",
            "needs output_mode \"complete\": only a whole result can be ordered");
}

void
table_check(const struct table_options *options, const struct table_cell *cells, uint32_t n_cells,
            void (*problem)(void *user, const char *option, const char *text), void *user)
{
    struct check check = { options, cells, n_cells, problem, user };
    check_times(&check);
    check_modes(&check);
    check_columns(&check);
    check_order(&check);
}
