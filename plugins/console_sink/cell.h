/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_CONSOLE_SINK_CELL_H
#define PLUGINS_CONSOLE_SINK_CELL_H

/*
 * A cell of a table as Spark shows it. Spark counts in UTF-16 units: what lies outside the basic
 * plane counts two, and so does what Spark takes for full width; combining marks count one.
 */

#include "row_text/text_buffer.h"

#include <levada/plugin.h>

/*
 * Appends @text with control characters escaped, cut to @truncate units (0: whole). Returns the
 * columns that it takes on a screen.
 */
uint32_t cell_add_text(struct text_buffer *out, const char *text, size_t n, uint32_t truncate);

/* The same for any value; a failing host is sticky. */
uint32_t cell_add(struct text_buffer *out, struct levada_call *call,
                  const struct levada_scalar *value, uint32_t truncate);

#endif
