/* SPDX-License-Identifier: Apache-2.0 */
#include "exec_common/messages.h"

#include <stdlib.h>
#include <string.h>

#define FRAME_BYTES 4u

void
messages_finish(struct message_queue *queue)
{
    free(queue->bytes);
    *queue = (struct message_queue){ 0 };
}

void
messages_clear(struct message_queue *queue)
{
    queue->start = queue->n = queue->searched = queue->mark = 0;
    queue->is_marked = false;
}

void
messages_mark(struct message_queue *queue)
{
    queue->mark = queue->start;
    queue->is_marked = true;
}

void
messages_rewind(struct message_queue *queue)
{
    if (queue->is_marked)
        queue->start = queue->searched = queue->mark;
}

void
messages_drop(struct message_queue *queue, size_t n)
{
    queue->start += n;
    if (queue->searched < queue->start)
        queue->searched = queue->start;
    if (queue->start == queue->n)
        messages_clear(queue);
}

char *
messages_reserve(struct message_queue *queue, size_t n)
{
    if (queue->room - queue->n >= n)
        return queue->bytes + queue->n;
    size_t first = queue->is_marked ? queue->mark : queue->start, used = queue->n - first;
    if (used + n > queue->room) {
        size_t room = (used + n) * 2;
        char *bytes = realloc(queue->bytes, room);
        if (bytes == NULL)
            return NULL;
        queue->bytes = bytes;
        queue->room = room;
    }
    memmove(queue->bytes, queue->bytes + first, used);
    queue->searched -= first;
    queue->start -= first;
    queue->mark = 0;
    queue->n = used;
    return queue->bytes + used;
}

bool
messages_put(struct message_queue *queue, enum framing framing, const void *text, size_t n)
{
    char *place = messages_reserve(queue, n + FRAME_BYTES);
    if (place == NULL)
        return false;
    if (framing == FRAMING_LENGTH) {
        for (unsigned i = 0; i < FRAME_BYTES; i++)
            *place++ = (char)(n >> (8 * (FRAME_BYTES - 1 - i)));
    }
    if (n > 0)
        memcpy(place, text, n);
    if (framing == FRAMING_LINES)
        place[n] = '\n';
    queue->n += n + (framing == FRAMING_LENGTH ? FRAME_BYTES : 1);
    return true;
}

static enum message_found
take_line(struct message_queue *queue, size_t longest, bool at_end, const char **text, size_t *n)
{
    const char *start = queue->bytes + queue->start;
    const char *end = queue->n > queue->searched
                          ? memchr(queue->bytes + queue->searched, '\n', queue->n - queue->searched)
                          : NULL;
    size_t length = end != NULL ? (size_t)(end - start) : messages_bytes(queue);
    queue->searched = queue->n;
    if (length > longest)
        return MESSAGE_TOO_LONG;
    if (end == NULL && (!at_end || length == 0))
        return MESSAGE_NONE;
    *text = start;
    *n = length;
    queue->start += length + (end != NULL);
    queue->searched = queue->start;
    if (*n > 0 && (*text)[*n - 1] == '\r')
        --*n;
    return MESSAGE_WHOLE;
}

static enum message_found
take_frame(struct message_queue *queue, size_t longest, const char **text, size_t *n)
{
    const unsigned char *start = (const unsigned char *)queue->bytes + queue->start;
    size_t length = 0, used = messages_bytes(queue);
    if (used < FRAME_BYTES)
        return MESSAGE_NONE;
    for (unsigned i = 0; i < FRAME_BYTES; i++)
        length = length << 8 | start[i];
    if (length > longest)
        return MESSAGE_TOO_LONG;
    if (used - FRAME_BYTES < length)
        return MESSAGE_NONE;
    *text = (const char *)start + FRAME_BYTES;
    *n = length;
    queue->start += FRAME_BYTES + length;
    return MESSAGE_WHOLE;
}

enum message_found
messages_take(struct message_queue *queue, enum framing framing, size_t longest, bool at_end,
              const char **text, size_t *n)
{
    if (messages_bytes(queue) == 0)
        return MESSAGE_NONE;
    return framing == FRAMING_LINES ? take_line(queue, longest, at_end, text, n)
                                    : take_frame(queue, longest, text, n);
}
