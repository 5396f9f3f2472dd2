/* SPDX-License-Identifier: Apache-2.0 */
/* What fails for now is tried again: how often, how long, and until when. */
#include "runtime/engine_private.h"

#define FIRST_PAUSE_NS 20000000LL     /* 20 ms, doubled each time */
#define LONGEST_PAUSE_NS 1000000000LL /* 1 s: who is back is not left waiting */
#define LONGEST_AGAIN_NS 50000000LL   /* 50 ms: also how late an end of waiting is seen */

bool
patience_wait(struct engine *engine, struct stage *stage, struct patience *patience,
              const char *why)
{
    if (patience->pause_ns == 0)
        *patience =
            (struct patience){ .started_ns = engine_now_ns(engine), .pause_ns = FIRST_PAUSE_NS };
    if (engine_now_ns(engine) - patience->started_ns >= stage->errors.retry_for_ns)
        return false;
    if (patience->pause_ns == FIRST_PAUSE_NS)
        log_warn(&stage->logger, "will be tried again", "for_ms=%lld reason=\"%s\"",
                 (long long)(stage->errors.retry_for_ns / 1000000), why);
    metrics_add(&stage->metrics.retries, 1);
    metrics_add(&stage->metrics.blocked_ns, (uint64_t)patience->pause_ns);
    if (!engine_wait(engine, patience->pause_ns))
        return false;
    patience->pause_ns *= 2;
    if (patience->pause_ns > LONGEST_PAUSE_NS)
        patience->pause_ns = LONGEST_PAUSE_NS;
    return true;
}

int64_t
patience_seconds(const struct engine *engine, const struct patience *patience)
{
    return patience->pause_ns == 0 ? 0
                                   : (engine_now_ns(engine) - patience->started_ns) / 1000000000;
}

static levada_status
give_up(struct engine *engine, struct stage *stage, levada_status status,
        const struct patience *patience)
{
    const char *why = stage->call->err.text;
    if (status != LEVADA_RETRY)
        return engine_fail(engine, stage, status, "%s", why);
    return engine_fail(engine, stage, LEVADA_UNAVAILABLE, "%s (tried for %lld s)", why,
                       (long long)patience_seconds(engine, patience));
}

levada_status
patience_call(struct engine *engine, struct stage *stage, const struct attempt *attempt)
{
    struct patience patience = { .pause_ns = 0 };
    int64_t again_ns = AGAIN_PAUSE_NS;
    for (;;) {
        call_reset(stage->call);
        levada_status status = call_end(stage->call, attempt->run(stage, attempt->user));
        bool waits = status == LEVADA_AGAIN || status == LEVADA_RETRY;
        if (waits && attempt->ends_with_stop && engine_is_stopping(engine))
            return LEVADA_AGAIN;
        if (status == LEVADA_AGAIN) {
            metrics_add(&stage->metrics.blocked_ns, (uint64_t)again_ns);
            if (!engine_wait(engine, again_ns))
                return engine_fail(engine, stage, LEVADA_UNAVAILABLE,
                                   "%s was not done before drain_timeout was over", attempt->what);
            again_ns = again_ns * 2 < LONGEST_AGAIN_NS ? again_ns * 2 : LONGEST_AGAIN_NS;
        } else if (status >= 0) {
            return status;
        } else if (status == LEVADA_LOST && attempt->may_lose) {
            return rollback_ask(engine, stage);
        } else if (status != LEVADA_RETRY ||
                   !patience_wait(engine, stage, &patience, stage->call->err.text)) {
            return give_up(engine, stage, status, &patience);
        }
    }
}
