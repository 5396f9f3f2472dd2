/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TABLE_JOIN_JSON_H
#define TABLE_JOIN_JSON_H

#include "table_file.h"

/* One JSON array of objects, or objects one after another (JSON lines). */
bool json_read(const char *text, size_t n, const struct table_reader *reader,
               struct complaint *complaint);

#endif
