/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_FILE_SOURCE_FAIL_WITH_H
#define JSON_FILE_SOURCE_FAIL_WITH_H

#include <levada/plugin.h>

/* levada->fail() with a sentence made like printf's. */
__attribute__((format(printf, 3, 4))) levada_status
fail_with(struct levada_call *call, levada_status code, const char *format, ...);

levada_status fail_memory(struct levada_call *call);

#endif
