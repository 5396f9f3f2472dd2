/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is records with 0x1e between them. However they are decoded, together, alone or split
 * from text, the reference must agree.
 */
#include "json_check.h"

#include <stdlib.h>
#include <string.h>

#define MAX_RECORDS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct json_check *check;
    if (check == NULL)
        check = json_check_create();
    struct levada_bytes texts[MAX_RECORDS];
    uint32_t n = 0;
    while (n < MAX_RECORDS) {
        const uint8_t *end = size > 0 ? memchr(data, 0x1e, size) : NULL;
        size_t length = end != NULL ? (size_t)(end - data) : size;
        texts[n++] = (struct levada_bytes){ data, length };
        if (end == NULL)
            break;
        data += length + 1;
        size -= length + 1;
    }
    if (!json_check_texts(check, texts, n, ",") || !json_check_texts(check, texts, n, "\""))
        abort();
    return 0;
}
