/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXEC_COMMON_MESSAGES_H
#define EXEC_COMMON_MESSAGES_H

/* Bytes on their way to or from a program, and the messages in them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum framing { /* the words of the option framing, in this order */
    FRAMING_LINES,
    FRAMING_LENGTH,
};

struct message_queue { /* zeroed: empty */
    char *bytes;
    size_t start, n, room; /* used: bytes[start .. n) */
    size_t searched;       /* up to here no line ends */
    size_t mark;           /* where messages_rewind() goes back to */
    bool is_marked;
};

void messages_finish(struct message_queue *queue);
void messages_clear(struct message_queue *queue);

static inline size_t
messages_bytes(const struct message_queue *queue)
{
    return queue->n - queue->start;
}

/* Adds one message in its frame. False: out of memory. */
bool messages_put(struct message_queue *queue, enum framing framing, const void *text, size_t n);
/* Room for @n bytes at the end, to be filled and counted in queue->n. NULL: out of memory. */
char *messages_reserve(struct message_queue *queue, size_t n);
/* What is taken from here on can be taken again; what was taken before is forgotten. */
void messages_mark(struct message_queue *queue);
void messages_rewind(struct message_queue *queue);
/* Bytes at the start are done with. */
void messages_drop(struct message_queue *queue, size_t n);

enum message_found {
    MESSAGE_NONE, /* not yet */
    MESSAGE_WHOLE,
    MESSAGE_TOO_LONG,
};

/*
 * The next message, taken off; borrowed until bytes are added. @at_end: no more will come, so that
 * a line may be without its end.
 */
enum message_found messages_take(struct message_queue *queue, enum framing framing, size_t longest,
                                 bool at_end, const char **text, size_t *n);

#endif
