/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/complete.h"

#include "cli/arguments.h"
#include "cli/complete_set.h"
#include "cli/option_help.h"
#include "cli/plugins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The command line up to the cursor. */
struct completion {
    const struct verb *verbs;
    const char *common_help;
    char *const *words; /* the last is the one under the cursor */
    size_t n;
    const struct verb *verb; /* NULL: not known yet */
    size_t n_verb;           /* words of its name */
};

static void
offer(const struct completion *completion, const char *candidate, size_t n, const char *text,
      size_t n_text)
{
    const char *word = completion->words[completion->n - 1];
    if (strlen(word) <= n && strncmp(word, candidate, strlen(word)) == 0)
        printf("%.*s\t%.*s\n", (int)n, candidate, (int)n_text, text);
}

/* ---- what a value may be, by the word that stands for it in the help text ---- */

static const struct {
    const char *word, *values;
} value_words[] = {
    { "FILE", ":files" },
    { "PIPELINE_FILE", ":files" },
    { "PATH", ":files" },
    { "DIR", ":folders" },
    { "LEVEL", "error warn info debug trace" },
    { "WHEN", "auto always never" },
    { "KIND", "source transform join aggregate sink" },
    { "LANGUAGE", "c c++ rust" },
    { "FORMAT", "text tap junit" },
};

static void
offer_values(const struct completion *completion, const char *word, size_t n_word)
{
    for (size_t i = 0; i < sizeof(value_words) / sizeof(*value_words); i++) {
        const char *value = value_words[i].values;
        if (strlen(value_words[i].word) != n_word ||
            strncmp(value_words[i].word, word, n_word) != 0)
            continue;
        if (*value == ':')
            puts(value);
        for (size_t n; *value != ':' && *value != '\0'; value += n + (value[n] == ' ')) {
            n = strcspn(value, " ");
            offer(completion, value, n, "", 0);
        }
    }
}

/* ---- verbs ---- */

static void
offer_verbs(const struct completion *completion, const char *group)
{
    size_t n_group = group != NULL ? strlen(group) : 0;
    const char *last = "";
    for (const struct verb *verb = completion->verbs; verb->name != NULL; verb++) {
        const char *name = verb->name;
        if (group != NULL && (strncmp(name, group, n_group) != 0 || name[n_group] != ' '))
            continue;
        name += group != NULL ? n_group + 1 : 0;
        size_t n = strcspn(name, " ");
        if (strlen(last) >= n && strncmp(name, last, n) == 0 && strcspn(last, " ") == n)
            continue; /* another verb of the same group */
        last = name;
        bool is_group = name[n] == ' ';
        offer(completion, name, n, is_group ? "" : verb->summary,
              is_group ? 0 : strlen(verb->summary));
    }
}

static bool
is_group(const struct completion *completion, const char *word)
{
    for (const struct verb *verb = completion->verbs; verb->name != NULL; verb++) {
        if (strncmp(verb->name, word, strlen(word)) == 0 && verb->name[strlen(word)] == ' ')
            return true;
    }
    return false;
}

/* The verb that the first of @words is, or the first two. */
static void
find_verb(struct completion *completion)
{
    char two[128];
    size_t n = completion->n - 1;
    if (n == 0)
        return;
    snprintf(two, sizeof(two), "%s %s", completion->words[0], n > 1 ? completion->words[1] : "");
    for (const struct verb *verb = completion->verbs; verb->name != NULL; verb++) {
        bool of_two = strcmp(verb->name, two) == 0;
        if (of_two || strcmp(verb->name, completion->words[0]) == 0) {
            completion->verb = verb;
            completion->n_verb = of_two ? 2 : 1;
        }
    }
}

/* ---- options ---- */

static void
offer_options(const struct completion *completion, const char *help)
{
    struct option_help option;
    while (option_help_next(&help, &option)) {
        char name[80];
        int n = snprintf(name, sizeof(name), "--%.*s", (int)option.n_name, option.name);
        offer(completion, name, (size_t)n, option.text, option.n_text);
    }
}

static bool
find_option(const struct completion *completion, const char *name, size_t n,
            struct option_help *option)
{
    return (completion->verb != NULL &&
            option_help_find(completion->verb->help, name, n, option)) ||
           option_help_find(completion->common_help, name, n, option);
}

/* Does the word before @word want a value of this one? */
static bool
is_value(const struct completion *completion, size_t word, struct option_help *option)
{
    if (word == 0 || strncmp(completion->words[word - 1], "--", 2) != 0)
        return false;
    const char *name = completion->words[word - 1] + 2;
    return find_option(completion, name, strlen(name), option) && option->n_word > 0;
}

/* ---- operands ---- */

/* The operands before the cursor. */
static size_t
operands(const struct completion *completion, const char **found)
{
    struct option_help option;
    size_t n = 0;
    for (size_t i = completion->n_verb; i + 1 < completion->n; i++) {
        if (strncmp(completion->words[i], "--", 2) != 0 && !is_value(completion, i, &option))
            found[n++] = completion->words[i];
    }
    return n;
}

static void
offer_stages(const struct completion *completion)
{
    struct arguments arguments = { .n_plugin_dirs = 0 };
    int code;
    struct loader *loader = plugins_loader_alone(&arguments, &code);
    size_t n = 0;
    const struct plugin_file *files = loader != NULL ? loader_files(loader, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < files[i].n_stages; j++)
            offer(completion, files[i].stages[j], strlen(files[i].stages[j]), "", 0);
    }
    loader_destroy(loader);
}

/* By the word of the usage that stands where the cursor is; the last one may be repeated. */
static void
offer_operand(const struct completion *completion, size_t nth)
{
    const char *usage = completion->verb->usage + strlen(completion->verb->name);
    if (strcmp(completion->verb->name, "plugin info") == 0 && nth == 0) {
        offer_stages(completion);
        return;
    }
    for (size_t i = 0;; i++) {
        usage += strspn(usage, " [");
        size_t n = strcspn(usage, " .]");
        bool repeated = strncmp(usage + n, "...", 3) == 0;
        if (n == 0)
            return;
        if (i == nth || repeated) {
            offer_values(completion, usage, n);
            return;
        }
        usage += strcspn(usage, " ");
    }
}

static void
offer_value(const struct completion *completion, const struct option_help *option,
            const char *const *files, size_t n_files)
{
    const char set[] = "set";
    if (option->n_name == strlen(set) && strncmp(option->name, set, strlen(set)) == 0)
        complete_set(completion->words[completion->n - 1], files, n_files);
    else
        offer_values(completion, option->word, option->n_word);
}

int
complete_words(const struct verb *verbs, const char *common_help, char *const *words, size_t n)
{
    struct completion completion = {
        .verbs = verbs, .common_help = common_help, .words = words, .n = n
    };
    struct option_help option;
    const char **found = calloc(n + 1, sizeof(*found));
    if (n == 0 || found == NULL) {
        free(found);
        return 0;
    }
    find_verb(&completion);
    size_t n_found = completion.verb != NULL ? operands(&completion, found) : 0;
    if (is_value(&completion, n - 1, &option)) {
        offer_value(&completion, &option, found, n_found);
    } else if (words[n - 1][0] == '-') {
        if (completion.verb != NULL)
            offer_options(&completion, completion.verb->help);
        offer_options(&completion, common_help);
    } else if (completion.verb != NULL) {
        offer_operand(&completion, n_found);
    } else if (n == 1) {
        offer_verbs(&completion, NULL);
    } else if (n == 2 && is_group(&completion, words[0])) {
        offer_verbs(&completion, words[0]);
    }
    free(found);
    return 0;
}
