/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/stage.h"

#include "runtime/callback.h"
#include "runtime/keyed_state.h"

#include <stdlib.h>
#include <string.h>

static bool
make_ports(struct stage *stage)
{
    const struct levada_stage *op = stage->op;
    uint32_t n = op->n_outputs > 0 ? op->n_outputs : op->kind != LEVADA_SINK;
    if ((op->caps & LEVADA_CAP_TABLE) != 0)
        n = STAGE_LATE_PORT + 1;
    stage->ports = calloc(n > 0 ? n : 1, sizeof(*stage->ports));
    if (stage->ports == NULL)
        return false;
    stage->n_ports = n;
    if ((op->caps & LEVADA_CAP_TABLE) != 0)
        stage->ports[STAGE_LATE_PORT].name = "late";
    else
        for (uint32_t p = 1; p < n; p++)
            stage->ports[p].name = op->output_names[p];
    return true;
}

struct stage *
stage_create(const struct levada_stage *op, const char *pipeline, const char *name, struct place at,
             struct record_space *space)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    if (stage == NULL)
        return NULL;
    stage->op = op;
    stage->name = name;
    stage->at = at;
    stage->space = space;
    stage->promised_ms = stage->watermark_ms = stage->told_ms = LEVADA_NO_TIME;
    stage->pipeline = pipeline;
    stage->logger = (struct logger){ .pipeline = pipeline, .stage = name };
    stage->self = calloc(1, op->self_size > 0 ? op->self_size : 1);
    stage->call = calloc(1, sizeof(*stage->call));
    stage->keyed = keyed_state_create();
    if (stage->self == NULL || stage->call == NULL || stage->keyed == NULL || !make_ports(stage)) {
        stage_destroy(stage);
        return NULL;
    }
    call_init(stage->call, stage);
    if (op->kind == LEVADA_SOURCE) {
        stage->decoder = batch_decoder_create(space);
        if (stage->decoder == NULL) {
            stage_destroy(stage);
            return NULL;
        }
    }
    return stage;
}

void
stage_destroy(struct stage *stage)
{
    if (stage == NULL)
        return;
    if (stage->call != NULL)
        callback_destroy(stage);
    if (stage->call != NULL)
        call_finish(stage->call);
    free(stage->call);
    for (uint32_t p = 0; stage->ports != NULL && p < stage->n_ports; p++)
        free(stage->ports[p].edges);
    free(stage->ports);
    free(stage->fields.needs);
    free(stage->fields.adds);
    free(stage->fields.drops);
    for (uint32_t p = 0; p < stage->n_parts; p++)
        table_destroy(stage->parts[p].table);
    free(stage->parts);
    table_destroy(stage->whole_table);
    for (uint32_t c = 0; c < stage->n_cells; c++)
        free(stage->cells[c].name);
    free(stage->cells);
    for (uint32_t m = 0; m < stage->n_mirrors; m++)
        dict_unref(stage->mirrors[m].dict);
    free(stage->mirrors);
    batch_decoder_destroy(stage->decoder);
    keyed_state_destroy(stage->keyed);
    metrics_finish(&stage->metrics);
    arena_finish(&stage->arena);
    free(stage->self);
    free(stage);
}

const char *
stage_output_name(const struct stage *stage, uint32_t port)
{
    if (port > 0)
        return stage->ports[port].name;
    return stage->op->output_names != NULL ? stage->op->output_names[0] : "main";
}

struct port *
stage_port(struct stage *stage, const char *name)
{
    if (name == NULL)
        return stage->n_ports > 0 ? &stage->ports[0] : NULL;
    for (uint32_t p = 0; p < stage->n_ports; p++) {
        if (strcmp(stage_output_name(stage, p), name) == 0)
            return &stage->ports[p];
    }
    return NULL;
}

struct table *
stage_make_table(struct stage *stage)
{
    return table_create(stage->space, &stage->table_options, stage->cells, stage->n_cells,
                        stage->finite_input);
}

/* ---- create() ---- */

static void
table_problem(void *user, const char *option, const char *text)
{
    struct stage *stage = user;
    const struct stage_plan *plan = stage->call->plan;
    problems_add(plan->problems, plan->option_at(plan->user, option), SEVERITY_ERROR, stage->name,
                 option, NULL, "%s", text);
}

/* The table stands between the input and what leaves: the fields are those of its rows. */
static bool
plan_table_fields(struct stage *stage)
{
    const struct table_options *options = &stage->table_options;
    struct field_plan added = stage->fields;
    uint32_t n = 0;
    const struct levada_path *const *out = table_output_paths(stage->table, &n);

    if (options->event_time != NULL && !stage_needs(stage, options->event_time))
        return false;
    for (uint64_t g = 0; g < options->group_by.n; g++) {
        if (!stage_needs(stage, ((const struct levada_path *const *)options->group_by.items)[g]))
            return false;
    }
    stage->fields.only = true;
    stage->fields.adds = NULL;
    stage->fields.n_adds = 0;
    bool done = true;
    for (uint32_t i = 0; done && i < n; i++)
        done = stage_adds(stage, out[i], NULL);
    for (uint32_t i = 0; done && i < added.n_adds; i++)
        done = stage_adds(stage, added.adds[i].path, added.adds[i].after);
    free(added.adds);
    return done;
}

static void
plan_table(struct stage *stage, const struct stage_plan *plan)
{
    size_t errors = plan->problems->n_errors;
    table_check(&stage->table_options, stage->cells, stage->n_cells, table_problem, stage);
    if (stage->table_options.session > 0 && stage->op->merge == NULL)
        table_problem(stage, "session",
                      "is not for this stage: its plugin has no merge(), which joins two sessions "
                      "that turn out to be one");
    if (plan->problems->n_errors != errors)
        return;
    stage->finite_input = plan->finite_input;
    stage->table = stage->whole_table = stage_make_table(stage);
    if (stage->table == NULL || !plan_table_fields(stage))
        problems_add(plan->problems, stage->at, SEVERITY_ERROR, stage->name, NULL, NULL,
                     "out of memory");
}

void
stage_plan(struct stage *stage, const struct stage_plan *plan)
{
    struct levada_call *call = stage->call;
    size_t errors = plan->problems->n_errors;

    call->plan = plan;
    levada_status returned = callback_create(stage);
    /* A create() that does not know of its sticky error has made what destroy() frees. */
    stage->created = returned >= 0;
    levada_status status = call_end(call, returned);
    if (status < 0)
        problems_add(plan->problems, stage->at, SEVERITY_ERROR, stage->name, NULL, NULL, "%s",
                     call->err.text);
    else if (status != LEVADA_OK)
        problems_add(plan->problems, stage->at, SEVERITY_ERROR, stage->name, NULL, NULL,
                     "create() returned %d: it returns LEVADA_OK or fails", status);
    else if ((stage->op->caps & LEVADA_CAP_TABLE) != 0 && plan->problems->n_errors == errors)
        plan_table(stage, plan);
    call_reset(call);
    call->plan = NULL;
}

/* ---- what is asked between create() and start() ---- */

/* What it finds wrong has the exit code of what it returns. */
static void
ask_planned(struct stage *stage, const struct stage_plan *plan,
            levada_status (*run)(struct stage *stage, void *user), void *user)
{
    struct levada_call *call = stage->call;
    struct problems *problems = plan->problems;
    size_t before = problems->n;
    if (!stage->created)
        return;
    call_reset(call);
    call->plan = plan;
    levada_status returned = run(stage, user);
    bool has_words = call->err.status < 0 || problems->n == before;
    levada_status status = call_end(call, returned);
    if (status < 0 && has_words)
        problems_add(problems, stage->at, SEVERITY_ERROR, stage->name, NULL, NULL, "%s",
                     call->err.text);
    for (size_t i = before; status < 0 && i < problems->n; i++)
        problems->items[i].exit_code = error_exit_code(status);
    call_reset(call);
    call->plan = NULL;
}

static levada_status
run_connect(struct stage *stage, void *user)
{
    const uint32_t *wait_ms = user;
    return callback_connect(stage, *wait_ms);
}

void
stage_connect(struct stage *stage, const struct stage_plan *plan, uint32_t wait_ms)
{
    ask_planned(stage, plan, run_connect, &wait_ms);
}

static levada_status
run_join(struct stage *stage, void *user)
{
    const struct stage *coordinator = user;
    const struct levada_txn_v1 *txn = stage->op->ext("levada.txn/1");
    return txn->join(stage->self, stage->call, coordinator->self);
}

void
stage_join(struct stage *stage, struct stage *coordinator, const struct stage_plan *plan)
{
    if (coordinator->created)
        ask_planned(stage, plan, run_join, coordinator);
}

/* ---- declarations ---- */

/* Room for element @n of an array whose size is always a power of two. */
static bool
room_for(void *items, uint32_t n, size_t size)
{
    if ((n & (n - 1)) != 0)
        return true;
    void **place = items;
    void *grown = realloc(*place, (n > 0 ? n * 2 : 1) * size);
    if (grown == NULL)
        return false;
    *place = grown;
    return true;
}

bool
stage_needs(struct stage *stage, const struct levada_path *path)
{
    struct field_plan *fields = &stage->fields;
    for (uint32_t i = 0; i < fields->n_needs; i++) {
        if (fields->needs[i] == path)
            return true;
    }
    if (!room_for(&fields->needs, fields->n_needs, sizeof(*fields->needs)))
        return false;
    fields->needs[fields->n_needs++] = path;
    return true;
}

bool
stage_adds(struct stage *stage, const struct levada_path *path, const struct levada_path *after)
{
    struct field_plan *fields = &stage->fields;
    if (!room_for(&fields->adds, fields->n_adds, sizeof(*fields->adds)))
        return false;
    fields->adds[fields->n_adds++] = (struct added_field){ path, after };
    return true;
}

bool
stage_drops(struct stage *stage, const struct levada_path *path)
{
    struct field_plan *fields = &stage->fields;
    if (!room_for(&fields->drops, fields->n_drops, sizeof(*fields->drops)))
        return false;
    fields->drops[fields->n_drops++] = path;
    return true;
}

bool
stage_add_cell(struct stage *stage, const char *name, uint32_t type, uint32_t size)
{
    if (!room_for(&stage->cells, stage->n_cells, sizeof(*stage->cells)))
        return false;
    char *copy = name != NULL ? strdup(name) : NULL;
    if (name != NULL && copy == NULL)
        return false;
    stage->cells[stage->n_cells++] =
        (struct table_cell){ .name = copy, .type = type, .size = size };
    return true;
}

const struct levada_path *
stage_added_after(const struct stage *stage, const struct levada_path *path)
{
    for (uint32_t i = 0; i < stage->fields.n_adds; i++) {
        if (stage->fields.adds[i].path == path)
            return stage->fields.adds[i].after;
    }
    return NULL;
}

/* ---- dictionaries of the plugin ---- */

static struct mirror *
find_mirror(struct stage *stage, const struct levada_path *path)
{
    for (uint32_t m = 0; m < stage->n_mirrors; m++) {
        if (stage->mirrors[m].path == path)
            return &stage->mirrors[m];
    }
    if (!room_for(&stage->mirrors, stage->n_mirrors, sizeof(*stage->mirrors)))
        return NULL;
    struct mirror *mirror = &stage->mirrors[stage->n_mirrors++];
    *mirror = (struct mirror){ .path = path };
    return mirror;
}

struct dict *
stage_mirror(struct stage *stage, const struct levada_path *path, const struct levada_dict *foreign)
{
    struct mirror *mirror = find_mirror(stage, path);
    if (mirror == NULL)
        return NULL;
    if (mirror->dict == NULL || mirror->foreign != foreign ||
        mirror->generation != foreign->generation) {
        dict_unref(mirror->dict);
        mirror->dict = dict_create(); /* knows MISSING and NULL, ids 0 and 1 */
        mirror->foreign = foreign;
        mirror->generation = foreign->generation;
    }
    if (mirror->dict == NULL)
        return NULL;
    for (uint32_t i = dict_public(mirror->dict)->n; i < foreign->n; i++) {
        if (!dict_append(mirror->dict, &foreign->entry[i]))
            return NULL;
    }
    return mirror->dict;
}
