/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_PIPELINE_PIPELINE_H
#define HOST_PIPELINE_PIPELINE_H

/*
 * A pipeline: where a spec (config/) meets its plugins (loader/) and becomes stages that run
 * (runtime/). Planning checks everything that can be checked without starting anything.
 */

#include "base/error.h"
#include "base/problem.h"
#include "config/config.h"
#include "config/settings.h"
#include "loader/loader.h"
#include "runtime/engine.h"

#include <stdbool.h>
#include <stdio.h>

struct pipeline;

/* What a pipeline is planned with. */
struct pipeline_context {
    struct loader *loader;
    const struct settings *settings; /* NULL is allowed */
    bool
        until_caught_up; /* as for `available_now`: everything present at the start, then the end */
    uint32_t worker;     /* which of the pipeline's `tasks` it is, from 0 */
};

/*
 * Plans the pipeline of @spec: opens plugins, fills options, builds the graph, checks fields and
 * delivery. Every mistake goes to @problems. NULL: out of memory; else the result may be
 * run if no error was added, or printed. @spec outlives the pipeline.
 */
struct pipeline *pipeline_plan(const struct pipeline_spec *spec,
                               const struct pipeline_context *context, struct problems *problems);
/* How many workers its file asks for. */
uint32_t pipeline_tasks(const struct pipeline *pipeline);
const struct pipeline_spec *pipeline_spec(const struct pipeline *pipeline);
/* The name, and the worker where there are several: for logs. */
const char *pipeline_label(const struct pipeline *pipeline);
void pipeline_destroy(struct pipeline *pipeline); /* NULL is allowed */

/*
 * Of pipelines that are to run together: no two sinks may write one file. False: out of memory.
 */
bool pipeline_check_outputs(struct pipeline *const *pipelines, size_t n, struct problems *problems);

/* Judges the option rows of a plugin, for the loader. */
levada_status pipeline_check_options(const struct levada_stage *stage, struct error *err);

/* ---- of a pipeline that is prepared (pipeline_prepare), instead of a run ---- */

/*
 * Asks the stages, those that can tell, whether what they work with is there, and what the host
 * itself needs there. Nothing is started. What is wrong goes to @problems.
 */
void pipeline_connect(struct pipeline *pipeline, struct problems *problems);

/* Warns of what nobody could be asked about. */
void pipeline_judge_needs(const struct pipeline *pipeline, struct problems *problems);

/* Warns of files of sources that are not there. */
void pipeline_judge_inputs(const struct pipeline *pipeline, struct problems *problems);

/* The topics that it needs, what each is for and which promise fails without it; or JSON lines. */
void pipeline_print_needs(const struct pipeline *pipeline, FILE *out);
void pipeline_print_needs_json(const struct pipeline *pipeline, FILE *out);

/*
 * Makes a planned pipeline without errors ready to run; @on_progress (or NULL) gets one line of
 * JSON for each trigger, on the thread that runs it. False: out of memory.
 */
bool pipeline_prepare(struct pipeline *pipeline, void (*on_progress)(void *user, const char *json),
                      void *user);

/* Runs to the end on the calling thread, once. */
levada_status pipeline_run(struct pipeline *pipeline, struct error *err);

/* Asks a running pipeline to finish. [any thread] */
void pipeline_stop(struct pipeline *pipeline);

const char *pipeline_name(const struct pipeline *pipeline);

/* What each stage did, one log line a stage, at level debug; after a run. */
void pipeline_log_counters(const struct pipeline *pipeline);

/* Does one of its stages write to the standard output? */
bool pipeline_uses_stdout(const struct pipeline *pipeline);

/* After a failed run: the stage that failed, as "stage "calls" (json_file_source), FILE:LINE";
 * NULL: none. */
const char *pipeline_failed_stage(const struct pipeline *pipeline, char *text, size_t n);

/* What it does now, one JSON object, to be freed; NULL: nothing to tell (yet): engine_status.
 * [any thread] */
uint64_t pipeline_ask_status(const struct pipeline *pipeline);
char *pipeline_status(const struct pipeline *pipeline, uint64_t number, uint32_t wait_ms);

/* [any thread] */
void pipeline_get_progress(const struct pipeline *pipeline, struct engine_progress *progress);

/* The stages, their ports and edges, as text or for Graphviz; there, of one that is prepared. */
void pipeline_print_graph(const struct pipeline *pipeline, FILE *out);
void pipeline_print_dot(const struct pipeline *pipeline, FILE *out);

/* The effective configuration, defaults filled in, secrets hidden: a pipeline file again. */
void pipeline_print_config(const struct pipeline *pipeline, FILE *out);

#endif
