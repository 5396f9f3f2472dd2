/* SPDX-License-Identifier: Apache-2.0 */
#include "config/spec.h"

#include "base/arena.h"
#include "base/units.h"
#include "config/option_rows.h"
#include "config/options.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

#define ROWS(table)                                                                                \
    (struct option_table)                                                                          \
    {                                                                                              \
        .rows = (table), .n = sizeof(table) / sizeof((table)[0]), .stride = sizeof((table)[0])     \
    }

/* ---- the words of errors, of a pipeline and of a stage, as option rows ---- */

struct errors_words {
    int64_t tolerance, retry_for;
    const char *dead_letter;
};

static const struct levada_option errors_rows[] = {
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct errors_words, tolerance),
        .name = "tolerance",
        .fallback = "none",
        .rule = "none|all",
        .help = "Does a bad record stop the run (\"none\"), or is it only counted (\"all\")?",
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct errors_words, retry_for),
        .name = "retry_for",
        .fallback = "60 s",
        .help = "How long a batch is tried again before its failure counts.",
    },
    {
        .type = LEVADA_O_STRING,
        LEVADA_IN(struct errors_words, dead_letter),
        .name = "dead_letter",
        .rule = "len:1..",
        .help = "The stage that gets the bad records.",
    },
};

struct pipeline_words {
    const char *name, *trigger, *checkpoint, *instance;
    int64_t checkpoint_every, drain_timeout, max_records_per_trigger, delivery, tasks;
    struct errors_words errors;
};

static const struct levada_option pipeline_rows[] = {
    {
        .type = LEVADA_O_STRING,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct pipeline_words, name),
        .name = "name",
        .rule = "len:1..100",
        .help = "The name of the pipeline.",
    },
    {
        .type = LEVADA_O_STRING,
        LEVADA_IN(struct pipeline_words, trigger),
        .name = "trigger",
        .fallback = "continuous",
        .help = "\"continuous\", \"available_now\" or a duration.",
    },
    {
        .type = LEVADA_O_STRING,
        LEVADA_IN(struct pipeline_words, checkpoint),
        .name = "checkpoint",
        .rule = "len:1..",
        .help = "Where progress and state are kept.",
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct pipeline_words, checkpoint_every),
        .name = "checkpoint_every",
        .fallback = "1 s",
        .rule = "1 ms..",
        .help = "How often a continuous pipeline checkpoints.",
    },
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct pipeline_words, max_records_per_trigger),
        .name = "max_records_per_trigger",
        .fallback = "0",
        .rule = "0..",
        .help = "0: no limit.",
    },
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct pipeline_words, delivery),
        .name = "delivery",
        .fallback = "at_least_once",
        .rule = "at_least_once|exactly_once", /* in the order of enum delivery */
        .help = "What the chain promises.",
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct pipeline_words, drain_timeout),
        .name = "drain_timeout",
        .fallback = "30 s",
        .help = "How long a stop may take to deliver what is in flight.",
    },
    {
        .type = LEVADA_O_STRING,
        LEVADA_IN(struct pipeline_words, instance),
        .name = "instance",
        .rule = "len:1..100",
        .help = "The name of this host among others; by default the machine's.",
    },
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct pipeline_words, tasks),
        .name = "tasks",
        .fallback = "1",
        .rule = "1..256",
        .help = "Workers of this process that share the input's partitions out.",
    },
    {
        .type = LEVADA_O_GROUP,
        LEVADA_IN(struct pipeline_words, errors),
        .name = "errors",
        LEVADA_CHILDREN(errors_rows),
        .help = "What bad records and failures do.",
    },
};

static const char *const pipeline_other_words[] = { "stages", NULL };

struct isolation_words {
    int64_t mode, network, memory, files, cpu, time_limit, attempts;
};

static const struct levada_option isolation_rows[] = {
    {
        .type = LEVADA_O_CHOICE,
        LEVADA_IN(struct isolation_words, mode),
        .name = "mode",
        .fallback = "none",
        .rule = "none|process",
        .help =
            "\"none\": the plugin runs in the host's own process; \"process\": in one of its own.",
    },
    {
        .type = LEVADA_O_BOOL,
        LEVADA_IN(struct isolation_words, network),
        .name = "network",
        .fallback = "false",
        .help = "Whether its process may make sockets.",
    },
    {
        .type = LEVADA_O_SIZE,
        LEVADA_IN(struct isolation_words, memory),
        .name = "memory",
        .rule = "16 MiB..",
        .help = "The most memory of its own; by default there is no limit.",
    },
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct isolation_words, files),
        .name = "files",
        .rule = "16..",
        .help = "The most files open at once; by default the host's own limit.",
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct isolation_words, cpu),
        .name = "cpu",
        .rule = "1 s..",
        .help = "The most processor time until its process is ended and started anew; by default "
                "there is no limit.",
    },
    {
        .type = LEVADA_O_DURATION,
        LEVADA_IN(struct isolation_words, time_limit),
        .name = "time_limit",
        .fallback = "20 s",
        .rule = "100 ms..1 h",
        .help = "How long one callback may take before its process is ended.",
    },
    {
        .type = LEVADA_O_INT,
        LEVADA_IN(struct isolation_words, attempts),
        .name = "attempts",
        .fallback = "3",
        .rule = "1..100",
        .help = "How often its process may die over the same batch before the record at fault is "
                "looked for.",
    },
};

struct stage_words {
    const char *name, *plugin;
    struct errors_words errors;
    struct isolation_words isolation;
};

static const struct levada_option stage_rows[] = {
    {
        .type = LEVADA_O_STRING,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct stage_words, name),
        .name = "name",
        .rule = "len:1..100",
        .help = "The name of the stage.",
    },
    {
        .type = LEVADA_O_STRING,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct stage_words, plugin),
        .name = "plugin",
        .rule = "len:1..",
        .help = "What the stage does.",
    },
    {
        .type = LEVADA_O_GROUP,
        LEVADA_IN(struct stage_words, isolation),
        .name = "isolation",
        LEVADA_CHILDREN(isolation_rows),
        .help = "Where the plugin runs; the word alone, or a group with limits.",
    },
    {
        .type = LEVADA_O_GROUP,
        LEVADA_IN(struct stage_words, errors),
        .name = "errors",
        LEVADA_CHILDREN(errors_rows),
        .help = "As for the pipeline, for this stage alone.",
    },
};

/* ---- helpers ---- */

struct filler {
    struct arena *arena;
    struct problems *problems;
    const char *stage; /* NULL: the pipeline itself */
};

static struct place
value_place(const struct setting *group, const char *name, struct place otherwise)
{
    const struct setting *setting = setting_find(group, name);
    return setting == NULL ? otherwise : setting->value_at;
}

__attribute__((format(printf, 4, 5))) static void
complain(const struct filler *filler, struct place at, const char *option, const char *format, ...)
{
    char text[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    problems_add(filler->problems, at, SEVERITY_ERROR, filler->stage, option, NULL, "%s", text);
}

static char *
copy(const struct filler *filler, const char *text)
{
    return text == NULL ? NULL : arena_copy(filler->arena, text, strlen(text));
}

/* The members of @group that are among @words, or those that are not. */
static bool
pick(const struct filler *filler, const struct setting *group, const char *const *words,
     bool wants_words, struct setting *picked)
{
    *picked = *group;
    picked->n_children = 0;
    picked->children = arena_alloc(filler->arena, group->n_children * sizeof(*picked->children));
    if (picked->children == NULL)
        return false;
    for (size_t i = 0; i < group->n_children; i++) {
        bool is_word = false;
        for (const char *const *word = words; *word != NULL; word++)
            is_word |= strcmp(*word, group->children[i].name) == 0;
        if (is_word == wants_words)
            picked->children[picked->n_children++] = group->children[i];
    }
    return true;
}

/* Words of errors that are not written are as in @outer. */
static void
fill_errors(const struct filler *filler, const struct setting *group,
            const struct errors_words *words, const struct errors_spec *outer,
            struct errors_spec *errors)
{
    const struct setting *written = setting_find(group, "errors");
    *errors = *outer;
    if (written == NULL || written->type != SETTING_GROUP)
        return;
    if (setting_find(written, "tolerance") != NULL)
        errors->tolerate = words->tolerance == 1;
    if (setting_find(written, "retry_for") != NULL)
        errors->retry_for_ns = words->retry_for;
    if (words->dead_letter != NULL) {
        errors->dead_letter = copy(filler, words->dead_letter);
        errors->dead_letter_at = value_place(written, "dead_letter", written->value_at);
    }
}

/* ---- isolation ---- */

/* isolation = "process" is short for isolation = { mode = "process"; }. */
static bool
widen_isolation(const struct filler *filler, struct setting *stage)
{
    struct setting *written = (struct setting *)(uintptr_t)setting_find(stage, "isolation");
    if (written == NULL || written->type == SETTING_GROUP || written->type == SETTING_LIST)
        return true;
    struct setting *mode = arena_alloc(filler->arena, sizeof(*mode));
    if (mode == NULL)
        return false;
    *mode = *written;
    mode->name = copy(filler, "mode");
    written->type = SETTING_GROUP;
    written->children = mode;
    written->n_children = 1;
    return mode->name != NULL;
}

/* Who writes a group wants a process, unless it says otherwise. */
static void
fill_isolation(const struct setting *stage, const struct isolation_words *words,
               struct isolation_spec *isolation)
{
    const struct setting *written = setting_find(stage, "isolation");
    bool is_group = written != NULL && written->type == SETTING_GROUP;
    *isolation = (struct isolation_spec){
        .process = words->mode == 1 || (is_group && setting_find(written, "mode") == NULL),
        .network = words->network != 0,
        .memory_bytes = words->memory,
        .files = words->files,
        .cpu_ns = words->cpu,
        .time_limit_ns = words->time_limit,
        .attempts = (uint32_t)words->attempts,
    };
}

/* ---- from ---- */

static bool
add_from(const struct filler *filler, const struct setting *setting, const char *text,
         struct from_spec *from)
{
    size_t n = strcspn(text, ".");
    if (n == 0 || (text[n] == '.' && text[n + 1] == '\0')) {
        complain(filler, setting->value_at, "from",
                 "option \"from\" is \"%s\"; must be \"STAGE\" or \"STAGE.PORT\"", text);
        return true;
    }
    from->at = setting->value_at;
    from->stage = arena_copy(filler->arena, text, n);
    from->port = text[n] == '.' ? copy(filler, text + n + 1) : NULL;
    return from->stage != NULL;
}

/* "a,b", from the command line. */
static bool
fill_from_text(const struct filler *filler, const struct setting *setting, struct stage_spec *stage)
{
    const char *p = setting->text;
    size_t most = strlen(p) / 2 + 1;
    stage->from = arena_alloc(filler->arena, most * sizeof(*stage->from));
    if (stage->from == NULL)
        return false;
    memset(stage->from, 0, most * sizeof(*stage->from));
    while (*p != '\0') {
        size_t n = strcspn(p, ",");
        const char *name = arena_copy(filler->arena, p, n);
        if (name == NULL || !add_from(filler, setting, name, &stage->from[stage->n_from]))
            return false;
        stage->n_from += stage->from[stage->n_from].stage != NULL;
        p += n + (p[n] == ',');
    }
    return true;
}

static bool
fill_from(const struct filler *filler, const struct setting *group, struct stage_spec *stage)
{
    const struct setting *setting = setting_find(group, "from");
    if (setting == NULL)
        return true;
    stage->has_from = true;
    if (setting->type == SETTING_TEXT)
        return fill_from_text(filler, setting, stage);

    bool is_list = setting->type == SETTING_LIST;
    const struct setting *names = is_list ? setting->children : setting;
    size_t n = is_list ? setting->n_children : 1;
    stage->from = arena_alloc(filler->arena, n * sizeof(*stage->from));
    if (stage->from == NULL)
        return false;
    memset(stage->from, 0, n * sizeof(*stage->from));
    for (size_t i = 0; i < n; i++) {
        if (names[i].type != SETTING_STRING) {
            complain(filler, names[i].value_at, "from",
                     "option \"from\" must be a stage's name in quotes, or a list of them");
            continue;
        }
        if (!add_from(filler, &names[i], names[i].text, &stage->from[stage->n_from]))
            return false;
        stage->n_from += stage->from[stage->n_from].stage != NULL;
    }
    return true;
}

/* ---- stages ---- */

static void
check_stage_name(const struct filler *filler, const struct stage_spec *stage)
{
    if (stage->name[strspn(stage->name, NAME_LETTERS)] != '\0')
        complain(filler, stage->name_at, "name",
                 "the name of a stage has letters, digits, '_' and '-' only");
    else if (strcmp(stage->name, "pipeline") == 0)
        complain(filler, stage->name_at, "name",
                 "no stage may be called \"pipeline\": --set means the pipeline by it");
}

static bool
fill_stage(struct filler *filler, const struct setting *group, const struct errors_spec *outer,
           struct stage_spec *stage)
{
    static const char *const words_read_here[] = { "name", "plugin", "errors", "isolation", NULL };
    const struct option_table tables[] = { ROWS(stage_rows) };
    struct stage_words words = { 0 };
    struct setting own;
    void *selves[] = { &words };

    stage->at = group->value_at;
    stage->name_at = value_place(group, "name", stage->at);
    stage->plugin_at = value_place(group, "plugin", stage->at);
    const struct setting *name = setting_find(group, "name");
    filler->stage = name != NULL ? name->text : NULL;

    struct option_context context = { .stage = filler->stage,
                                      .at = stage->at,
                                      .problems = filler->problems,
                                      .arena = filler->arena };
    if (!pick(filler, group, words_read_here, true, &own) || !widen_isolation(filler, &own) ||
        !pick(filler, group, option_host_words, false, &stage->options))
        return false;
    options_fill(tables, selves, 1, &own, &context);

    stage->name = copy(filler, words.name);
    stage->plugin = copy(filler, words.plugin);
    if (stage->name != NULL)
        check_stage_name(filler, stage);
    fill_isolation(group, &words.isolation, &stage->isolation);
    fill_errors(filler, group, &words.errors, outer, &stage->errors);
    return fill_from(filler, group, stage);
}

static void
check_unique(const struct filler *filler, const struct pipeline_spec *spec)
{
    for (size_t i = 0; i < spec->n_stages; i++) {
        const struct stage_spec *stage = &spec->stages[i];
        for (size_t j = 0; j < i && stage->name != NULL; j++) {
            const char *earlier = spec->stages[j].name;
            if (earlier == NULL || strcmp(earlier, stage->name) != 0)
                continue;
            complain(filler, stage->name_at, "name",
                     "two stages are called \"%s\"; the first is on line %u", stage->name,
                     spec->stages[j].name_at.line);
            break;
        }
    }
}

static bool
fill_stages(struct filler *filler, const struct setting *group, struct pipeline_spec *spec)
{
    const struct setting *setting = setting_find(group, "stages");
    struct place at = value_place(group, "stages", spec->at);
    if (setting == NULL) {
        complain(filler, at, "stages", "option \"stages\" is missing");
        return true;
    }
    bool is_list = setting->type == SETTING_LIST;
    const struct setting *groups = is_list ? setting->children : setting;
    size_t n = is_list ? setting->n_children : 1;
    if (n == 0)
        complain(filler, at, "stages", "a pipeline has at least one stage");
    spec->stages = arena_alloc(filler->arena, n * sizeof(*spec->stages));
    if (spec->stages == NULL)
        return false;
    memset(spec->stages, 0, n * sizeof(*spec->stages));
    for (size_t i = 0; i < n; i++) {
        if (groups[i].type != SETTING_GROUP) {
            complain(filler, groups[i].value_at, "stages",
                     "a stage must be a group: { name = \"...\"; plugin = \"...\"; }");
            continue;
        }
        if (!fill_stage(filler, &groups[i], &spec->errors, &spec->stages[spec->n_stages++]))
            return false;
        filler->stage = NULL;
    }
    check_unique(filler, spec);
    return true;
}

/* ---- the pipeline ---- */

static void
fill_trigger(const struct filler *filler, const struct setting *group, const char *text,
             struct pipeline_spec *spec)
{
    struct place at = value_place(group, "trigger", spec->at);
    if (text == NULL)
        return; /* refused already */
    if (strcmp(text, "continuous") == 0) {
        spec->trigger = TRIGGER_CONTINUOUS;
    } else if (strcmp(text, "available_now") == 0) {
        spec->trigger = TRIGGER_AVAILABLE_NOW;
    } else if (units_parse_duration(text, &spec->trigger_ns)) {
        spec->trigger = TRIGGER_INTERVAL;
        if (spec->trigger_ns < 1000000)
            complain(filler, at, "trigger", "option \"trigger\" is \"%s\"; must be at least 1 ms",
                     text);
    } else {
        complain(filler, at, "trigger",
                 "option \"trigger\" is \"%s\"; must be \"continuous\", \"available_now\" or a "
                 "duration with its unit, as in \"5 s\"",
                 text);
    }
}

/* A path of the file is relative to where systemd wants state, if it says so. */
static bool
fill_checkpoint(const struct filler *filler, const struct setting *group,
                struct pipeline_spec *spec)
{
    const struct setting *setting = setting_find(group, "checkpoint");
    const char *state = getenv("STATE_DIRECTORY");
    struct setting path = *setting;
    if (setting->type == SETTING_STRING && state != NULL && *state == '/')
        path.folder = arena_copy(filler->arena, state, strcspn(state, ":"));
    spec->checkpoint_at = setting->value_at;
    if (path.folder != NULL)
        spec->checkpoint = setting_path(&path, filler->arena);
    return spec->checkpoint != NULL;
}

static bool
fill_instance(const struct filler *filler, const char *text, struct pipeline_spec *spec)
{
    char host[HOST_NAME_MAX + 1] = "localhost";
    if (text == NULL) {
        gethostname(host, sizeof(host) - 1);
        text = host;
    }
    spec->instance = copy(filler, text);
    return spec->instance != NULL;
}

static void
check_pipeline_name(const struct filler *filler, const struct pipeline_spec *spec)
{
    if (spec->name != NULL &&
        (spec->name[0] == '.' || spec->name[strspn(spec->name, NAME_LETTERS ".")] != '\0'))
        complain(filler, spec->name_at, "name",
                 "the name of a pipeline has letters, digits, '_', '-' and '.' only, "
                 "and no '.' first");
}

static bool
fill_words(const struct filler *filler, const struct setting *group,
           const struct pipeline_words *words, struct pipeline_spec *spec)
{
    spec->name = copy(filler, words->name);
    spec->checkpoint_every_ns = words->checkpoint_every;
    spec->drain_timeout_ns = words->drain_timeout;
    spec->max_records_per_trigger = words->max_records_per_trigger;
    spec->delivery = (enum delivery)words->delivery;
    spec->tasks = (uint32_t)words->tasks;
    spec->tasks_at = value_place(group, "tasks", spec->at);
    check_pipeline_name(filler, spec);
    fill_trigger(filler, group, words->trigger, spec);
    fill_errors(filler, group, &words->errors, &spec->errors, &spec->errors);
    return (words->checkpoint == NULL || fill_checkpoint(filler, group, spec)) &&
           fill_instance(filler, words->instance, spec);
}

bool
spec_fill(struct pipeline_spec *spec, const struct setting *group, struct arena *arena,
          struct problems *problems)
{
    const struct option_table tables[] = { ROWS(pipeline_rows) };
    struct filler filler = { .arena = arena, .problems = problems };
    struct pipeline_words words = { 0 };
    struct setting own;
    void *selves[] = { &words };

    *spec = (struct pipeline_spec){ .at = group->value_at,
                                    .errors = { .retry_for_ns = INT64_C(60000000000) } };
    spec->name_at = value_place(group, "name", spec->at);
    spec->delivery_at = value_place(group, "delivery", spec->at);
    spec->checkpoint_at = spec->at;

    struct option_context context = {
        .at = spec->at, .problems = problems, .arena = arena, .words = pipeline_other_words
    };
    if (!pick(&filler, group, pipeline_other_words, false, &own))
        return false;
    options_fill(tables, selves, 1, &own, &context);
    return fill_words(&filler, group, &words, spec) && fill_stages(&filler, group, spec);
}
