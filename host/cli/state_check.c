/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/state_verbs.h"

#include "base/strbuf.h"
#include "cli/state_entry.h"
#include "cli/state_output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static levada_status
count(void *user, const struct state_entry *entry, struct error *err)
{
    uint64_t *n = user;
    (void)entry;
    (void)err;
    ++*n;
    return LEVADA_OK;
}

static void
print_fault(const struct error *err, bool json)
{
    struct strbuf line = { 0 };
    strbuf_str(&line, "{\"whole\":false,\"reason\":");
    strbuf_json_string(&line, err->text, strlen(err->text));
    strbuf_char(&line, '}');
    if (json)
        puts(strbuf_text(&line));
    strbuf_finish(&line);
}

int
state_check(const char *folder, bool json)
{
    struct store *store = NULL;
    struct error err = { .status = LEVADA_OK };
    uint64_t n = 0;
    levada_status status = store_open(folder, STORE_READ, &store, &err);
    if (status >= 0)
        status = state_entries(store, count, &n, &err);
    if (status == LEVADA_REJECT)
        print_fault(&err, json);
    else if (status >= 0 && json)
        printf("{\"whole\":true,\"entries\":%" PRIu64 "}\n", n);
    else if (status >= 0)
        printf("checkpoint %s: is whole, %" PRIu64 " entries\n", folder, n);
    return state_done(store, status, &err);
}
