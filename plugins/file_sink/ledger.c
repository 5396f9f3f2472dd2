/* SPDX-License-Identifier: Apache-2.0 */
#include "file_sink/ledger.h"

#include <inttypes.h>
#include <levada/levada.h>
#include <stdio.h>

#define ENTRY_SIZE 80

static const struct levada_bytes key = { "file", 4 };

static const struct levada_state_v1 *
state(void)
{
    return levada->ext("levada.state/1");
}

levada_status
ledger_read(struct levada_call *call, struct ledger_entry *entry, bool *found)
{
    struct levada_bytes value = { 0 };
    char text[ENTRY_SIZE], mode[8];

    *found = false;
    if (state() == NULL)
        return LEVADA_OK;
    levada_status status = state()->get(call, key, &value);
    if (status < 0 || value.p == NULL)
        return status;
    snprintf(text, sizeof(text), "%.*s", (int)(value.n < ENTRY_SIZE ? value.n : ENTRY_SIZE),
             (const char *)value.p);
    if (sscanf(text, "length=%" SCNu64 " inode=%" SCNu64 " mode=%7s", &entry->length, &entry->inode,
               mode) != 3)
        return levada->fail(call, LEVADA_FATAL, "the checkpoint's entry for the file is damaged");
    entry->replaces = strcmp(mode, "replace") == 0;
    *found = true;
    return LEVADA_OK;
}

levada_status
ledger_write(struct levada_call *call, const struct ledger_entry *entry)
{
    char text[ENTRY_SIZE];

    if (state() == NULL)
        return LEVADA_OK;
    int n = snprintf(text, sizeof(text), "length=%" PRIu64 " inode=%" PRIu64 " mode=%s",
                     entry->length, entry->inode, entry->replaces ? "replace" : "append");
    return state()->put(call, key, (struct levada_bytes){ text, (uint64_t)n });
}
