/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_FILE_SINK_LEDGER_H
#define PLUGINS_FILE_SINK_LEDGER_H

/* What the pipeline's checkpoint knows of the file. A host without levada.state/1 keeps nothing. */

#include <levada/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct ledger_entry {
    uint64_t length, inode;
    bool replaces; /* each trigger made the whole file */
};

/* *found: the checkpoint knows the file. */
levada_status ledger_read(struct levada_call *call, struct ledger_entry *entry, bool *found);

/* Goes into the checkpoint that is being made. */
levada_status ledger_write(struct levada_call *call, const struct ledger_entry *entry);

#endif
