/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/sent.h"

#include <stdio.h>
#include <stdlib.h>

struct sent *
sent_add(struct sent_list *list, struct levada_batch *batch, const struct levada_record *records)
{
    struct sent *sent = calloc(1, sizeof(*sent) + batch->n * sizeof(sent->slots[0]));
    if (sent == NULL)
        return NULL;
    sent->batch = levada->retain(batch);
    sent->records = records;
    sent->is_producing = true;
    for (uint32_t i = 0; i < batch->n; i++)
        sent->slots[i].sent = sent;
    if (list->first == NULL)
        list->end = &list->first;
    *list->end = sent;
    list->end = &sent->next;
    return sent;
}

bool
sent_reject(struct sent *sent, uint32_t i, rd_kafka_resp_err_t err)
{
    if (sent->n_rejects == sent->room_rejects) {
        uint32_t room = sent->room_rejects > 0 ? sent->room_rejects * 2 : 8;
        struct sent_reject *grown = realloc(sent->rejects, room * sizeof(*grown));
        if (grown == NULL)
            return false;
        sent->rejects = grown;
        sent->room_rejects = room;
    }
    sent->rejects[sent->n_rejects++] = (struct sent_reject){ .record = i, .err = err };
    return true;
}

static bool
is_done(const struct sent *sent)
{
    return !sent->is_producing && sent->n_pending == 0;
}

static void
destroy(struct sent *sent)
{
    levada->release(sent->batch);
    free(sent->rejects);
    free(sent);
}

/* Takes out of the list what is done; what has rejects only if @with_rejects. */
static struct sent *
take_done(struct sent_list *list, bool with_rejects)
{
    for (struct sent **at = &list->first; *at != NULL; at = &(*at)->next) {
        struct sent *sent = *at;
        if (!is_done(sent) || (sent->n_rejects > 0 && !with_rejects))
            continue;
        *at = sent->next;
        if (list->end == &sent->next)
            list->end = at;
        return sent;
    }
    return NULL;
}

void
sent_release_delivered(struct sent_list *list)
{
    struct sent *sent;
    while ((sent = take_done(list, false)) != NULL)
        destroy(sent);
}

levada_status
sent_tell_rejects(struct sent_list *list, struct levada_call *call)
{
    struct sent *sent;
    levada_status status = LEVADA_OK;
    while (status == LEVADA_OK && (sent = take_done(list, true)) != NULL) {
        for (uint32_t i = 0; i < sent->n_rejects && status == LEVADA_OK; i++) {
            char why[256];
            snprintf(why, sizeof(why), "the broker does not take it: %s",
                     rd_kafka_err2str(sent->rejects[i].err));
            status =
                levada->fail_at(call, sent->batch, sent->rejects[i].record, LEVADA_REJECT, why);
        }
        destroy(sent); /* the host has its own hold on the batch */
    }
    return status;
}

void
sent_finish(struct sent_list *list)
{
    while (list->first != NULL) {
        struct sent *sent = list->first;
        list->first = sent->next;
        destroy(sent);
    }
}
