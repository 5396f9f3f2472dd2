/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aggregates whose groups do not hold what the input is keyed by. Each partition's records are
 * folded into a partial table; at a commit its rows go to a topic, where the hash of the group is
 * the partition, and are merged by whoever has that. Behind them goes how far the event time of the
 * input partition has come. docs/exactly-once.md
 */
#include "runtime/transaction_private.h"

#include "base/strbuf.h"

#include <stdlib.h>
#include <string.h>

/* ---- who needs it ---- */

/* Do records that leave the port come to @stage with no table between? */
static bool
leads_to(const struct port *port, const struct stage *stage)
{
    for (uint32_t e = 0; e < port->n_edges; e++) {
        const struct stage *to = port->edges[e].to;
        if (to == stage)
            return true;
        for (uint32_t p = to->table != NULL ? STAGE_LATE_PORT : 0; p < to->n_ports; p++) {
            if (leads_to(&to->ports[p], stage))
                return true;
        }
    }
    return false;
}

/* The stage whose table's rows @stage reads; NULL: it reads records of the sources. */
static const struct stage *
table_above(const struct transaction *t, const struct stage *stage)
{
    for (uint32_t s = 0; s < t->list.n; s++) {
        const struct stage *above = t->list.stages[s];
        if (above->table != NULL && above != stage && leads_to(&above->ports[0], stage))
            return above;
    }
    return NULL;
}

static bool
holds_all(const struct stage *stage, const struct levada_path *const *keys, uint64_t n)
{
    const struct levada_list *groups = &stage->table_options.group_by;
    for (uint64_t k = 0; k < n; k++) {
        bool found = false;
        for (uint64_t g = 0; g < groups->n; g++)
            found |= ((const struct levada_path *const *)groups->items)[g] == keys[k];
        if (!found)
            return false;
    }
    return true;
}

/* Is a group of @stage in one partition only? Those of a merged table are where its groups are. */
static bool
is_local(const struct member *member, const struct stage *stage, const struct stage *above)
{
    const struct levada_path *const *keys = NULL;
    uint32_t n;
    if (above != NULL && above->is_repartitioned) {
        keys = table_output_paths(above->whole_table, &n);
        bool has_windows = table_options_have_windows(&above->table_options);
        return holds_all(stage, keys + (has_windows ? 2 : 0), above->table_options.group_by.n);
    }
    n = member->group->keyed_by(member->source->self, &keys);
    return n > 0 && holds_all(stage, keys, n);
}

static bool
can_pass(const struct transaction *t, const struct member *member)
{
    return LEVADA_HAS(t->txn, end) && LEVADA_HAS(member->group, reached);
}

static levada_status
refuse(struct transaction *t, const struct member *member, const struct stage *stage,
       const char *why)
{
    return engine_fail(t->engine, stage, LEVADA_CONFIG,
                       "the rows of a group may be in any partition of \"%s\", and %s; group by "
                       "every field that the topic is keyed by (keyed_by says which)",
                       member->source->name, why);
}

static levada_status
add_exchange(struct transaction *t, const struct member *member, struct stage *stage)
{
    struct exchange *grown = realloc(t->exchanges, (t->n_exchanges + 1) * sizeof(*grown));
    struct strbuf topic = { 0 };
    if (grown == NULL)
        return transaction_no_memory(t);
    t->exchanges = grown;
    strbuf_printf(&topic, "%s-%s-repartition", t->engine->setup.name, stage->name);
    struct exchange exchange = { .stage = stage, .topic = strdup(strbuf_text(&topic)) };
    bool failed = strbuf_failed(&topic) || exchange.topic == NULL;
    strbuf_finish(&topic);
    if (!failed)
        exchange.stream =
            record_space_stream(t->engine->setup.space, member->source->name, exchange.topic);
    grown[t->n_exchanges++] = exchange;
    stage->is_repartitioned = true;
    return failed || exchange.stream == UINT32_MAX ? transaction_no_memory(t) : LEVADA_OK;
}

static levada_status
plan_stage(struct transaction *t, const struct member *member, struct stage *stage)
{
    const struct stage *above = table_above(t, stage);
    if (is_local(member, stage, above))
        return LEVADA_OK;
    if (above != NULL)
        return refuse(t, member, stage, "it counts the rows of another aggregate");
    if (stage->op->merge == NULL)
        return refuse(t, member, stage, "its plugin has no merge(), which adds them up");
    if (t->n_members > 1)
        return refuse(t, member, stage, "only what one source reads can be brought together");
    if (!can_pass(t, member))
        return refuse(t, member, stage, "no stream of source and sink brings them together");
    return add_exchange(t, member, stage);
}

levada_status
repartition_plan(struct transaction *t)
{
    levada_status status = LEVADA_OK;
    for (uint32_t m = 0; m < t->n_members && t->n_partitions > 1; m++) {
        for (uint32_t s = 0; s < t->list.n && status >= 0; s++) {
            struct stage *stage = t->list.stages[s];
            if (stage->table != NULL && !stage->is_repartitioned)
                status = plan_stage(t, &t->members[m], stage);
        }
    }
    return status;
}

static levada_status
run_ensure(struct stage *stage, void *user)
{
    const struct step *step = user;
    return step->t->txn->ensure(stage->self, stage->call, step->topic, step->n_partitions);
}

static levada_status
run_also_read(struct stage *stage, void *user)
{
    const struct step *step = user;
    return step->t->members[0].group->also_read(stage->self, stage->call, step->topic);
}

levada_status
repartition_open(struct transaction *t)
{
    struct checkpoint_view view = transaction_view(t);
    levada_status status = LEVADA_OK;
    if (t->n_exchanges > 0)
        t->reader = entry_reader_create(&view);
    if (t->n_exchanges > 0 && t->reader == NULL)
        return transaction_no_memory(t);
    for (uint32_t x = 0; x < t->n_exchanges && status >= 0; x++) {
        struct step step = { .topic = t->exchanges[x].topic, .n_partitions = t->n_partitions };
        status = transaction_call_or_stop(t, t->sink, "looking for a repartition topic", run_ensure,
                                          &step);
        if (status >= 0)
            status = transaction_call_or_stop(t, t->members[0].source,
                                              "reading a repartition topic", run_also_read, &step);
    }
    return status;
}

void
repartition_finish(struct transaction *t)
{
    for (uint32_t x = 0; x < t->n_exchanges; x++)
        free(t->exchanges[x].topic);
    free(t->exchanges);
    entry_writer_finish(&t->writer);
    entry_reader_destroy(t->reader);
}

/* ---- partitions ---- */

/* Each holds the merged table back until it has spoken. */
static levada_status
expect_all(struct transaction *t, struct stage *stage, struct error *err)
{
    uint32_t stream = entry_origin_stream(stage);
    struct table_partition *all = calloc(t->n_partitions, sizeof(*all));
    levada_status status = all != NULL && stream != UINT32_MAX
                               ? LEVADA_OK
                               : error_set(err, LEVADA_FATAL, "out of memory");
    for (uint32_t p = 0; p < t->n_partitions && status >= 0; p++)
        all[p] = (struct table_partition){ stream, (int32_t)p };
    if (status >= 0)
        status = table_assign(stage->table, all, t->n_partitions, err);
    free(all);
    return status;
}

levada_status
repartition_prepare(struct transaction *t, struct part *part)
{
    struct error err = { .status = LEVADA_OK };
    if (t->n_exchanges == 0)
        return LEVADA_OK;
    part->told = calloc(t->n_exchanges, sizeof(*part->told));
    if (part->told == NULL)
        return transaction_no_memory(t);
    levada_status status = LEVADA_OK;
    for (uint32_t x = 0; x < t->n_exchanges && status >= 0; x++)
        status = expect_all(t, t->exchanges[x].stage, &err);
    return status < 0 ? engine_fail(t->engine, t->sink, status, "%s", err.text) : LEVADA_OK;
}

static const struct exchange *
exchange_of(const struct transaction *t, const void *topic, uint64_t n)
{
    for (uint32_t x = 0; x < t->n_exchanges; x++) {
        if (strlen(t->exchanges[x].topic) == n && memcmp(t->exchanges[x].topic, topic, n) == 0)
            return &t->exchanges[x];
    }
    return NULL;
}

bool
transaction_is_exchange(const struct transaction *t, const struct levada_position *position)
{
    return t != NULL && exchange_of(t, position->stream.p, position->stream.n) != NULL;
}

/* Rows go to the partitions that there were when the run began, and to no others. */
static levada_status
check_numbers(struct transaction *t, const struct stage *source, const struct levada_position *all,
              uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if ((uint32_t)all[i].partition >= t->n_partitions)
            return engine_fail(t->engine, source, LEVADA_CONFIG,
                               "partition %d of %.*s was given to this member, and the input had "
                               "%u when the run began; start it anew, with as many partitions of "
                               "the repartition topics",
                               all[i].partition, (int)all[i].stream.n,
                               (const char *)all[i].stream.p, t->n_partitions);
    }
    return LEVADA_OK;
}

/* Which numbers there are: of each exchange, and behind them of the input. */
static bool *
find_numbers(const struct transaction *t, const struct levada_position *all, uint32_t n)
{
    bool *has = calloc((size_t)t->n_exchanges + 1, (size_t)t->n_partitions * sizeof(*has));
    for (uint32_t i = 0; i < n && has != NULL; i++) {
        const struct exchange *exchange = exchange_of(t, all[i].stream.p, all[i].stream.n);
        size_t x = exchange != NULL ? (size_t)(exchange - t->exchanges) : t->n_exchanges;
        has[x * t->n_partitions + (uint32_t)all[i].partition] = true;
    }
    return has;
}

static levada_status
check_together(struct transaction *t, const struct stage *source, const bool *has)
{
    const bool *of_input = has + (size_t)t->n_exchanges * t->n_partitions;
    for (uint32_t x = 0; x < t->n_exchanges; x++) {
        const bool *of_exchange = has + (size_t)x * t->n_partitions;
        for (uint32_t p = 0; p < t->n_partitions; p++) {
            if (of_exchange[p] != of_input[p])
                return engine_fail(t->engine, source, LEVADA_CONFIG,
                                   "partition %u of the input and of %s were given to different "
                                   "members; the group needs the assignor \"range\", and its "
                                   "topics as many partitions each",
                                   p, t->exchanges[x].topic);
        }
    }
    return LEVADA_OK;
}

levada_status
repartition_check(struct transaction *t, const struct stage *source,
                  const struct levada_position *all, uint32_t n)
{
    if (t->n_exchanges == 0)
        return LEVADA_OK;
    levada_status status = check_numbers(t, source, all, n);
    if (status < 0)
        return status;
    bool *has = find_numbers(t, all, n);
    if (has == NULL)
        return transaction_no_memory(t);
    status = check_together(t, source, has);
    free(has);
    return status;
}

/* ---- out ---- */

struct sending {
    struct transaction *t;
    const struct exchange *exchange;
};

/* By the hash that ends a row's key. */
static int32_t
partition_of(const struct transaction *t, struct levada_bytes key)
{
    uint64_t hash = 0;
    const unsigned char *end = (const unsigned char *)key.p + key.n;
    for (int i = 1; i <= 8; i++)
        hash = hash << 8 | end[-i];
    return (int32_t)(hash % t->n_partitions);
}

static levada_status
send_row(void *user, const struct table_row *row, struct error *err)
{
    const struct sending *sending = user;
    struct transaction *t = sending->t;
    entry_row(&t->writer, sending->exchange->stage, row);
    if (entry_made(&t->writer, err) < 0)
        return err->status;
    struct levada_bytes key = codec_bytes(&t->writer.key);
    return transaction_write(t, sending->exchange->topic, partition_of(t, key), key,
                             codec_bytes(&t->writer.value), err);
}

static struct told
to_tell(const struct table *partial)
{
    return (struct told){ .time_ms = table_event_time(partial),
                          .is_idle = table_all_idle(partial),
                          .is_told = true };
}

static bool
is_news(const struct table *partial, const struct told *told)
{
    struct told now = to_tell(partial);
    if (!table_has_watermark(partial) || (now.time_ms == LEVADA_NO_TIME && !now.is_idle))
        return false;
    return !told->is_told || now.time_ms != told->time_ms || now.is_idle != told->is_idle;
}

/* Behind the rows, so that nobody closes a window before it has them. */
static levada_status
send_time(const struct sending *sending, struct part *part, struct told *told, struct error *err)
{
    struct transaction *t = sending->t;
    const struct stage *stage = sending->exchange->stage;
    levada_status status = LEVADA_OK;
    if (!is_news(stage->table, told))
        return LEVADA_OK;
    *told = to_tell(stage->table);
    part->sent = true;
    entry_origin(&t->writer, stage, part->partition, told->time_ms, told->is_idle);
    status = entry_made(&t->writer, err);
    for (uint32_t p = 0; p < t->n_partitions && status >= 0; p++)
        status = transaction_write(t, sending->exchange->topic, (int32_t)p,
                                   codec_bytes(&t->writer.key), codec_bytes(&t->writer.value), err);
    return status;
}

static levada_status
send_part(struct transaction *t, struct part *part, struct error *err)
{
    levada_status status = LEVADA_OK;
    partition_state_enter(&t->list, part->partition);
    for (uint32_t x = 0; x < t->n_exchanges && status >= 0; x++) {
        struct sending sending = { t, &t->exchanges[x] };
        struct table *partial = sending.exchange->stage->table;
        const struct table_changes rows = { .row = send_row, .user = &sending };
        status = table_visit_changes(partial, &rows, err);
        table_forget_rows(partial);
        if (status >= 0)
            status = send_time(&sending, part, &part->told[x], err);
    }
    partition_state_enter(&t->list, NO_PARTITION);
    return status;
}

levada_status
repartition_send(struct transaction *t)
{
    struct error err = { .status = LEVADA_OK };
    levada_status status = LEVADA_OK;
    for (uint32_t p = 0; p < t->n_parts && t->n_exchanges > 0 && status >= 0; p++)
        status = send_part(t, &t->parts[p], &err);
    if (status == LEVADA_LOST)
        return rollback_ask(t->engine, t->sink);
    return status < 0 ? engine_fail(t->engine, t->sink, status, "%s", err.text) : LEVADA_OK;
}

bool
transaction_has_news(const struct transaction *t)
{
    bool news = false;
    for (uint32_t p = 0; t != NULL && p < t->n_parts && !news; p++) {
        for (uint32_t x = 0; x < t->n_exchanges && !news; x++)
            news = is_news(partition_state_table(t->exchanges[x].stage, t->parts[p].partition),
                           &t->parts[p].told[x]);
    }
    return news;
}

/* ---- in ---- */

/* The rows of one partition, one after another. */
struct receiving {
    struct transaction *t;
    const struct exchange *exchange;
    int32_t partition; /* in hand; NO_PARTITION: none yet */
};

static levada_status
merge_pairs(void *user, const struct levada_slots *pairs, struct error *err)
{
    const struct receiving *receiving = user;
    return signal_merge(receiving->t->engine, receiving->exchange->stage, pairs, err);
}

static levada_status
merge_taken(struct receiving *receiving)
{
    struct engine *engine = receiving->t->engine;
    const struct table_output output = { .merge = merge_pairs, .user = receiving };
    struct error err = { .status = LEVADA_OK };
    if (receiving->partition == NO_PARTITION)
        return LEVADA_OK;
    struct stage *stage = receiving->exchange->stage;
    levada_status status = table_merge(stage->table, &output, &err);
    if (status >= 0 || engine->err.status < 0)
        return status;
    return engine_fail(engine, stage, status, "%s", err.text);
}

static levada_status
enter_part(struct receiving *receiving, const struct stage *source, int32_t partition)
{
    struct transaction *t = receiving->t;
    levada_status status = merge_taken(receiving);
    if (status < 0)
        return status;
    status = transaction_enter(t, source, partition);
    if (status < 0)
        return status;
    receiving->partition = partition;
    partition_state_enter_merged(&t->list, partition);
    return LEVADA_OK;
}

static levada_status
take(struct receiving *receiving, const struct stage *source, const struct levada_record *record)
{
    struct transaction *t = receiving->t;
    struct error err = { .status = LEVADA_OK };
    levada_status status = LEVADA_OK;
    if (record->partition != receiving->partition)
        status = enter_part(receiving, source, record->partition);
    if (status >= 0)
        status =
            entry_merge(t->reader, receiving->exchange->stage, record->key, record->value, &err);
    if (status < 0 && t->engine->err.status >= 0)
        return engine_fail(t->engine, source, status, "topic %s, partition %d, offset %lld: %s",
                           receiving->exchange->topic, record->partition, (long long)record->offset,
                           err.text);
    return status;
}

static const struct exchange *
exchange_of_stream(const struct transaction *t, uint32_t stream)
{
    for (uint32_t x = 0; x < t->n_exchanges; x++) {
        if (t->exchanges[x].stream == stream)
            return &t->exchanges[x];
    }
    return NULL;
}

bool
transaction_takes(const struct transaction *t, const struct batch *batch)
{
    struct batch_origins origins = batch_origins(batch);
    return t != NULL && t->n_exchanges > 0 &&
           exchange_of_stream(t, batch_origins_at(&origins, 0)->stream) != NULL;
}

levada_status
transaction_take(struct transaction *t, const struct stage *source, struct batch *batch)
{
    struct batch_origins origins = batch_origins(batch);
    struct receiving receiving = { .t = t, .partition = NO_PARTITION };
    levada_status status = LEVADA_OK;
    for (uint32_t i = 0; i < batch_public(batch)->n && status >= 0; i++) {
        const struct levada_record *record = batch_origins_at(&origins, i);
        const struct exchange *exchange = exchange_of_stream(t, record->stream);
        if (exchange != receiving.exchange) {
            status = merge_taken(&receiving);
            receiving = (struct receiving){ t, exchange, NO_PARTITION };
        }
        if (status >= 0 && exchange == NULL)
            status = engine_fail(t->engine, source, LEVADA_FATAL,
                                 "mixed records of its input with those of a repartition topic");
        if (status >= 0)
            status = take(&receiving, source, record);
    }
    if (status >= 0)
        status = merge_taken(&receiving);
    transaction_leave(t);
    return status;
}

/* ---- the end of what a run reads ---- */

bool
transaction_waits(const struct transaction *t)
{
    return t != NULL && t->n_exchanges > 0 && !t->reached;
}

bool
transaction_owes(const struct transaction *t)
{
    const struct engine *engine = t != NULL ? t->engine : NULL;
    return transaction_waits(t) && read_all_done(engine) &&
           !positions_equal(&engine->positions, &engine->committed);
}

static levada_status
run_reached(struct stage *stage, void *user)
{
    struct step *step = user;
    return step->t->members[0].group->reached(stage->self, stage->call, &step->n);
}

static levada_status
run_end(struct stage *stage, void *user)
{
    struct step *step = user;
    return step->t->txn->end(stage->self, stage->call, step->topic, step->partition, &step->offset);
}

/* What was sent to us until now is to be read yet. */
static levada_status
aim(struct transaction *t, struct stage *source)
{
    levada_status status = LEVADA_OK;
    for (uint32_t p = 0; p < t->n_parts && status >= 0; p++) {
        for (uint32_t x = 0; x < t->n_exchanges && status >= 0; x++) {
            struct step step = { .topic = t->exchanges[x].topic,
                                 .partition = t->parts[p].partition };
            status = transaction_call_or_stop(t, t->sink, "asking for an end", run_end, &step);
            if (status >= 0)
                positions_aim(&t->engine->positions, source, step.topic, step.partition,
                              step.offset);
        }
    }
    return status;
}

levada_status
transaction_catch_up(struct transaction *t)
{
    struct step step = { .n = 0 };
    if (!transaction_waits(t) || transaction_owes(t) || t->n_parts == 0)
        return LEVADA_OK;
    struct stage *source = t->members[0].source;
    levada_status status =
        transaction_call_or_stop(t, source, "asking how far the group is", run_reached, &step);
    if (status >= 0 && step.n != 0)
        status = aim(t, source);
    t->reached = status >= 0 && step.n != 0;
    return status;
}
