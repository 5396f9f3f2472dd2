/* SPDX-License-Identifier: Apache-2.0 */
/* A batch on its way: process(), again after RETRY and AGAIN, its outputs, its failures. */
#include "runtime/callback.h"
#include "runtime/engine_private.h"
#include "runtime/transaction.h"

#include <stdlib.h>
#include <string.h>

#define LATENESS_SAMPLE 1000u /* records after which lateness is judged */

/* The stage's answer must speak for every record that it did not emit. */
static levada_status
check_account(struct engine *engine, struct stage *stage, const struct batch *input,
              levada_status status)
{
    const struct levada_call *call = stage->call;
    uint64_t accounted = call->n_failed, n = batch_public((struct batch *)input)->n;

    if (status > LEVADA_ABSORBED)
        return engine_fail(engine, stage, LEVADA_FATAL,
                           "process() returned %d, which is no status for it", status);
    if (status == LEVADA_ABSORBED || stage->op->kind == LEVADA_SINK)
        return LEVADA_OK;
    for (uint32_t e = 0; e < call->n_emissions; e++)
        accounted += batch_public(call->emissions[e].batch)->n;
    if (status == LEVADA_FILTERED)
        metrics_add(&stage->metrics.filtered, n > accounted ? n - accounted : 0);
    if (status == LEVADA_FILTERED || accounted >= n)
        return LEVADA_OK;
    return engine_fail(engine, stage, LEVADA_FATAL,
                       "process() returned OK but emitted only %llu of %llu records; FILTERED or "
                       "ABSORBED says what became of the others",
                       (unsigned long long)accounted, (unsigned long long)n);
}

/* One call of process() on a handle of its own, so that a failed one leaves the input untouched. */
static levada_status
try_once(struct engine *engine, struct stage *stage, uint32_t port, struct batch *batch)
{
    struct levada_call *call = stage->call;
    struct batch *handle = batch_clone(batch);
    call_reset(call);
    if (handle == NULL)
        return error_set(&call->err, LEVADA_FATAL, "out of memory");
    int64_t before = engine_now_ns(engine);
    levada_status status = call_end(call, callback_process(stage, port, handle));
    metrics_add(&stage->metrics.busy_ns, (uint64_t)(engine_now_ns(engine) - before));
    batch_release(handle);
    return status;
}

static levada_status deliver_patiently(struct engine *engine, struct stage *stage, uint32_t port,
                                       struct batch *batch, struct patience *patience);

static levada_status
deliver_part(struct engine *engine, struct stage *stage, uint32_t port, struct batch *batch,
             const uint32_t *indexes, uint32_t n, struct patience *patience)
{
    struct error err;
    struct batch *part = batch_select(batch, indexes, n, &err);
    if (part == NULL)
        return engine_fail(engine, stage, err.status, "%s", err.text);
    levada_status status = deliver_patiently(engine, stage, port, part, patience);
    batch_release(part);
    return status;
}

/* A batch that the stage refuses as a whole is halved until the records at fault are alone. */
static levada_status
isolate(struct engine *engine, struct stage *stage, uint32_t port, struct batch *batch,
        struct patience *patience)
{
    uint32_t n = batch_public(batch)->n;
    if (n == 1) {
        char why[sizeof(stage->call->err.text)];
        memcpy(why, stage->call->err.text, sizeof(why));
        struct bad_letter letter = { .record = 0, .why = why };
        return dead_letter(engine, stage, batch, &letter, 1);
    }
    uint32_t *indexes = malloc(n * sizeof(*indexes));
    if (indexes == NULL)
        return engine_fail(engine, stage, LEVADA_FATAL, "out of memory");
    for (uint32_t i = 0; i < n; i++)
        indexes[i] = i;
    levada_status status = deliver_part(engine, stage, port, batch, indexes, n / 2, patience);
    if (status >= 0)
        status = deliver_part(engine, stage, port, batch, indexes + n / 2, n - n / 2, patience);
    free(indexes);
    return status;
}

/* May the records be given up? None is bad because the pipeline had to stop. */
static bool
may_tolerate(struct engine *engine, const struct stage *stage)
{
    return stage->errors.tolerate && engine_wait(engine, 0);
}

/* The batch failed for good with the status and the words in call->err. */
static levada_status
give_up(struct engine *engine, struct stage *stage, uint32_t port, struct batch *batch,
        struct patience *patience)
{
    const struct error *err = &stage->call->err;
    if (err->status == LEVADA_REJECT ||
        (err->status == LEVADA_RETRY && may_tolerate(engine, stage)))
        return isolate(engine, stage, port, batch, patience);
    if (err->status == LEVADA_RETRY)
        return engine_fail(engine, stage, LEVADA_UNAVAILABLE, "%s (tried for %lld s)", err->text,
                           (long long)patience_seconds(engine, patience));
    return engine_fail(engine, stage, err->status, "%s", err->text);
}

/* ---- single records that failed ---- */

/* A record that is no part of an input at hand, so that it cannot be delivered again. */
static levada_status
settle_record(struct engine *engine, struct stage *stage, const struct failed_record *failed)
{
    struct bad_letter letter = { .record = failed->record, .why = failed->why };
    if (failed->code == LEVADA_RETRY && !stage->errors.tolerate)
        return engine_fail(engine, stage, LEVADA_UNAVAILABLE, "%s", failed->why);
    return dead_letter(engine, stage, failed->batch, &letter, 1);
}

/* What fail_at() named in a process(), each record once, by what is to be done. In the call's
 * scratch. */
struct failures {
    struct bad_letter *letters, *retries; /* records of the input */
    uint32_t n_letters, n_retries;
};

static levada_status
sort_failures(struct engine *engine, struct stage *stage, struct batch *input,
              struct failures *failures)
{
    struct levada_call *call = stage->call;
    uint32_t n = call->n_failed;
    uint32_t n_input = batch_public(input)->n;
    bool *seen = arena_alloc(&call->scratch, n_input);
    failures->letters = arena_alloc(&call->scratch, n * sizeof(*failures->letters));
    failures->retries = arena_alloc(&call->scratch, n * sizeof(*failures->retries));
    if (seen == NULL || failures->letters == NULL || failures->retries == NULL)
        return engine_fail(engine, stage, LEVADA_FATAL, "out of memory");
    memset(seen, false, n_input);
    for (uint32_t i = 0; i < n; i++) {
        const struct failed_record *failed = &call->failed[i];
        uint32_t record = batch_find_record(input, failed->batch, failed->record);
        struct bad_letter letter = { .record = record, .why = failed->why };
        if (record == UINT32_MAX && stage->op->kind != LEVADA_SINK)
            return engine_fail(engine, stage, LEVADA_FATAL,
                               "fail_at() of a record that did not come in");
        if (record == UINT32_MAX) { /* of a batch before, which the sink had kept */
            if (settle_record(engine, stage, failed) < 0)
                return engine->err.status;
            continue;
        }
        if (seen[record])
            continue;
        seen[record] = true;
        if (failed->code == LEVADA_RETRY)
            failures->retries[failures->n_retries++] = letter;
        else
            failures->letters[failures->n_letters++] = letter;
    }
    return LEVADA_OK;
}

/* The records of @input that are to be delivered again, in *again, after a pause. */
static levada_status
take_retries(struct engine *engine, struct stage *stage, struct batch *input,
             const struct failures *failures, struct patience *patience, struct batch **again)
{
    uint32_t n = failures->n_retries;
    const char *why = failures->retries[0].why;
    struct error err;
    if (!patience_wait(engine, stage, patience, why)) {
        if (may_tolerate(engine, stage))
            return dead_letter(engine, stage, input, failures->retries, n);
        return engine_fail(engine, stage, LEVADA_UNAVAILABLE,
                           "%u records could not be delivered: %s", n, why);
    }
    uint32_t *indexes = arena_alloc(&stage->call->scratch, n * sizeof(*indexes));
    if (indexes == NULL)
        return engine_fail(engine, stage, LEVADA_FATAL, "out of memory");
    for (uint32_t i = 0; i < n; i++)
        indexes[i] = failures->retries[i].record;
    *again = batch_select(input, indexes, n, &err);
    if (*again == NULL)
        return engine_fail(engine, stage, err.status, "%s", err.text);
    return LEVADA_OK;
}

/* What fail_at() named, once everything else of the callback is done. */
static levada_status
settle_failures(struct engine *engine, struct stage *stage, struct batch *input,
                struct patience *patience, struct batch **again)
{
    struct failures failures = { .n_letters = 0 };
    if (stage->call->n_failed == 0)
        return LEVADA_OK;
    levada_status status = sort_failures(engine, stage, input, &failures);
    if (status >= 0 && failures.n_letters > 0)
        status = dead_letter(engine, stage, input, failures.letters, failures.n_letters);
    if (status >= 0 && failures.n_retries > 0)
        status = take_retries(engine, stage, input, &failures, patience, again);
    return status;
}

/* What failed in a signal or in rows(). */
static levada_status
settle_outcome(struct engine *engine, struct stage *stage)
{
    const struct levada_call *call = stage->call;
    levada_status status = LEVADA_OK;
    for (uint32_t i = 0; i < call->n_failed && status >= 0; i++)
        status = settle_record(engine, stage, &call->failed[i]);
    return status;
}

/* ---- what comes of a callback ---- */

levada_status
deliver_out(struct engine *engine, struct stage *stage, uint32_t port_index, struct batch *batch)
{
    const struct port *port = &stage->ports[port_index];
    uint32_t n = batch_public(batch)->n;
    levada_status status = LEVADA_OK;
    if (n == 0)
        return LEVADA_OK;
    if (port_index == 0)
        metrics_add(&stage->metrics.records_out, n);
    else if (stage->table == NULL && port->name != NULL && strcmp(port->name, "late") == 0)
        metrics_add(&stage->metrics.late, n); /* a table's are counted without a reader, too */
    for (uint32_t e = 0; e < port->n_edges && status >= 0; e++)
        status = deliver(engine, port->edges[e].to, port->edges[e].to_port, batch);
    return status;
}

/* Records that a stage below the sources appended: it answers for their being JSON. */
static levada_status
decode_made(struct engine *engine, struct stage *stage, struct batch *batch)
{
    struct bad_record *bad = NULL;
    uint32_t n_bad = 0;
    struct error err;
    if (stage->decoder == NULL)
        stage->decoder = batch_decoder_create(stage->space);
    if (stage->decoder == NULL)
        return engine_fail(engine, stage, LEVADA_FATAL, "out of memory");
    if (batch_decode(batch, stage->decoder, &bad, &n_bad, &err) < 0)
        return engine_fail(engine, stage, err.status, "%s", err.text);
    if (n_bad > 0)
        return engine_fail(engine, stage, LEVADA_FATAL, "emitted a record that is no JSON: %s",
                           bad[0].why);
    return LEVADA_OK;
}

/* The stages below may come back to nobody above them, so the list stays as it is meanwhile. */
static levada_status
deliver_emissions(struct engine *engine, struct stage *stage)
{
    const struct levada_call *call = stage->call;
    levada_status status = LEVADA_OK;
    for (uint32_t e = 0; e < call->n_emissions && status >= 0; e++) {
        const struct emission *emission = &call->emissions[e];
        if (batch_is_undecoded(emission->batch))
            status = decode_made(engine, stage, emission->batch);
        if (status >= 0)
            status = deliver_out(engine, stage, emission->port, emission->batch);
    }
    return status;
}

levada_status
deliver_outcome(struct engine *engine, struct stage *stage)
{
    levada_status status = deliver_emissions(engine, stage);
    if (status >= 0)
        status = settle_outcome(engine, stage);
    call_reset(stage->call);
    return status;
}

/*
 * Newest-first input drives the watermark past everything that follows: nearly all of it is late,
 * which a user has to hear early, once, and with what to do.
 */
static void
warn_of_late_input(struct stage *stage)
{
    const struct stage_metrics *metrics = &stage->metrics;
    if (stage->table == NULL || stage->judged_lateness || metrics->records_in < LATENESS_SAMPLE)
        return;
    stage->judged_lateness = true;
    if (metrics->late > metrics->records_in / 2)
        log_warn(
            &stage->logger, "event times go backwards",
            "late=%llu of=%llu reason=\"most records are older than the watermark; is the input "
            "newest first? read it with order=reverse, or use output_mode=complete, "
            "where nothing is late\"",
            (unsigned long long)metrics->late, (unsigned long long)metrics->records_in);
}

/* process(), until it has taken the batch or refused it for good. */
static levada_status
try_patiently(struct engine *engine, struct stage *stage, uint32_t port, struct batch *batch,
              struct patience *patience)
{
    for (;;) {
        levada_status status = try_once(engine, stage, port, batch);
        if (status == LEVADA_AGAIN) {
            metrics_add(&stage->metrics.blocked_ns, AGAIN_PAUSE_NS);
            if (!engine_wait(engine, AGAIN_PAUSE_NS))
                return engine_fail(engine, stage, LEVADA_UNAVAILABLE,
                                   "did not take its input before drain_timeout was over");
        } else if (status != LEVADA_RETRY ||
                   !patience_wait(engine, stage, patience, stage->call->err.text)) {
            return status;
        }
    }
}

/* *again: the records that are to be delivered once more, or NULL. */
static levada_status
deliver_once(struct engine *engine, struct stage *stage, uint32_t port, struct batch *batch,
             struct patience *patience, struct batch **again)
{
    *again = NULL;
    levada_status status = try_patiently(engine, stage, port, batch, patience);
    if (engine->err.status < 0)
        return engine->err.status;
    if (status < 0)
        return give_up(engine, stage, port, batch, patience);
    metrics_add(&stage->metrics.batches, 1);
    if (stage->op->kind == LEVADA_SINK && status == LEVADA_END) {
        engine->reader_gone = true;
        return engine_fail(engine, stage, LEVADA_IO, "nobody reads the output any more");
    }
    if (check_account(engine, stage, batch, status) < 0)
        return engine->err.status;
    status = deliver_emissions(engine, stage);
    if (status >= 0)
        status = settle_failures(engine, stage, batch, patience, again);
    call_reset(stage->call);
    metrics_add(&stage->metrics.records_in,
                batch_public(batch)->n - (*again != NULL ? batch_public(*again)->n : 0));
    warn_of_late_input(stage);
    return status;
}

static levada_status
deliver_patiently(struct engine *engine, struct stage *stage, uint32_t port, struct batch *batch,
                  struct patience *patience)
{
    levada_status status = LEVADA_OK;
    struct batch *left = batch_retain(batch);
    while (status >= 0 && left != NULL) {
        struct batch *again;
        status = deliver_once(engine, stage, port, left, patience, &again);
        batch_release(left);
        left = again;
    }
    return status;
}

levada_status
deliver(struct engine *engine, struct stage *stage, uint32_t port, struct batch *batch)
{
    struct patience patience = { .pause_ns = 0 };
    return deliver_patiently(engine, stage, port, batch, &patience);
}

/* ---- sources ---- */

/*
 * What the source marked and what is no JSON, in the order of the records, each once: the source
 * knows better why. NULL: out of memory.
 */
static struct bad_letter *
collect_letters(struct levada_call *call, const struct batch *batch, uint32_t n,
                const struct bad_record *bad, uint32_t n_bad, uint32_t *n_letters)
{
    struct bad_letter *letters = arena_alloc(&call->scratch, n * sizeof(*letters));
    *n_letters = 0;
    if (letters == NULL)
        return NULL;
    memset(letters, 0, n * sizeof(*letters));
    for (uint32_t i = 0; i < n_bad; i++)
        letters[bad[i].record] = (struct bad_letter){ bad[i].record, bad[i].byte, bad[i].why };
    for (uint32_t i = 0; i < call->n_failed; i++) {
        const struct failed_record *failed = &call->failed[i];
        if (batch_same_records(failed->batch, batch))
            letters[failed->record] =
                (struct bad_letter){ .record = failed->record, .why = failed->why };
    }
    for (uint32_t i = 0; i < n; i++) {
        if (letters[i].why != NULL)
            letters[(*n_letters)++] = letters[i];
    }
    return letters;
}

static uint64_t
count_bytes(const struct batch *batch, uint32_t n)
{
    uint64_t bytes = 0;
    struct batch_origins origins = batch_origins(batch);
    for (uint32_t i = 0; i < n; i++)
        bytes += batch_origins_at(&origins, i)->value.n;
    return bytes;
}

/* The records that are good, delivered. */
static levada_status
deliver_rest(struct engine *engine, struct stage *source, uint32_t port, struct batch *batch,
             const struct bad_letter *letters, uint32_t n_letters)
{
    uint32_t n = batch_public(batch)->n, kept = 0, letter = 0;
    if (n_letters == 0)
        return deliver_polled_out(engine, source, port, batch);
    uint32_t *indexes = malloc(n * sizeof(*indexes));
    if (indexes == NULL)
        return engine_fail(engine, source, LEVADA_FATAL, "out of memory");
    for (uint32_t i = 0; i < n; i++) {
        if (letter < n_letters && letters[letter].record == i)
            letter++;
        else
            indexes[kept++] = i;
    }
    struct error err;
    struct batch *rest = batch_select(batch, indexes, kept, &err);
    free(indexes);
    if (rest == NULL)
        return engine_fail(engine, source, err.status, "%s", err.text);
    levada_status status = deliver_polled_out(engine, source, port, rest);
    batch_release(rest);
    return status;
}

static levada_status
deliver_polled_batch(struct engine *engine, struct stage *source, const struct emission *emission)
{
    struct levada_call *call = source->call;
    struct batch *batch = emission->batch;
    struct bad_record *bad = NULL;
    uint32_t n_bad = 0, n_letters = 0, n = batch_public(batch)->n;
    struct error err;

    if (n == 0)
        return LEVADA_OK;
    if (transaction_takes(engine->transaction, batch))
        return transaction_take(engine->transaction, source, batch);
    if (batch_decode(batch, source->decoder, &bad, &n_bad, &err) < 0)
        return engine_fail(engine, source, err.status, "%s", err.text);
    metrics_add(&source->metrics.batches, 1);
    metrics_add(&source->metrics.records_in, n);
    metrics_add(&source->metrics.bytes_in, count_bytes(batch, n));
    struct bad_letter *letters = NULL;
    if (call->n_failed + n_bad > 0) {
        letters = collect_letters(call, batch, n, bad, n_bad, &n_letters);
        if (letters == NULL)
            return engine_fail(engine, source, LEVADA_FATAL, "out of memory");
    }
    levada_status status = LEVADA_OK;
    if (n_letters > 0)
        status = dead_letter(engine, source, batch, letters, n_letters);
    if (status >= 0)
        status = watch_fields(engine, source, batch);
    if (status >= 0)
        status = deliver_rest(engine, source, emission->port, batch, letters, n_letters);
    return status;
}

levada_status
deliver_polled(struct engine *engine, struct stage *source)
{
    const struct levada_call *call = source->call;
    levada_status status = LEVADA_OK;
    for (uint32_t e = 0; e < call->n_emissions && status >= 0; e++)
        status = deliver_polled_batch(engine, source, &call->emissions[e]);
    return status;
}
