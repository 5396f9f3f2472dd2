/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "cli/arguments.h"
#include "cli/load.h"
#include "cli/plugin_verbs.h"
#include "cli/plugins.h"
#include "cli/run.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static int
verb_run(struct arguments *arguments)
{
    struct loaded loaded;
    int code = EX_SOFTWARE;
    if (load_pipelines(&loaded, arguments)) {
        code = load_report(&loaded, arguments);
        if (code == 0)
            code = run_pipelines(&loaded, arguments->progress);
    }
    load_finish(&loaded);
    return code;
}

static int
verb_check(struct arguments *arguments)
{
    struct loaded loaded;
    int code = EX_SOFTWARE;
    if (load_pipelines(&loaded, arguments)) {
        code = load_report(&loaded, arguments);
        for (size_t i = 0; arguments->print && code == 0 && i < loaded.n_pipelines; i++)
            pipeline_print_config(loaded.pipelines[i], stdout);
    }
    load_finish(&loaded);
    return code;
}

static int
verb_graph(struct arguments *arguments)
{
    struct loaded loaded;
    int code = EX_SOFTWARE;
    if (load_pipelines(&loaded, arguments)) {
        code = load_report(&loaded, arguments);
        for (size_t i = 0; code == 0 && i < loaded.n_pipelines; i++) {
            if (arguments->dot)
                pipeline_print_dot(loaded.pipelines[i], stdout);
            else
                pipeline_print_graph(loaded.pipelines[i], stdout);
        }
    }
    load_finish(&loaded);
    return code;
}

static int
verb_plugin_list(struct arguments *arguments)
{
    struct loader *loader = plugins_loader(arguments);
    int code = loader != NULL ? plugin_list(loader, arguments->json) : EX_SOFTWARE;
    loader_destroy(loader);
    return code;
}

static int
verb_plugin_info(struct arguments *arguments)
{
    struct loader *loader = plugins_loader(arguments);
    enum plugin_info_format format = arguments->json       ? PLUGIN_INFO_JSON
                                     : arguments->markdown ? PLUGIN_INFO_MARKDOWN
                                                           : PLUGIN_INFO_TEXT;
    int code = loader != NULL ? plugin_info(loader, arguments->operands[0], format) : EX_SOFTWARE;
    loader_destroy(loader);
    return code;
}

static const struct verb verbs[] = {
    { .name = "run",
      .summary = "run every pipeline of the files",
      .usage = "run FILE...",
      .help =
          "  levada run pipelines/crime_file.conf\n"
          "  levada run jobs/*.conf --set calls.path=today.json --log-level debug\n"
          "  levada run count.conf | sort\n"
          "\n"
          "Ends with finite input, or on SIGINT or SIGTERM (a second one ends it at once).\n"
          "\n"
          "  --set STAGE.OPTION=VALUE   another value than the file's; pipeline.OPTION for the\n"
          "                             pipeline's own, PIPELINE/STAGE.OPTION with several\n"
          "  --until-caught-up          everything present at the start, then the end\n"
          "  --progress FILE            appends a report for each trigger, one JSON object a line;\n"
          "                             - is stderr\n",
      .options = "set until-caught-up progress",
      .least_operands = 1,
      .most_operands = SIZE_MAX,
      .run = verb_run },
    { .name = "check",
      .summary = "find every mistake in the files; starts nothing",
      .usage = "check FILE...",
      .help = "  levada check pipelines/*.conf\n"
              "  levada check --print crime_file.conf\n"
              "\n"
              "  --print                    the effective configuration, secrets hidden\n"
              "  --set STAGE.OPTION=VALUE   as for run\n",
      .options = "set print until-caught-up",
      .least_operands = 1,
      .most_operands = SIZE_MAX,
      .run = verb_check },
    { .name = "graph",
      .summary = "show the stages and what they read",
      .usage = "graph FILE...",
      .help = "  levada graph crime_file.conf\n"
              "  levada graph --dot crime_file.conf | dot -Tsvg > graph.svg\n"
              "\n"
              "  --dot                      for Graphviz\n",
      .options = "set dot",
      .least_operands = 1,
      .most_operands = SIZE_MAX,
      .run = verb_graph },
    { .name = "plugin list",
      .summary = "the stages that are there; runs no plugin",
      .usage = "plugin list",
      .help = "  levada plugin list\n"
              "  levada plugin list --plugin-dir ./build --json\n",
      .least_operands = 0,
      .most_operands = 0,
      .run = verb_plugin_list },
    { .name = "plugin info",
      .summary = "what a stage does and its options",
      .usage = "plugin info NAME",
      .help = "  levada plugin info crime_aggregate\n"
              "\n"
              "  --markdown                 the option table of a README\n",
      .options = "markdown",
      .least_operands = 1,
      .most_operands = 1,
      .run = verb_plugin_info },
    { .name = NULL },
};

static const char common_help[] =
    "  --plugin-dir DIR           plugins from here first; may be repeated\n"
    "  --log-level LEVEL          error, warn, info (default), debug or trace\n"
    "  --quiet                    errors only\n"
    "  --color WHEN               auto (default), always or never\n"
    "  --json                     output for machines\n"
    "  --help, --version\n";

static int
print_help(const struct verb *verb)
{
    if (verb != NULL) {
        printf("levada %s: %s\n\n%s%s", verb->usage, verb->summary, verb->help, common_help);
        return 0;
    }
    printf("levada: runs pipelines of stages from plugins\n\n"
           "  levada run pipelines/crime_file.conf --set calls.path=calls.json\n"
           "  levada check pipelines/crime_file.conf\n\n"
           "Commands (levada COMMAND --help tells more):\n");
    for (const struct verb *v = verbs; v->name != NULL; v++)
        printf("  %-26s %s\n", v->usage, v->summary);
    printf("\nOptions of every command:\n%s\n"
           "Exit codes: 0 done, 64 usage, 65 bad data, 66 input missing, 69 service unavailable,\n"
           "70 a plugin or levada failed, 73 cannot create output, 74 I/O error, 78 wrong\n"
           "configuration, 130 and 143 stopped by a second signal.\n",
           common_help);
    return 0;
}

int
cli_main(int argc, char **argv)
{
    struct arguments arguments;
    int code = arguments_parse(&arguments, argc, argv, verbs);
    if (code == 0) {
        log_setup(arguments.log_level);
        if (arguments.version)
            printf("levada %s (plugin ABI %u.%u)\n", LEVADA_VERSION, LEVADA_ABI_MAJOR,
                   LEVADA_ABI_MINOR);
        else if (arguments.help || arguments.verb == NULL)
            code = print_help(arguments.verb);
        else
            code = arguments.verb->run(&arguments);
        if (arguments.verb == NULL && !arguments.help && !arguments.version)
            code = EX_USAGE;
    }
    arguments_finish(&arguments);
    return code;
}
