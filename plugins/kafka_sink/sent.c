/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_sink/sent.h"

#include <stdio.h>
#include <stdlib.h>

#include <levada/levada.h>

struct sent *
sent_add(struct sent_list *list, struct levada_batch *batch, const struct levada_record *records)
{
    struct sent *sent = calloc(1, sizeof(*sent) + batch->n * sizeof(sent->slots[0]));
    if (sent == NULL)
        return NULL;
    sent->list = list;
    sent->batch = levada->retain(batch);
    sent->records = records;
    for (uint32_t i = 0; i < batch->n; i++)
        sent->slots[i].sent = sent;
    if (list->first == NULL)
        list->end = &list->first;
    *list->end = sent;
    list->end = &sent->next;
    return sent;
}

static void
destroy(struct sent *sent)
{
    levada->release(sent->batch);
    free(sent->rejects);
    free(sent);
}

static void
take_out(struct sent_list *list, struct sent **at)
{
    struct sent *sent = *at;
    *at = sent->next;
    if (list->end == &sent->next)
        list->end = at;
}

void
sent_drop(struct sent_list *list, struct sent *sent)
{
    struct sent **at = &list->first;
    while (*at != sent)
        at = &(*at)->next;
    take_out(list, at);
    destroy(sent);
}

/* ---- single records ---- */

struct sent *
sent_waiting(const struct sent_list *list)
{
    for (struct sent *sent = list->first; sent != NULL; sent = sent->next) {
        while (sent->cursor < sent->batch->n && sent->slots[sent->cursor].state != SENT_WAITING)
            sent->cursor++;
        if (sent->cursor < sent->batch->n)
            return sent;
    }
    return NULL;
}

const struct levada_record *
sent_record(const struct sent_slot *slot)
{
    const struct sent *sent = slot->sent;
    return levada_at(sent->batch, sent->records, (uint32_t)(slot - sent->slots));
}

void
sent_start(struct sent_list *list, struct sent_slot *slot)
{
    slot->state = SENT_IN_FLIGHT;
    list->n_in_flight++;
}

void
sent_settle(struct sent_list *list, struct sent_slot *slot)
{
    list->n_in_flight -= slot->state == SENT_IN_FLIGHT;
    list->n_suspects -= slot->is_suspect;
    slot->is_suspect = false;
    slot->state = SENT_SETTLED;
    slot->sent->n_settled++;
}

void
sent_again(struct sent_list *list, struct sent_slot *slot)
{
    struct sent *sent = slot->sent;
    uint32_t i = (uint32_t)(slot - sent->slots);
    if (sent->is_void) {
        sent_settle(list, slot);
        return;
    }
    list->n_in_flight--;
    slot->state = SENT_WAITING;
    if (sent->cursor > i)
        sent->cursor = i;
}

void
sent_suspect(struct sent_list *list, struct sent_slot *slot)
{
    list->n_suspects += !slot->is_suspect;
    slot->is_suspect = true;
}

void
sent_again_all(struct sent_list *list)
{
    for (struct sent *sent = list->first; sent != NULL; sent = sent->next) {
        for (uint32_t i = 0; i < sent->batch->n; i++) {
            if (sent->slots[i].state == SENT_IN_FLIGHT)
                sent_again(list, &sent->slots[i]);
        }
    }
}

void
sent_void(struct sent_list *list)
{
    for (struct sent *sent = list->first; sent != NULL; sent = sent->next) {
        sent->is_void = true;
        sent->n_rejects = 0;
        for (uint32_t i = 0; i < sent->batch->n; i++) {
            if (sent->slots[i].state == SENT_WAITING)
                sent_settle(list, &sent->slots[i]);
        }
    }
}

bool
sent_reject(struct sent_list *list, struct sent_slot *slot, rd_kafka_resp_err_t err,
            const char *why)
{
    struct sent *sent = slot->sent;
    if (sent->is_void) {
        sent_settle(list, slot);
        return true;
    }
    if (sent->n_rejects == sent->room_rejects) {
        uint32_t room = sent->room_rejects > 0 ? sent->room_rejects * 2 : 8;
        struct sent_reject *grown = realloc(sent->rejects, room * sizeof(*grown));
        if (grown == NULL)
            return false;
        sent->rejects = grown;
        sent->room_rejects = room;
    }
    sent->rejects[sent->n_rejects++] = (struct sent_reject){
        .record = (uint32_t)(slot - sent->slots),
        .err = err,
        .why = why,
    };
    sent_settle(list, slot);
    return true;
}

/* ---- whole batches ---- */

/* Takes out of the list what is settled; what has rejects only if @with_rejects. */
static struct sent *
take_settled(struct sent_list *list, bool with_rejects)
{
    for (struct sent **at = &list->first; *at != NULL; at = &(*at)->next) {
        struct sent *sent = *at;
        if (sent->n_settled < sent->batch->n || (sent->n_rejects > 0 && !with_rejects))
            continue;
        take_out(list, at);
        return sent;
    }
    return NULL;
}

void
sent_release_delivered(struct sent_list *list)
{
    struct sent *sent;
    while ((sent = take_settled(list, false)) != NULL)
        destroy(sent);
}

static levada_status
tell(struct sent *sent, struct levada_call *call, const struct sent_reject *reject)
{
    char why[256];
    snprintf(why, sizeof(why), "%s%s", reject->why != NULL ? "" : "the broker does not take it: ",
             reject->why != NULL ? reject->why : rd_kafka_err2str(reject->err));
    return levada->fail_at(call, sent->batch, reject->record, LEVADA_REJECT, why);
}

levada_status
sent_tell_rejects(struct sent_list *list, struct levada_call *call)
{
    struct sent *sent;
    levada_status status = LEVADA_OK;
    while (status == LEVADA_OK && (sent = take_settled(list, true)) != NULL) {
        for (uint32_t i = 0; i < sent->n_rejects && status == LEVADA_OK; i++)
            status = tell(sent, call, &sent->rejects[i]);
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
