/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_REAL_STAGE_H
#define TESTS_SUPPORT_REAL_STAGE_H

/*
 * One stage of the plugin that is linked into a test, with the host's own records and functions
 * below it: what goes in and comes out is JSON lines. Link tests/support/real_stage.c beside the
 * plugin's object library and levada_runtime.
 *
 *   struct real_stage *stage = real_stage_create();
 *   *(const char **)real_stage_option(stage, "where") = "n = 1";
 *   assert_string_equal(real_stage_plan(stage), "");
 *   assert_string_equal(real_stage_process(stage, "{\"n\":1}\n{\"n\":2}\n"), "{\"n\":1}\n");
 *   real_stage_destroy(stage);
 */

#include <levada/plugin.h>

struct real_stage;
struct table_options;

struct real_stage *real_stage_create(void);
void real_stage_destroy(struct real_stage *stage);

/* Where the value of an option goes, before real_stage_plan(). */
void *real_stage_option(struct real_stage *stage, const char *name);

/* A path for an option of that type. */
const struct levada_path *real_stage_path(struct real_stage *stage, const char *text);

/* Runs create(): the problems, one a line. Good until the next call, as all texts here. */
const char *real_stage_plan(struct real_stage *stage);

/* It becomes one more sink of the transaction of @coordinator: the problems, as of create(). */
const char *real_stage_join(struct real_stage *stage, struct real_stage *coordinator);

/* What create() declared: "needs a; adds b after a; drops c; only; ". */
const char *real_stage_fields(struct real_stage *stage);

/*
 * Runs process() on a batch of these records, one a line: what was emitted, one a line, behind that
 * "record 3: why" for each that failed, from 0. The test fails where the callback does.
 */
const char *real_stage_process(struct real_stage *stage, const char *lines);

/* The same where process() has to fail: with which words. */
const char *real_stage_process_fails(struct real_stage *stage, const char *lines);

/* The host's options of a stage with a table, before real_stage_plan(). */
struct table_options *real_stage_table_options(struct real_stage *stage);

/* What leaves the table at a trigger, through rows() if there is one, one a line. */
const char *real_stage_rows(struct real_stage *stage);

/* What process() returned last. */
levada_status real_stage_status(const struct real_stage *stage);

/* Runs signal() with a TRIGGER. */
void real_stage_trigger(struct real_stage *stage);

/* The metric of the plugin's own that has this name. */
uint64_t real_stage_counter(const struct real_stage *stage, const char *name);

/*
 * Of a stage that works with a service. start() first. feed() is process(), and checkpoint() a
 * CHECKPOINT, both again while they say AGAIN or RETRY, for at most 20 s. What came of it: the
 * status, and with real_stage_outcome() the failure's sentence or "record 3: why" for each that
 * failed.
 */
levada_status real_stage_start(struct real_stage *stage);
levada_status real_stage_feed(struct real_stage *stage, const char *lines);
levada_status real_stage_checkpoint(struct real_stage *stage);
const char *real_stage_outcome(const struct real_stage *stage);

/* The same with another signal. */
levada_status real_stage_signal(struct real_stage *stage, uint32_t kind);

/* Before start(): the pipeline commits with a transaction, as this identity. */
void real_stage_commits_as(struct real_stage *stage, const char *identity);
/* A function of an extension of the stage's, as often as feed() calls process(). */
typedef levada_status real_stage_fn(void *self, struct levada_call *call, void *user);
levada_status real_stage_call(struct real_stage *stage, real_stage_fn *run, void *user);

/* One process() of these records, and no more; another comes with the next real_stage_feed(). */
levada_status real_stage_feed_once(struct real_stage *stage, const char *lines);

#endif
