/* SPDX-License-Identifier: Apache-2.0 */
#include "console_sink/console_sink.h"

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct console_sink, format),
        .name = "format",
        .fallback = "table",
        .rule = "table|csv|json|raw",
        .help = "A table each trigger, CSV rows, an object a line, or each value's bytes and a "
                "newline.",
    },
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct console_sink, num_rows),
        .name = "num_rows",
        .fallback = "20",
        .rule = "0..1000000",
        .help = "Rows shown each trigger by format \"table\"; 0 shows all.",
    },
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct console_sink, truncate),
        .name = "truncate",
        .fallback = "20",
        .rule = "0..1000000",
        .help =
            "Characters shown of a value by format \"table\"; 0 shows all and aligns to the left.",
    },
    {
        .type = LEVADA_O_BOOL,
        LEVADA_IN(struct console_sink, header),
        .name = "header",
        .fallback = "true",
        .help = "Does format \"csv\" start with a line of the fields' names?",
    },
};

static const struct levada_stage console_sink = {
    .struct_size = sizeof(console_sink),
    .kind = LEVADA_SINK,
    .id = "console_sink",
    .summary = "Prints on standard output: tables, CSV, JSON lines or raw bytes.",
    .caps = LEVADA_CAP_STDOUT,
    .self_size = sizeof(struct console_sink),
    LEVADA_OPTIONS(options),
    .create = console_sink_create,
    .process = console_sink_process,
    .signal = console_sink_signal,
    .destroy = console_sink_destroy,
};

LEVADA_MODULE("console_sink", "1.0", "Apache-2.0", &console_sink);
