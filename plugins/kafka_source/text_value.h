/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SOURCE_TEXT_VALUE_H
#define PLUGINS_KAFKA_SOURCE_TEXT_VALUE_H

/* format = "string": values are text. */

#include <levada/plugin.h>
#include <stdbool.h>

bool text_value_is_utf8(struct levada_bytes bytes);

/*
 * Of each record whose value is no text, says so. Gives the text of the others to @field, unless
 * that is NULL: then it is to be had as meta:value alone, and a sink gets it as it is.
 */
levada_status text_value_check(struct levada_call *call, struct levada_batch *batch,
                               const struct levada_path *field);

#endif
