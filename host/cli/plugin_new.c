/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plugin_verbs.h"

#include "base/suggest.h"
#include "cli/places.h"
#include "cli/template.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_ID 100u

static const char *const kinds[] = { "source", "transform", "join", "aggregate", "sink", NULL };
static const char *const languages[] = { "c", "c++", "rust", NULL };

/* Is @word one of @words? Told, with the nearest, if not. */
static bool
is_one_of(const char *option, const char *word, const char *const *words)
{
    struct suggest suggest;
    suggest_start(&suggest, word);
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0)
            return true;
        suggest_offer(&suggest, words[i]);
    }
    fprintf(stderr, "levada: --%s is ", option);
    for (size_t i = 0; words[i] != NULL; i++)
        fprintf(stderr, "%s%s", i == 0 ? "" : words[i + 1] != NULL ? ", " : " or ", words[i]);
    fprintf(stderr, ", not: %s", word);
    if (suggest_best(&suggest) != NULL)
        fprintf(stderr, "; did you mean \"%s\"?", suggest_best(&suggest));
    fprintf(stderr, "\ntry: levada plugin new --help\n");
    return false;
}

/* Words of small letters, digits and _, with dots between; each begins with a letter. */
static bool
is_id(const char *id)
{
    bool starts = true;
    for (const char *p = id; *p != '\0'; p++) {
        bool letter = *p >= 'a' && *p <= 'z';
        bool inside = letter || (*p >= '0' && *p <= '9') || *p == '_' || *p == '.';
        if (starts ? !letter : !inside)
            return false;
        starts = *p == '.';
    }
    return !starts && strlen(id) <= LONGEST_ID;
}

static time_t
today(void)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH"); /* for a result that can be reproduced */
    return epoch != NULL ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
}

static const char *
environment_or(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : otherwise;
}

struct project {
    const char *id, *kind, *language;
    const char *folder; /* to be made: the last word of the id */
    char templates[2 * PATH_MAX], rust[2 * PATH_MAX + 16];
};

static levada_status
copy_templates(const struct project *project, struct error *err)
{
    char dashed[LONGEST_ID + 1], date[64], year[8], from[4][2 * PATH_MAX + 64];
    time_t now = today();
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &utc);
    strftime(year, sizeof(year), "%Y", &utc);
    snprintf(dashed, sizeof(dashed), "%s", project->folder);
    for (char *p = dashed; *p != '\0'; p++)
        *p = *p == '_' ? '-' : *p;
    const struct template_word words[] = {
        { "ID", project->id },
        { "IDENT", project->folder },
        { "DASHED", dashed },
        { "KIND", project->kind },
        { "AUTHOR", environment_or("DEBFULLNAME", "Your Name") },
        { "EMAIL", environment_or("DEBEMAIL", "you@example.org") },
        { "RUST", project->rust },
        { "DATE", date },
        { "YEAR", year },
    };
    snprintf(from[0], sizeof(from[0]), "%s/project", project->templates);
    snprintf(from[1], sizeof(from[1]), "%s/kind/%s", project->templates, project->kind);
    snprintf(from[2], sizeof(from[2]), "%s/language/%s", project->templates, project->language);
    snprintf(from[3], sizeof(from[3]), "%s/code/%s/%s", project->templates, project->language,
             project->kind);
    levada_status status = LEVADA_OK;
    for (size_t i = 0; i < 4 && status == LEVADA_OK; i++)
        status =
            template_copy(from[i], project->folder, words, sizeof(words) / sizeof(*words), err);
    return status;
}

static int
make_project(const struct project *project)
{
    struct error err = { .status = LEVADA_OK };
    if (access(project->templates, R_OK) != 0) {
        fprintf(stderr, "levada: no templates in %s; the package levada-dev has them\n",
                project->templates);
        return EX_NOINPUT;
    }
    if (mkdir(project->folder, 0777) != 0) {
        fprintf(stderr, "levada: cannot create %s: %s\n", project->folder, strerror(errno));
        return EX_CANTCREAT;
    }
    if (copy_templates(project, &err) != LEVADA_OK) {
        fprintf(stderr, "levada: %s\n", err.text);
        return error_exit_code(err.status);
    }
    bool cargo = strcmp(project->language, "rust") == 0;
    printf("made %s/: a %s \"%s\"; next:\n\n  cd %s\n", project->folder, project->kind, project->id,
           project->folder);
    if (cargo)
        printf("  cargo build --release\n  sh test.sh\n"
               "  levada run example.conf --plugin-dir target/release\n");
    else
        printf("  cmake -B build && cmake --build build\n"
               "  ctest --test-dir build --output-on-failure\n"
               "  levada run example.conf --plugin-dir build\n");
    return 0;
}

int
plugin_new(const char *id, const char *kind, const char *language)
{
    struct project project = { .id = id,
                               .kind = kind,
                               .language = language != NULL ? language : "c" };
    if (!is_id(id)) {
        fprintf(
            stderr,
            "levada: \"%s\" cannot be the id of a stage: small letters, digits and _, with dots "
            "between words, such as mask or org.example.mask\n",
            id);
        return EX_USAGE;
    }
    if (kind == NULL) {
        fprintf(stderr, "levada: plugin new wants --kind\ntry: levada plugin new --help\n");
        return EX_USAGE;
    }
    if (!is_one_of("kind", kind, kinds) || !is_one_of("language", project.language, languages))
        return EX_USAGE;
    const char *dot = strrchr(id, '.');
    project.folder = dot != NULL ? dot + 1 : id;
    if (!places_templates(project.templates, sizeof(project.templates))) {
        fprintf(stderr, "levada: cannot find its own place\n");
        return EX_SOFTWARE;
    }
    /* Beside the templates, with no ".." in a path that stays in the project. */
    char beside[sizeof(project.rust)];
    snprintf(beside, sizeof(beside), "%s/../rust/levada", project.templates);
    char *bindings = realpath(beside, NULL);
    snprintf(project.rust, sizeof(project.rust), "%s", bindings != NULL ? bindings : beside);
    free(bindings);
    return make_project(&project);
}
