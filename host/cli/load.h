/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_LOAD_H
#define HOST_CLI_LOAD_H

/* The pipelines of the files on the command line, planned. Shared by run, check and graph. */

#include "cli/arguments.h"
#include "loader/loader.h"
#include "pipeline/pipeline.h"

struct loaded {
    struct settings *settings; /* NULL: none */
    struct loader *loader;
    struct config **configs;
    size_t n_configs;
    struct pipeline **pipelines; /* in the files' order */
    size_t n_pipelines;
    struct problems problems;
};

/* Plans everything; mistakes, and that memory was out, are in loaded->problems, as below. False:
 * nothing could be begun (told already). */
bool load_pipelines(struct loaded *loaded, const struct arguments *arguments);
/* Plans the other workers of each pipeline, once there is no mistake. */
void load_workers(struct loaded *loaded, const struct arguments *arguments);
void load_finish(struct loaded *loaded);

/* The same anew, with the settings and the plugins of @current, which goes on. */
void load_again(struct loaded *loaded, const struct loaded *current,
                const struct arguments *arguments);
/* Gives up what load_again made. */
void load_drop(struct loaded *loaded);
/* @loaded becomes @next, which load_again made from it. */
void load_replace(struct loaded *loaded, struct loaded *next);

/* As for a run, if the files are right so far. */
void load_prepare(struct loaded *loaded);
/* Of prepared pipelines: is what they need there? @asks: the services that they work with. */
void load_judge_needs(struct loaded *loaded, bool asks);

/* Prints the problems as the arguments ask for; returns the exit code they stand for, 0 if none. */
int load_report(struct loaded *loaded, const struct arguments *arguments);

#endif
