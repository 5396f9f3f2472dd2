/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/refused.h"

static uint64_t
hash(const struct levada_bytes *value)
{
    const unsigned char *bytes = value->p;
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
    for (uint64_t i = 0; i < value->n; i++)
        h = (h ^ bytes[i]) * 0x100000001b3u;
    return h;
}

bool
refused_note(struct refused *refused, const struct levada_record *record, rd_kafka_resp_err_t err)
{
    refused->one_by_one = true;
    if (record == NULL)
        return true;
    if (refused->n == REFUSED_MOST)
        return false;
    refused->records[refused->n++] = (struct refused_record){
        .hash = hash(&record->value),
        .offset = record->offset,
        .stream = record->stream,
        .partition = record->partition,
        .err = err,
    };
    return true;
}

rd_kafka_resp_err_t
refused_find(const struct refused *refused, const struct levada_record *record)
{
    for (uint32_t i = 0; i < refused->n; i++) {
        const struct refused_record *known = &refused->records[i];
        if (known->offset == record->offset && known->stream == record->stream &&
            known->partition == record->partition && known->hash == hash(&record->value))
            return known->err;
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void
refused_forget(struct refused *refused)
{
    refused->one_by_one = false;
    refused->n = 0;
}
