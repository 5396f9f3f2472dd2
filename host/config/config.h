/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFIG_CONFIG_H
#define HOST_CONFIG_CONFIG_H

/*
 * A pipeline file as checked specs. The text is read by a pre-reader of our own (includes, units of
 * place, everything that libconfig gets silently wrong), parsed by libconfig, and turned into trees
 * of settings that remember where each name and value stood. What a plugin's option means is not
 * known here: options.h checks a stage's settings against its plugin's rows.
 */

#include "base/error.h"
#include "base/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_type {
    SETTING_GROUP, /* { name = value; } children have names */
    SETTING_LIST,  /* ( ) or [ ]; children have none */
    SETTING_STRING,
    SETTING_INT,
    SETTING_FLOAT,
    SETTING_BOOL,
    SETTING_TEXT, /* from --set: read as the option's type wants it */
};

struct setting {
    enum setting_type type;
    char *name; /* NULL inside a list */
    struct place name_at, value_at;
    char *text;  /* STRING and TEXT, references such as ${env:NAME} resolved */
    bool secret; /* text came from a reference: never printed */
    int64_t i;   /* INT, BOOL */
    double f;    /* FLOAT, and INT as a double */
    struct setting *children;
    size_t n_children;
    const char
        *folder; /* relative paths start here: the file's folder; of --set: the working one */
};

enum trigger_kind {
    TRIGGER_CONTINUOUS,
    TRIGGER_INTERVAL,
    TRIGGER_AVAILABLE_NOW,
};

enum delivery {
    DELIVERY_AT_LEAST_ONCE,
    DELIVERY_EXACTLY_ONCE,
};

struct errors_spec {
    bool tolerate;        /* tolerance = "all" */
    int64_t retry_for_ns; /* "60 s" */
    char *dead_letter;    /* a stage, or NULL */
    struct place dead_letter_at;
};

struct from_spec {
    char *stage, *port; /* port: NULL is the main output */
    struct place at;
};

/* What the process of a stage that has one may do. 0: no limit. */
struct isolation_spec {
    bool process;          /* false: the stage runs in the host's */
    bool network;          /* may it make sockets? */
    int64_t memory_bytes;  /* of its own */
    int64_t files;         /* open at once */
    int64_t cpu_ns;        /* processor time in all */
    int64_t time_limit_ns; /* of one callback */
    uint32_t attempts;     /* deaths over one batch before its bad record is looked for */
};

struct stage_spec {
    char *name, *plugin;
    struct place at, name_at, plugin_at;
    struct from_spec *from; /* has_from: as written; else filled by pipeline/ from the order */
    size_t n_from;
    bool has_from;
    struct errors_spec errors; /* the pipeline's where the stage has none */
    struct isolation_spec isolation;
    struct setting options; /* a GROUP with everything that is not a word of the host */
};

struct pipeline_spec {
    char *name;
    struct place at, name_at;
    enum trigger_kind trigger;
    int64_t trigger_ns;
    char *checkpoint; /* absolute; NULL: nothing is kept */
    struct place checkpoint_at, delivery_at, tasks_at;
    int64_t checkpoint_every_ns, drain_timeout_ns, max_records_per_trigger;
    enum delivery delivery;
    uint32_t tasks; /* workers */
    char *instance;
    struct errors_spec errors;
    struct stage_spec *stages;
    size_t n_stages;
};

/* One pipeline file. Owns every text that specs and places point to. */
struct config {
    struct pipeline_spec *pipelines;
    size_t n_pipelines;
    struct config_private *private;
};

/* "STAGE.OPTION=VALUE", "pipeline.OPTION=VALUE", "PIPELINE/STAGE.OPTION=VALUE". */
struct config_override {
    const char *text;
    bool used; /* set by config_load: it met a stage; a false one at the end is a usage error */
    /* Of a text that names no pipeline: those whose stage it met, over all files; 2 are too many. */
    uint32_t n_pipelines;
    char pipelines[200]; /* their names, as "a", "b"; cut where there are too many */
};

/*
 * Reads @path. Every mistake goes to @problems; the result holds what could be understood, so that
 * later checks can add theirs. Returns NULL when nothing could be (out of memory, no such file, a
 * syntax error), with the reason in @problems. Overrides are applied before checks.
 */
struct config *config_load(const char *path, struct config_override *overrides, size_t n_overrides,
                           struct problems *problems);

/* libconfig has the name config_destroy. */
void config_unload(struct config *config);

/*
 * The same for text that came from elsewhere, such as over REST: it reads no file, so that @include
 * and references are errors. Relative paths start at @folder, which is absolute.
 */
struct config *config_load_text(const char *name, const char *text, const char *folder,
                                struct problems *problems);

/* The child of a GROUP, or NULL. */
const struct setting *setting_find(const struct setting *group, const char *name);

struct arena;
/* The setting's text as an absolute path; NULL: out of memory. */
char *setting_path(const struct setting *setting, struct arena *arena);

#endif
