/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TABLE_JOIN_CSV_H
#define TABLE_JOIN_CSV_H

#include "table_file.h"

/*
 * CSV as RFC 4180 has it, with a header line. Every cell is a text. Lines end in LF or CRLF; empty
 * lines are skipped. @text is written over: cells are unquoted in place.
 */
bool csv_read(char *text, size_t n, const struct table_reader *reader, struct complaint *complaint);

#endif
