/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/arguments.h"

#include "base/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum option_kind {
    OPTION_FLAG, /* sets a bool */
    OPTION_SET,
    OPTION_PLUGIN_DIR,
    OPTION_TEXT, /* sets a text */
    OPTION_LOG_LEVEL,
    OPTION_QUIET,
    OPTION_COLOR,
};

struct option_row {
    const char *name;
    enum option_kind kind;
    size_t at;   /* FLAG, TEXT: offset of the member in struct arguments */
    bool common; /* every verb takes it */
};

#define FLAG(member) OPTION_FLAG, offsetof(struct arguments, member)
#define TEXT(member) OPTION_TEXT, offsetof(struct arguments, member)

static const struct option_row rows[] = {
    { "help", FLAG(help), true },
    { "version", FLAG(version), true },
    { "json", FLAG(json), true },
    { "log-level", OPTION_LOG_LEVEL, 0, true },
    { "quiet", OPTION_QUIET, 0, true },
    { "color", OPTION_COLOR, 0, true },
    { "plugin-dir", OPTION_PLUGIN_DIR, 0, true },
    { "settings", TEXT(settings), true },
    { "set", OPTION_SET, 0, false },
    { "progress", TEXT(progress), false },
    { "status", TEXT(status), false },
    { "socket", TEXT(socket), false },
    { "until-caught-up", FLAG(until_caught_up), false },
    { "print", FLAG(print), false },
    { "connect", FLAG(connect), false },
    { "dot", FLAG(dot), false },
    { "window", TEXT(window), false },
    { "force", FLAG(force), false },
    { "markdown", FLAG(markdown), false },
    { "man", FLAG(man), false },
    { "kind", TEXT(kind), false },
    { "language", TEXT(language), false },
    { "options", TEXT(options), false },
    { "format", TEXT(format), false },
    { "seed", TEXT(seed), false },
    { "only", TEXT(only), false },
    { "except", TEXT(except), false },
    { "in-process", FLAG(in_process), false },
};

#define N_ROWS (sizeof(rows) / sizeof(*rows))

static int
usage_error(const struct verb *verb, const char *text, const char *name, const char *suggestion)
{
    fprintf(stderr, "levada: %s%s%s", text, name != NULL ? ": " : "", name != NULL ? name : "");
    if (suggestion != NULL)
        fprintf(stderr, "; did you mean \"%s\"?", suggestion);
    fprintf(stderr, "\ntry: levada %s%s--help\n", verb != NULL ? verb->name : "",
            verb != NULL ? " " : "");
    return EX_USAGE;
}

static bool
verb_takes(const struct verb *verb, const struct option_row *row)
{
    if (row->common || verb == NULL || verb->options == NULL)
        return row->common;
    const char *at = strstr(verb->options, row->name);
    size_t n = strlen(row->name);
    return at != NULL && (at == verb->options || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0');
}

static const struct option_row *
find_option(const struct verb *verb, const char *name, size_t n, const char **suggestion)
{
    char wanted[64];
    struct suggest suggest;
    snprintf(wanted, sizeof(wanted), "%.*s", (int)n, name);
    suggest_start(&suggest, wanted);
    *suggestion = NULL;
    for (size_t i = 0; i < N_ROWS; i++) {
        if (!verb_takes(verb, &rows[i]))
            continue;
        if (strlen(rows[i].name) == n && strncmp(rows[i].name, name, n) == 0)
            return &rows[i];
        suggest_offer(&suggest, rows[i].name);
    }
    *suggestion = suggest_best(&suggest);
    return NULL;
}

static int
take_color(const struct arguments *arguments, const char *value)
{
    if (strcmp(value, "auto") == 0)
        log_set_color(LOG_COLOR_AUTO);
    else if (strcmp(value, "always") == 0)
        log_set_color(LOG_COLOR_ALWAYS);
    else if (strcmp(value, "never") == 0)
        log_set_color(LOG_COLOR_NEVER);
    else
        return usage_error(arguments->verb, "--color is auto, always or never, not", value, NULL);
    return 0;
}

static int
take_value(struct arguments *arguments, const struct option_row *row, const char *value)
{
    switch (row->kind) {
    case OPTION_SET:
        if (strchr(value, '=') == NULL || strchr(value, '.') == NULL)
            return usage_error(arguments->verb, "--set wants STAGE.OPTION=VALUE, not", value, NULL);
        arguments->overrides[arguments->n_overrides++] = (struct config_override){ .text = value };
        return 0;
    case OPTION_PLUGIN_DIR:
        arguments->plugin_dirs[arguments->n_plugin_dirs++] = value;
        return 0;
    case OPTION_TEXT:
        *(const char **)(void *)((char *)arguments + row->at) = value;
        return 0;
    case OPTION_LOG_LEVEL:
        if (!log_parse_level(value, &arguments->log_level))
            return usage_error(arguments->verb,
                               "--log-level is error, warn, info, debug or trace, not", value,
                               NULL);
        return 0;
    case OPTION_COLOR:
        return take_color(arguments, value);
    case OPTION_FLAG:
    case OPTION_QUIET:
        break;
    }
    return 0;
}

/* One "--name", "--name=value" or "--name value"; *i moves over a value that stands alone. */
static int
take_option(struct arguments *arguments, int argc, char **argv, int *i)
{
    const char *name = argv[*i] + 2;
    const char *equals = strchr(name, '=');
    size_t n = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const char *suggestion;
    const struct option_row *row = find_option(arguments->verb, name, n, &suggestion);
    if (row == NULL) {
        char full[80];
        if (suggestion != NULL)
            snprintf(full, sizeof(full), "--%s", suggestion);
        return usage_error(arguments->verb, "unknown option", argv[*i],
                           suggestion != NULL ? full : NULL);
    }
    if (row->kind == OPTION_FLAG || row->kind == OPTION_QUIET) {
        if (equals != NULL)
            return usage_error(arguments->verb, "option takes no value", argv[*i], NULL);
        if (row->kind == OPTION_QUIET)
            arguments->log_level = LOG_ERROR;
        else
            *(bool *)((char *)arguments + row->at) = true;
        return 0;
    }
    if (equals != NULL)
        return take_value(arguments, row, equals + 1);
    if (*i + 1 == argc)
        return usage_error(arguments->verb, "option needs a value", argv[*i], NULL);
    return take_value(arguments, row, argv[++*i]);
}

/* The verb at argv[*i], of one word or two; *i moves over it. "help" is as good as --help. */
static int
take_verb(struct arguments *arguments, int argc, char **argv, int *i, const struct verb *verbs)
{
    struct suggest suggest;
    char two[128];
    if (strcmp(argv[*i], "help") == 0) {
        arguments->help = true;
        return 0;
    }
    snprintf(two, sizeof(two), "%s %s", argv[*i], *i + 1 < argc ? argv[*i + 1] : "");
    suggest_start(&suggest, argv[*i]);
    bool first_word = false;
    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        size_t n = strlen(argv[*i]);
        if (strcmp(verb->name, argv[*i]) == 0 || strcmp(verb->name, two) == 0) {
            *i += strchr(verb->name, ' ') != NULL;
            arguments->verb = verb;
            return 0;
        }
        first_word = first_word || (strncmp(verb->name, argv[*i], n) == 0 && verb->name[n] == ' ');
        suggest_offer(&suggest, verb->name);
    }
    if (!first_word)
        return usage_error(NULL, "unknown command", argv[*i], suggest_best(&suggest));
    if (*i + 1 == argc || argv[*i + 1][0] == '-') {
        arguments->group = argv[*i];
        return 0;
    }
    suggest_start(&suggest, two);
    for (const struct verb *verb = verbs; verb->name != NULL; verb++)
        suggest_offer(&suggest, verb->name);
    return usage_error(NULL, "unknown command", two, suggest_best(&suggest));
}

static int
check_operands(const struct arguments *arguments)
{
    const struct verb *verb = arguments->verb;
    if (verb == NULL || arguments->help || arguments->version)
        return 0;
    if (arguments->n_operands < verb->least_operands) {
        char usage[80];
        snprintf(usage, sizeof(usage), "levada %s", verb->usage);
        return usage_error(verb, "too few arguments, for", usage, NULL);
    }
    if (arguments->n_operands > verb->most_operands)
        return usage_error(verb, "too many arguments, from",
                           arguments->operands[verb->most_operands], NULL);
    return 0;
}

int
arguments_parse(struct arguments *arguments, int argc, char **argv, const struct verb *verbs)
{
    *arguments = (struct arguments){ .log_level = LOG_INFO };
    size_t n = (size_t)argc + 1;
    arguments->operands = calloc(n, sizeof(*arguments->operands));
    arguments->overrides = calloc(n, sizeof(*arguments->overrides));
    arguments->plugin_dirs = calloc(n, sizeof(*arguments->plugin_dirs));
    if (arguments->operands == NULL || arguments->overrides == NULL ||
        arguments->plugin_dirs == NULL)
        return EX_OSERR;
    bool only_operands = false;
    int code = 0;
    for (int i = 1; i < argc && code == 0; i++) {
        if (!only_operands && strcmp(argv[i], "--") == 0)
            only_operands = true;
        else if (!only_operands && strcmp(argv[i], "-h") == 0)
            arguments->help = true;
        else if (!only_operands && strcmp(argv[i], "-V") == 0)
            arguments->version = true;
        else if (!only_operands && strncmp(argv[i], "--", 2) == 0)
            code = take_option(arguments, argc, argv, &i);
        else if (!only_operands && argv[i][0] == '-' && argv[i][1] != '\0')
            code = usage_error(arguments->verb, "unknown option", argv[i], NULL);
        else if (arguments->verb == NULL)
            code = take_verb(arguments, argc, argv, &i, verbs);
        else
            arguments->operands[arguments->n_operands++] = argv[i];
    }
    return code != 0 ? code : check_operands(arguments);
}

void
arguments_finish(struct arguments *arguments)
{
    free(arguments->operands);
    free(arguments->overrides);
    free(arguments->plugin_dirs);
}
