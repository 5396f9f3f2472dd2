/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_SHAPE_H
#define HOST_RUNTIME_SHAPE_H

/*
 * What a stage's state depends on, one "option = value" a line: kept in the checkpoint, so that a
 * changed pipeline whose state no longer fits is refused with the difference, in words.
 */

#include "base/error.h"
#include "base/strbuf.h"
#include "runtime/stage.h"

void shape_write(const struct stage *stage, struct strbuf *out);

/* LEVADA_CONFIG and what differs, or OK. @stored: what shape_write gave, @n bytes. */
levada_status shape_compare(const struct stage *stage, const char *stored, size_t n,
                            struct error *err);

#endif
