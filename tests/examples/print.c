/* SPDX-License-Identifier: Apache-2.0 */
#include <levada/levada.h>
#include <stdio.h>

static levada_status
print_process(void *self, struct levada_call *call, uint32_t port, struct levada_batch *batch)
{
    const struct levada_record *first = levada->records(call, batch);

    (void)self, (void)port;
    for (uint32_t i = 0; first != NULL && i < batch->n; i++) {
        const struct levada_record *record = levada_at(batch, first, i);
        if (record->value.n > 0) /* else it may be absent */
            fwrite(record->value.p, 1, record->value.n, stdout);
        putchar('\n');
    }
    return fflush(stdout) == 0 ? LEVADA_OK : levada->fail(call, LEVADA_IO, "cannot write stdout");
}

static const struct levada_stage print = {
    .struct_size = sizeof(print),
    .kind = LEVADA_SINK,
    .id = "print",
    .summary = "Prints each record's bytes.",
    .process = print_process,
};
LEVADA_MODULE("print", "1.0", "Apache-2.0", &print);
