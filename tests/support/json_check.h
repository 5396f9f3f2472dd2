/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_JSON_CHECK_H
#define TESTS_SUPPORT_JSON_CHECK_H

/*
 * Decodes texts one by one and all together, and compares: with the reference, and with each other.
 */

#include <levada/plugin.h>
#include <stdbool.h>
#include <stdint.h>

struct json_check;

struct json_check *json_check_create(void);
void json_check_destroy(struct json_check *check);

/*
 * The texts as records of one call, in one piece of memory with @gap between them, and each in its
 * own. False: something differs; standard error says what.
 */
bool json_check_texts(struct json_check *check, const struct levada_bytes *texts, uint32_t n,
                      const char *gap);

/* How many texts were valid and faulty so far, so that a test knows that it has seen both. */
void json_check_seen(const struct json_check *check, uint64_t *valid, uint64_t *faulty);

#endif
