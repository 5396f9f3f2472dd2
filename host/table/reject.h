/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_TABLE_REJECT_H
#define HOST_TABLE_REJECT_H

/* Records that have no place in the table, and why, in words. Both append to @result. */

#include "table/table_private.h"

levada_status reject_unreadable(struct table *table, struct batch *batch, uint32_t record,
                                struct table_slots_result *result, struct error *err);
levada_status reject_future(struct table *table, uint32_t record, int64_t time_ms, int64_t wall_ms,
                            struct table_slots_result *result, struct error *err);

#endif
