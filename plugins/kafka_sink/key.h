/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_SINK_KEY_H
#define PLUGINS_KAFKA_SINK_KEY_H

/* The keys of a batch, made of fields. */

#include <levada/plugin.h>

/*
 * One key a record, from the fields @paths (const struct levada_path *): of one field its text, and
 * no key where the field is missing or null; of several a JSON array. They live as the batch does.
 * NULL: a host function failed.
 */
const struct levada_bytes *key_make(struct levada_call *call, struct levada_batch *batch,
                                    const struct levada_list *paths);

#endif
