/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/option_help.h"

#include <string.h>

static void
read_line(const char *line, size_t n, struct option_help *option)
{
    const char *end = line + n;
    option->name = line + strlen("  --");
    option->n_name = strcspn(option->name, " \n");
    option->word = option->name + option->n_name + (option->name[option->n_name] == ' ');
    option->n_word = strcspn(option->word, " \n"); /* two spaces: no word */
    option->text = option->word + option->n_word;
    while (option->text < end && *option->text == ' ')
        option->text++;
    option->n_text = (size_t)(end - option->text);
}

bool
option_help_next(const char **help, struct option_help *option)
{
    while (**help != '\0') {
        const char *line = *help;
        size_t n = strcspn(line, "\n");
        *help = line + n + (line[n] == '\n');
        if (strncmp(line, "  --", 4) == 0) {
            read_line(line, n, option);
            return true;
        }
    }
    return false;
}

bool
option_help_find(const char *help, const char *name, size_t n, struct option_help *option)
{
    while (option_help_next(&help, option)) {
        if (option->n_name == n && strncmp(option->name, name, n) == 0)
            return true;
    }
    return false;
}
