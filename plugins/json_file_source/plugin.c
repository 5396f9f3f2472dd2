/* SPDX-License-Identifier: Apache-2.0 */
#include "json_file_source.h"

static const struct levada_option field_name[] = {
    { .type = LEVADA_O_STRING, .rule = "len:1.." },
};

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_FILE,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct json_file_source, path),
        .name = "path",
        .help =
            "The file, a pattern such as \"calls-*.json\" (read by name), or \"-\" for standard "
            "input. gzip and zstd are unpacked.",
    },
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct json_file_source, format),
        .name = "format",
        .fallback = "auto",
        .rule = "auto|array|lines",
        .help = "One array of records; or records one after another, on lines of their own or not; "
                "auto looks at the first byte.",
    },
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct json_file_source, order),
        .name = "order",
        .fallback = "forward",
        .rule = "forward|reverse",
        .help =
            "reverse begins with the last record: for data that is newest first. Not for standard "
            "input and compressed files.",
    },
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct json_file_source, fields),
        .name = "fields",
        .help = "The names of the records' fields, so that check finds misspelt ones.",
        LEVADA_CHILDREN(field_name),
    },
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct json_file_source, records_per_second),
        .name = "records_per_second",
        .fallback = "0",
        .rule = "0..1000000000",
        .help = "Slows reading down to this rate; 0 does not.",
    },
    {
        .type = LEVADA_O_SIZE,
        LEVADA_IN(struct json_file_source, max_record),
        .name = "max_record",
        .fallback = "1 MiB",
        .rule = "1 B..",
        .help = "A larger record is bad; its first 1 KiB at most goes to the dead letters.",
    },
    {
        .type = LEVADA_O_BOOL,
        LEVADA_IN(struct json_file_source, follow),
        .name = "follow",
        .fallback = "false",
        .help = "Waits at the end of a file of lines for more, also in the next file of its name.",
    },
};

static const struct levada_stage json_file_source = {
    .struct_size = sizeof(json_file_source),
    .kind = LEVADA_SOURCE,
    .id = "json_file_source",
    .summary = "Reads JSON records from files or standard input.",
    .caps = LEVADA_CAP_REPLAY,
    .self_size = sizeof(struct json_file_source),
    LEVADA_OPTIONS(options),
    .create = json_file_source_create,
    .start = json_file_source_start,
    .poll = json_file_source_poll,
    .signal = json_file_source_signal,
    .destroy = json_file_source_destroy,
};

LEVADA_MODULE("json_file_source", "1.0", "Apache-2.0", &json_file_source);
