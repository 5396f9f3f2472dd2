/* SPDX-License-Identifier: Apache-2.0 */
#include <levada/levada.h>
#include <stdio.h>

struct @IDENT@_stage {
    const char *prefix; /* option */
};

static const struct levada_option options[] = {
    {
        .type = LEVADA_O_STRING,
        LEVADA_IN(struct @IDENT@_stage, prefix),
        .name = "prefix",
        .fallback = "",
        .help = "What stands before each record.",
    },
};

static levada_status
@IDENT@_process(void *object, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    struct @IDENT@_stage *self = object;
    const struct levada_record *first = levada->records(call, batch);

    (void)port;
    if (first == NULL)
        return LEVADA_RETRY; /* the reason is kept, and the host still has the batch */
    for (uint32_t i = 0; i < batch->n; i++) {
        const struct levada_record *record = levada_at(batch, first, i);
        fputs(self->prefix, stdout);
        if (record->value.n > 0) /* absent, or empty, else */
            fwrite(record->value.p, 1, record->value.n, stdout);
        putchar('\n');
    }
    /* OK from a sink means delivered: the source may forget these records. */
    return fflush(stdout) == 0 ? LEVADA_OK : levada->fail(call, LEVADA_IO, "cannot write stdout");
}

static const struct levada_stage @IDENT@ = {
    .struct_size = sizeof(@IDENT@),
    .kind = LEVADA_SINK,
    .id = "@ID@",
    .summary = "Prints each record's bytes.",
    .caps = LEVADA_CAP_STDOUT,
    .self_size = sizeof(struct @IDENT@_stage),
    LEVADA_OPTIONS(options),
    .process = @IDENT@_process,
};
LEVADA_MODULE("@ID@", "1.0", "Apache-2.0", &@IDENT@);
