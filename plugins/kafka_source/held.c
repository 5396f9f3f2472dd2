/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_source/held.h"

#include <stdlib.h>
#include <string.h>

static bool
make_room(struct held *held)
{
    if (held->first > 0 && held->first >= held->n) { /* as much in front as is to be moved */
        memmove(held->messages, held->messages + held->first, held->n * sizeof(*held->messages));
        held->first = 0;
    }
    if (held->first + held->n < held->room)
        return true;
    uint32_t room = held->room > 0 ? held->room * 2 : 64;
    rd_kafka_message_t **grown = realloc(held->messages, room * sizeof(*grown));
    if (grown == NULL)
        return false;
    held->messages = grown;
    held->room = room;
    return true;
}

bool
held_push(struct held *held, rd_kafka_message_t *message)
{
    if (!make_room(held)) {
        rd_kafka_message_destroy(message);
        return false;
    }
    held->messages[held->first + held->n++] = message;
    held->bytes += message->len + message->key_len;
    return true;
}

rd_kafka_message_t *
held_take(struct held *held)
{
    if (held->n == 0)
        return NULL;
    rd_kafka_message_t *message = held->messages[held->first++];
    held->n--;
    held->bytes -= message->len + message->key_len;
    return message;
}

void
held_clear(struct held *held)
{
    rd_kafka_message_t *message;
    while ((message = held_take(held)) != NULL)
        rd_kafka_message_destroy(message);
    free(held->messages);
    *held = (struct held){ 0 };
}
