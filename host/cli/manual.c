/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manual.h"

#include "cli/arguments.h"
#include "config/options.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* Help text as it stands, line by line. */
static void
print_help(const char *help)
{
    puts(".nf");
    while (*help != '\0') {
        char line[256];
        size_t n = strcspn(help, "\n");
        snprintf(line, sizeof(line), "%.*s", (int)n, help);
        options_print_man_text(line, stdout);
        putchar('\n');
        help += n + (help[n] == '\n');
    }
    puts(".fi");
}

static void
print_verb(const struct verb *verb)
{
    char summary[256];
    snprintf(summary, sizeof(summary), "%s", verb->summary);
    if (summary[0] >= 'a' && summary[0] <= 'z')
        summary[0] = (char)(summary[0] - 'a' + 'A');
    printf(".SS levada ");
    options_print_man_text(verb->usage, stdout);
    putchar('\n');
    options_print_man_text(summary, stdout);
    puts(".\n.PP");
    print_help(verb->help);
}

int
manual_print(const struct verb *verbs, const char *common_help, const char *part)
{
    if (strcmp(part, "options") == 0) {
        print_help(common_help);
        return 0;
    }
    if (strcmp(part, "commands") != 0)
        return EX_USAGE;
    for (const struct verb *verb = verbs; verb->name != NULL; verb++)
        print_verb(verb);
    return 0;
}
