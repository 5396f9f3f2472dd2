/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plugin_verbs.h"

#include "base/clock.h"
#include "conformance/conformance.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static int
usage(const char *option, const char *wants, const char *found)
{
    fprintf(stderr, "levada: --%s is %s, not: %s\ntry: levada plugin test --help\n", option, wants,
            found);
    return EX_USAGE;
}

static bool
parse_format(const char *text, enum conformance_format *format)
{
    static const char *const words[] = { "text", "tap", "junit" };
    *format = CONFORMANCE_TEXT;
    for (int i = 0; text != NULL && i < 3; i++) {
        if (strcmp(text, words[i]) == 0) {
            *format = (enum conformance_format)i;
            return true;
        }
    }
    return text == NULL;
}

static bool
parse_seed(const char *text, uint64_t *seed)
{
    char *end;
    *seed = (uint64_t)clock_system.wall_ms(&clock_system);
    if (text == NULL)
        return true;
    errno = 0;
    *seed = strtoull(text, &end, 10);
    return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0';
}

/* FILE.conf beside FILE.so, if it is there. */
static const char *
options_beside(const char *file, char *path, size_t n)
{
    const char *dot = strrchr(file, '.');
    snprintf(path, n, "%.*s.conf", (int)(dot != NULL ? dot - file : (long)strlen(file)), file);
    return access(path, R_OK) == 0 ? path : NULL;
}

int
plugin_test(const struct arguments *arguments)
{
    char file[PATH_MAX], beside[PATH_MAX + 8], options[PATH_MAX];
    struct conformance_setup setup = { .overrides = arguments->overrides,
                                       .n_overrides = arguments->n_overrides,
                                       .only = arguments->only,
                                       .except = arguments->except,
                                       .in_process = arguments->in_process };
    if (!parse_format(arguments->format, &setup.format))
        return usage("format", "text, tap or junit", arguments->format);
    if (!parse_seed(arguments->seed, &setup.seed))
        return usage("seed", "a number", arguments->seed);
    if (realpath(arguments->operands[0], file) == NULL) {
        fprintf(stderr, "levada: cannot read %s: %s\n", arguments->operands[0], strerror(errno));
        return EX_NOINPUT;
    }
    setup.file = file;
    setup.options = options_beside(file, beside, sizeof(beside));
    if (arguments->options != NULL) {
        if (realpath(arguments->options, options) == NULL) {
            fprintf(stderr, "levada: --options: cannot read %s: %s\n", arguments->options,
                    strerror(errno));
            return EX_NOINPUT;
        }
        setup.options = options;
    }
    return conformance_run(&setup);
}
