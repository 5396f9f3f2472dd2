/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random arrivals against a join that compares everything with everything and forgets nothing. What
 * it says must come out, byte for byte, however the arrivals are cut into batches, wherever the
 * process is replaced by another, whichever host function fails meanwhile.
 */
#include "join_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_ARRIVALS 240u
#define N_PARTITIONS 3u
#define N_SEEDS 150u

struct arrival {
    uint32_t side, partition;
    int key; /* < 0: none */
    int64_t time_ms;
    char json[80];
    bool trigger_before;
    bool late, matched, gone; /* what the oracle found */
};

struct history {
    struct join_options options;
    struct arrival arrivals[N_ARRIVALS];
    int64_t max_ms[N_SIDES][N_PARTITIONS];
    bool met[N_SIDES][N_PARTITIONS];
    int64_t closed_ms[N_SIDES];
    struct strbuf out, late;
    uint32_t rows_kept[N_ARRIVALS + 1]; /* after the trigger before this arrival */
};

static uint32_t
next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* ---- making up what arrives ---- */

static void
write_json(struct arrival *arrival, uint32_t number, uint32_t variant)
{
    char key[24] = "";
    if (arrival->key >= 0)
        snprintf(key, sizeof(key), variant == 0 ? "\"k\":%d," : "\"k\":\"%d\",", arrival->key);
    else if (variant == 0)
        snprintf(key, sizeof(key), "\"k\":null,");
    snprintf(arrival->json, sizeof(arrival->json), "{%s\"t\":%lld,\"%s\":%u}", key,
             (long long)arrival->time_ms, arrival->side == LEFT ? "l" : "r", number);
}

static void
make_arrivals(struct history *history, uint32_t *seed)
{
    uint32_t favour = next_random(seed) % 3; /* which side comes more often, if any */
    for (uint32_t i = 0; i < N_ARRIVALS; i++) {
        struct arrival *arrival = &history->arrivals[i];
        *arrival = (struct arrival){ .side = next_random(seed) % 2 };
        if (favour < N_SIDES && next_random(seed) % 2 == 0)
            arrival->side = favour;
        arrival->partition = next_random(seed) % (i < 20 ? 2 : N_PARTITIONS);
        arrival->key = (int)(next_random(seed) % 6) - 1;
        arrival->time_ms = i + next_random(seed) % 40;
        arrival->trigger_before = next_random(seed) % 12 == 0;
        write_json(arrival, i, next_random(seed) % 2);
    }
}

static void
make_options(struct history *history, uint32_t *seed)
{
    history->options = (struct join_options){
        .left_delay_ms = next_random(seed) % 40,
        .right_delay_ms = next_random(seed) % 40,
        .before_ms = next_random(seed) % 3 == 0 ? 0 : next_random(seed) % 20,
        .after_ms = 1 + next_random(seed) % 20,
        .type = next_random(seed) % 2 ? JOIN_LEFT : JOIN_INNER,
    };
}

/* ---- the oracle ---- */

static bool
is_match(const struct join_options *options, const struct arrival *left,
         const struct arrival *right)
{
    return left->key >= 0 && left->key == right->key &&
           right->time_ms >= left->time_ms - options->before_ms &&
           right->time_ms <= left->time_ms + options->after_ms;
}

static void
add_joined(struct history *history, const struct arrival *left, const struct arrival *right)
{
    const char *r = right != NULL ? strrchr(right->json, ':') + 1 : "null}";
    strbuf_printf(&history->out, "%.*s,\"r\":%s\n", (int)strlen(left->json) - 1, left->json, r);
}

/* The next behind @after of the candidates that @is_one, by time, then arrival; NULL: none. */
static struct arrival *
next_by_time(struct history *history, uint32_t n, const struct arrival *after,
             bool (*is_one)(const struct history *, const struct arrival *, const void *),
             const void *user)
{
    struct arrival *best = NULL;
    for (uint32_t i = 0; i < n; i++) {
        struct arrival *one = &history->arrivals[i];
        if (!is_one(history, one, user))
            continue;
        if (after != NULL &&
            (one->time_ms < after->time_ms || (one->time_ms == after->time_ms && one <= after)))
            continue;
        if (best == NULL || one->time_ms < best->time_ms)
            best = one;
    }
    return best;
}

static bool
is_partner(const struct history *history, const struct arrival *one, const void *user)
{
    const struct arrival *incoming = user;
    if (one->late || one->side == incoming->side)
        return false;
    return incoming->side == LEFT ? is_match(&history->options, incoming, one)
                                  : is_match(&history->options, one, incoming);
}

static int64_t
later(const struct history *history, const struct arrival *one)
{
    return one->time_ms +
           (one->side == LEFT ? history->options.after_ms : history->options.before_ms);
}

static bool
is_past(const struct history *history, const struct arrival *one, const void *user)
{
    (void)user;
    return !one->late && !one->gone && later(history, one) < history->closed_ms[1 - one->side];
}

static int64_t
delay(const struct history *history, uint32_t side)
{
    return side == LEFT ? history->options.left_delay_ms : history->options.right_delay_ms;
}

static bool
is_late(const struct history *history, const struct arrival *arrival)
{
    if (arrival->time_ms < history->closed_ms[arrival->side])
        return true;
    return history->met[arrival->side][arrival->partition] &&
           arrival->time_ms <
               history->max_ms[arrival->side][arrival->partition] - delay(history, arrival->side);
}

static void
oracle_arrival(struct history *history, uint32_t i)
{
    struct arrival *arrival = &history->arrivals[i], *partner = NULL;
    int64_t *max_ms = &history->max_ms[arrival->side][arrival->partition];
    bool *met = &history->met[arrival->side][arrival->partition];
    arrival->late = is_late(history, arrival);
    if (!*met || arrival->time_ms > *max_ms)
        *max_ms = arrival->time_ms;
    *met = true;
    if (arrival->late) {
        strbuf_printf(&history->late, "%s\n", arrival->json);
        return;
    }
    while ((partner = next_by_time(history, i, partner, is_partner, arrival)) != NULL) {
        arrival->matched = partner->matched = true;
        add_joined(history, arrival->side == LEFT ? arrival : partner,
                   arrival->side == LEFT ? partner : arrival);
    }
}

static void
oracle_trigger(struct history *history, uint32_t n, bool ended)
{
    struct arrival *one;
    for (uint32_t s = 0; s < N_SIDES; s++) {
        int64_t slowest_ms = INT64_MAX;
        for (uint32_t p = 0; p < N_PARTITIONS; p++)
            if (history->met[s][p] && history->max_ms[s][p] < slowest_ms)
                slowest_ms = history->max_ms[s][p];
        if (ended)
            history->closed_ms[s] = INT64_MAX;
        else if (slowest_ms != INT64_MAX && slowest_ms - delay(history, s) > history->closed_ms[s])
            history->closed_ms[s] = slowest_ms - delay(history, s);
    }
    while ((one = next_by_time(history, n, NULL, is_past, NULL)) != NULL) {
        one->gone = true;
        if (one->side == LEFT && !one->matched && history->options.type == JOIN_LEFT)
            add_joined(history, one, NULL);
    }
    for (uint32_t i = 0; i < n; i++) {
        one = &history->arrivals[i];
        bool waits = one->key >= 0 || (one->side == LEFT && history->options.type == JOIN_LEFT);
        history->rows_kept[n] += !one->late && !one->gone && waits;
    }
}

static void
oracle_run(struct history *history)
{
    for (uint32_t s = 0; s < N_SIDES; s++)
        history->closed_ms[s] = INT64_MIN;
    for (uint32_t i = 0; i < N_ARRIVALS; i++) {
        if (history->arrivals[i].trigger_before)
            oracle_trigger(history, i, false);
        oracle_arrival(history, i);
    }
    oracle_trigger(history, N_ARRIVALS, true);
}

static struct history *
make_history(uint32_t seed)
{
    struct history *history = calloc(1, sizeof(*history));
    assert_non_null(history);
    make_options(history, &seed);
    make_arrivals(history, &seed);
    oracle_run(history);
    return history;
}

static void
free_history(struct history *history)
{
    strbuf_finish(&history->out);
    strbuf_finish(&history->late);
    free(history);
}

/* ---- the join ---- */

/* What is done to it on the way; each is one in so many, 0: never. */
struct trouble {
    uint32_t restart, fail, cut;
    uint32_t most; /* records in a batch; 0: any number */
    uint32_t n_failed, n_restarted;
};

/* How many arrivals from @i on make one batch. */
static uint32_t
batch_from(const struct history *history, uint32_t i, const struct trouble *trouble, uint32_t *seed)
{
    uint32_t n = 1;
    while (i + n < N_ARRIVALS && history->arrivals[i + n].side == history->arrivals[i].side &&
           !history->arrivals[i + n].trigger_before && (trouble->most == 0 || n < trouble->most) &&
           (trouble->cut == 0 || next_random(seed) % trouble->cut != 0))
        n++;
    return n;
}

static void
give(struct join_stage *stage, const struct history *history, uint32_t i, uint32_t n)
{
    struct join_record records[N_ARRIVALS];
    for (uint32_t r = 0; r < n; r++) {
        const struct arrival *arrival = &history->arrivals[i + r];
        records[r] = (struct join_record){ .json = arrival->json,
                                           .stream = arrival->partition == 2 ? "b" : "a",
                                           .partition = (int32_t)(arrival->partition % 2),
                                           .timestamp_ms = LEVADA_NO_TIME };
    }
    join_stage_process(stage, history->arrivals[i].side, records, n);
}

static void
make_trouble(struct join_stage **stage, const struct history *history, struct trouble *trouble,
             uint32_t *seed)
{
    if (trouble->restart != 0 && next_random(seed) % trouble->restart == 0) {
        join_stage_fail_in(0);
        *stage = join_stage_restart(*stage, &history->options);
        trouble->n_restarted++;
    }
    if (trouble->fail != 0 && next_random(seed) % trouble->fail == 0)
        trouble->n_failed += join_stage_fail_in(1 + next_random(seed) % 60);
}

static void
expect_the_oracles_output(const struct history *history, struct trouble *trouble, uint32_t seed)
{
    struct join_stage *stage = join_stage_create(&history->options);
    for (uint32_t i = 0, n; i < N_ARRIVALS; i += n) {
        n = batch_from(history, i, trouble, &seed);
        make_trouble(&stage, history, trouble, &seed);
        if (history->arrivals[i].trigger_before) {
            join_stage_trigger(stage);
            assert_int_equal(join_stage_counter(stage, "rows_kept"), history->rows_kept[i]);
            assert_int_equal(join_stage_saved_rows(stage), history->rows_kept[i]);
        }
        give(stage, history, i, n);
    }
    join_stage_end(stage);
    join_stage_fail_in(0);
    assert_string_equal(join_stage_out(stage), strbuf_text(&history->out));
    assert_string_equal(join_stage_late(stage), strbuf_text(&history->late));
    assert_int_equal(join_stage_counter(stage, "rows_kept"), 0);
    assert_int_equal(join_stage_saved_rows(stage), 0);
    join_stage_destroy(stage);
}

static void
all_seeds(struct trouble trouble)
{
    size_t n_out = 0, n_late = 0;
    for (uint32_t seed = 1; seed <= N_SEEDS; seed++) {
        struct history *history = make_history(seed);
        expect_the_oracles_output(history, &trouble, seed);
        n_out += history->out.n;
        n_late += history->late.n;
        free_history(history);
    }
    assert_true(n_out > 100000 && n_late > 10000); /* or these arrivals test nothing */
    assert_true(trouble.fail == 0 || trouble.n_failed > N_SEEDS);
    assert_true(trouble.restart == 0 || trouble.n_restarted > N_SEEDS);
}

static void
agrees_with_comparing_everything(void **state)
{
    (void)state;
    all_seeds((struct trouble){ .most = 0 });
}

static void
agrees_however_batches_are_cut(void **state)
{
    (void)state;
    for (uint32_t most = 1; most <= 5; most++)
        all_seeds((struct trouble){ .most = most });
    all_seeds((struct trouble){ .cut = 3 });
}

static void
agrees_when_other_processes_go_on(void **state)
{
    (void)state;
    all_seeds((struct trouble){ .cut = 4, .restart = 10 });
}

static void
agrees_when_host_functions_fail(void **state)
{
    (void)state;
    all_seeds((struct trouble){ .cut = 4, .fail = 2 });
}

static void
agrees_when_both_happen(void **state)
{
    (void)state;
    all_seeds((struct trouble){ .cut = 3, .restart = 15, .fail = 3 });
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_comparing_everything),
        cmocka_unit_test(agrees_however_batches_are_cut),
        cmocka_unit_test(agrees_when_other_processes_go_on),
        cmocka_unit_test(agrees_when_host_functions_fail),
        cmocka_unit_test(agrees_when_both_happen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
