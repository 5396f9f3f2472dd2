/* SPDX-License-Identifier: Apache-2.0 */
#include "file_sink/file_sink.h"

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_FILE,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct file_sink, path),
        .name = "path",
        .help = "The file; its folder must exist.",
    },
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct file_sink, format),
        .name = "format",
        .fallback = "json",
        .rule = "json|csv",
        .help = "An object a line, or CSV rows under a header line.",
    },
    {
        .type = LEVADA_O_BOOL,
        LEVADA_IN(struct file_sink, overwrite),
        .name = "overwrite",
        .fallback = "false",
        .help = "Replace a file that is there and that no checkpoint of this pipeline knows?",
    },
};

static const struct levada_stage file_sink = {
    .struct_size = sizeof(file_sink),
    .kind = LEVADA_SINK,
    .id = "file_sink",
    .summary = "Writes a file of JSON lines or CSV, in whole checkpoints only.",
    .caps = LEVADA_CAP_TXN | LEVADA_CAP_STATE,
    .self_size = sizeof(struct file_sink),
    .state_version = 1,
    LEVADA_OPTIONS(options),
    .create = file_sink_create,
    .start = file_sink_start,
    .process = file_sink_process,
    .signal = file_sink_signal,
    .destroy = file_sink_destroy,
};

LEVADA_MODULE("file_sink", "1.0", "Apache-2.0", &file_sink);
