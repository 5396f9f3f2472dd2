/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_COMMON_STATUS_H
#define PLUGINS_KAFKA_COMMON_STATUS_H

/* What librdkafka's errors mean to a pipeline. */

#include <levada/plugin.h>
#include <librdkafka/rdkafka.h>

/*
 * REJECT: this record will never be taken. CONFIG: who or what we are is not allowed. NO_OUTPUT: no
 * such topic or partition. UNAVAILABLE: librdkafka has tried for as long as it may. FATAL: the
 * rest.
 */
levada_status status_of_error(rd_kafka_resp_err_t err);

/* levada->fail() with a text made like printf()'s. */
levada_status status_fail(struct levada_call *call, levada_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
