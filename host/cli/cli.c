/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/fault.h"
#include "cli/arguments.h"
#include "cli/complete.h"
#include "cli/load.h"
#include "cli/manual.h"
#include "cli/output.h"
#include "cli/plugin_verbs.h"
#include "cli/plugins.h"
#include "cli/run.h"
#include "cli/state_verbs.h"
#include "cli/status.h"
#include "isolation/isolation.h"
#include "pipeline/stage_options.h"
#include "runtime/call.h"

#include <signal.h>
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
        if (loaded.problems.n_errors == 0)
            load_workers(&loaded, arguments);
        code = load_report(&loaded, arguments);
        if (code == 0)
            code = run_pipelines(&loaded, arguments);
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
        load_prepare(&loaded);
        load_judge_needs(&loaded, arguments->connect);
        code = load_report(&loaded, arguments);
        for (size_t i = 0; code == 0 && i < loaded.n_pipelines; i++) {
            if (arguments->print)
                pipeline_print_config(loaded.pipelines[i], stdout);
            else if (arguments->json)
                pipeline_print_needs_json(loaded.pipelines[i], stdout);
            else
                pipeline_print_needs(loaded.pipelines[i], stdout);
        }
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
        load_prepare(&loaded);
        code = load_report(&loaded, arguments);
        for (size_t i = 0; code == 0 && i < loaded.n_pipelines; i++) {
            if (arguments->dot) {
                pipeline_print_dot(loaded.pipelines[i], stdout);
                continue;
            }
            pipeline_print_graph(loaded.pipelines[i], stdout);
            pipeline_print_needs(loaded.pipelines[i], stdout);
        }
    }
    load_finish(&loaded);
    return code;
}

static int
verb_plugin_list(struct arguments *arguments)
{
    int code;
    struct loader *loader = plugins_loader_alone(arguments, &code);
    if (loader != NULL)
        code = plugin_list(loader, arguments->json);
    loader_destroy(loader);
    return code;
}

static int
verb_plugin_info(struct arguments *arguments)
{
    int code;
    struct loader *loader = plugins_loader_alone(arguments, &code);
    enum plugin_info_format format = arguments->json       ? PLUGIN_INFO_JSON
                                     : arguments->markdown ? PLUGIN_INFO_MARKDOWN
                                     : arguments->man      ? PLUGIN_INFO_MAN
                                                           : PLUGIN_INFO_TEXT;
    if (loader != NULL)
        code = plugin_info(loader, arguments->operands[0], format);
    loader_destroy(loader);
    return code;
}

static int
verb_plugin_new(struct arguments *arguments)
{
    return plugin_new(arguments->operands[0], arguments->kind, arguments->language);
}

static int
verb_plugin_test(struct arguments *arguments)
{
    return plugin_test(arguments);
}

static int
verb_state_ls(struct arguments *arguments)
{
    return state_ls(arguments->operands[0], arguments->json);
}

static int
verb_state_get(struct arguments *arguments)
{
    struct state_get wanted = {
        .folder = arguments->operands[0],
        .stage = arguments->operands[1],
        .prefix = arguments->n_operands > 2 ? arguments->operands[2] : NULL,
        .window = arguments->window,
        .json = arguments->json,
    };
    return state_get(&wanted);
}

static int
verb_state_check(struct arguments *arguments)
{
    return state_check(arguments->operands[0], arguments->json);
}

static int
verb_state_export(struct arguments *arguments)
{
    return state_export(arguments->operands[0]);
}

static int
verb_state_import(struct arguments *arguments)
{
    return state_import(arguments->operands[0], arguments->force);
}

static int
verb_status(struct arguments *arguments)
{
    return status_print(arguments->socket, arguments->json);
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
          "On SIGHUP a service reads its files again.\n"
          "\n"
          "  --set STAGE.OPTION=VALUE   another value than the file's; pipeline.OPTION for the\n"
          "                             pipeline's own, PIPELINE/STAGE.OPTION with several\n"
          "  --until-caught-up          everything present at the start, then the end\n"
          "  --progress FILE            appends a report for each trigger, one JSON object a "
          "line;\n"
          "                             - is stderr\n"
          "  --status PATH              where `levada status` finds it: a socket\n",
      .options = "set until-caught-up progress status",
      .least_operands = 1,
      .most_operands = SIZE_MAX,
      .run = verb_run },
    { .name = "check",
      .summary = "find every mistake in the files, and which topics they need; starts nothing",
      .usage = "check FILE...",
      .help =
          "  levada check pipelines/*.conf\n"
          "  levada check --print crime_file.conf\n"
          "  levada check --connect data_stream.conf && levada run data_stream.conf\n"
          "\n"
          "  Of pipelines that work with topics it tells which they need, and what fails without\n"
          "  each; with --json one object a line.\n"
          "\n"
          "  --connect                  then also: do brokers answer, are topics there, as they "
          "have\n"
          "                             to be and ours to use? exit code 69 where a service does\n"
          "                             not answer\n"
          "  --print                    the effective configuration, secrets hidden\n"
          "  --set STAGE.OPTION=VALUE   as for run\n"
          "  --until-caught-up          as for run\n",
      .options = "set print connect until-caught-up",
      .least_operands = 1,
      .most_operands = SIZE_MAX,
      .run = verb_check },
    { .name = "graph",
      .summary = "show the stages and what they read",
      .usage = "graph FILE...",
      .help = "  levada graph crime_file.conf\n"
              "  levada graph --dot crime_file.conf | dot -Tsvg > graph.svg\n"
              "\n"
              "  --dot                      for Graphviz\n"
              "  --set STAGE.OPTION=VALUE   as for run\n",
      .options = "set dot",
      .least_operands = 1,
      .most_operands = SIZE_MAX,
      .run = verb_graph },
    { .name = "status",
      .summary = "what the running hosts of this machine do",
      .usage = "status",
      .help =
          "  levada status\n"
          "  levada status --json | jq '.[].pipelines[].partitions'\n"
          "\n"
          "Exit code 0 when every pipeline runs, 75 when one does not, 69 when no host answers.\n"
          "\n"
          "  --socket PATH              the one host that was started with --status PATH\n",
      .options = "socket",
      .least_operands = 0,
      .most_operands = 0,
      .run = verb_status },
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
              "  levada plugin info --man crime_aggregate | man -l -\n"
              "\n"
              "  --markdown                 the option table of a README\n"
              "  --man                      a manual page\n",
      .options = "markdown man",
      .least_operands = 1,
      .most_operands = 1,
      .run = verb_plugin_info },
    { .name = "plugin new",
      .summary = "a project for a stage of your own",
      .usage = "plugin new NAME",
      .help = "  levada plugin new mask --kind transform\n"
              "  levada plugin new org.example.mask --kind sink --language c++\n"
              "\n"
              "Sources, tests, a pipeline and Debian packaging, in a new folder. NAME is the\n"
              "stage's id.\n"
              "\n"
              "  --kind KIND                source, transform, join, aggregate or sink\n"
              "  --language LANGUAGE        c (default), c++ or rust\n",
      .options = "kind language",
      .least_operands = 1,
      .most_operands = 1,
      .run = verb_plugin_new },
    { .name = "plugin test",
      .summary = "does a plugin keep the rules? exit code 1 if not",
      .usage = "plugin test FILE",
      .help = "  levada plugin test build/mask.so\n"
              "  levada plugin test build/mask.so --options example.conf --only data\n"
              "  levada plugin test build/mask.so --set mask.field=name --format tap\n"
              "\n"
              "Each case in a process of its own. FILE.conf beside FILE is read as --options is.\n"
              "\n"
              "  --options PIPELINE_FILE    its stages tell with which options\n"
              "  --set STAGE.OPTION=VALUE   as for run\n"
              "  --only CASE...             cases or groups of them: load,data.shared\n"
              "  --except CASE...           all but these\n"
              "  --seed NUMBER              the same random choices again\n"
              "  --format FORMAT            text (default), tap or junit\n"
              "  --in-process               all in one process, for a debugger\n",
      .options = "options set only except seed format in-process",
      .least_operands = 1,
      .most_operands = 1,
      .run = verb_plugin_test },
    { .name = "state ls",
      .summary = "what a checkpoint holds; also while it runs",
      .usage = "state ls DIR",
      .help = "  levada state ls state/crime_file\n"
              "  levada state ls --json state/crime_file | jq .stages\n",
      .least_operands = 1,
      .most_operands = 1,
      .run = verb_state_ls },
    { .name = "state get",
      .summary = "rows, keys or positions of a stage, as CSV",
      .usage = "state get DIR STAGE [PREFIX]",
      .help = "  levada state get state/crime_file windows --window 2018-12-31T23:00\n"
              "  levada state get state/crime_file windows 'Passing Call'\n"
              "  levada state get state/crime_file calls --json\n"
              "\n"
              "PREFIX is how a key begins, or the first group of a row.\n"
              "\n"
              "  --window TIME              rows of the window that starts then (UTC)\n",
      .options = "window",
      .least_operands = 2,
      .most_operands = 3,
      .run = verb_state_get },
    { .name = "state check",
      .summary = "is a checkpoint whole? exit code 65 if not",
      .usage = "state check DIR",
      .help = "  levada state check state/crime_file && echo whole\n",
      .least_operands = 1,
      .most_operands = 1,
      .run = verb_state_check },
    { .name = "state export",
      .summary = "a checkpoint as lines of JSON, for any machine",
      .usage = "state export DIR",
      .help = "  levada state export state/crime_file > crime_file.jsonl\n"
              "  levada state export state/crime_file | ssh host levada state import /var/lib/x\n"
              "\n"
              "One moment of it, also while the pipeline runs.\n",
      .least_operands = 1,
      .most_operands = 1,
      .run = verb_state_export },
    { .name = "state import",
      .summary = "an export becomes a checkpoint again",
      .usage = "state import DIR",
      .help = "  levada state import state/crime_file < crime_file.jsonl\n"
              "\n"
              "All of it or nothing. DIR is made if it is not there.\n"
              "\n"
              "  --force                    replaces what DIR holds\n",
      .options = "force",
      .least_operands = 1,
      .most_operands = 1,
      .run = verb_state_import },
    { .name = NULL },
};

static const char common_help[] =
    "  --plugin-dir DIR           plugins from here first; may be repeated\n"
    "  --settings FILE            in place of levada.conf, see levada.conf(5)\n"
    "  --log-level LEVEL          error, warn, info (default), debug or trace\n"
    "  --quiet                    errors only\n"
    "  --color WHEN               auto (default), always or never\n"
    "  --json                     output for machines\n"
    "  --help                     what a command does\n"
    "  --version                  of levada and of its plugin ABI\n";

/* What the build, the shells and the host itself ask for, and no user: no verb, no option, not in
 * the help. */
static bool
run_hidden(int argc, char **argv, int *code)
{
    static const struct isolation_hooks hooks = { &call_host, pipeline_check_options,
                                                  stage_options_fill };
    if (isolation_is_helper(argc, argv))
        *code = isolation_help(&hooks);
    else if (argc > 1 && strcmp(argv[1], "complete") == 0)
        *code = complete_words(verbs, common_help, argv + 2, (size_t)argc - 2);
    else if (argc == 3 && strcmp(argv[1], "manual") == 0)
        *code = manual_print(verbs, common_help, argv[2]);
    else
        return false;
    return true;
}

static void
print_verbs(const char *group)
{
    size_t n = group != NULL ? strlen(group) : 0;
    printf("Commands (levada COMMAND --help tells more):\n");
    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        if (n == 0 || (strncmp(verb->name, group, n) == 0 && verb->name[n] == ' '))
            printf("  %-28s %s\n", verb->usage, verb->summary);
    }
}

static int
print_help(const struct verb *verb, const char *group)
{
    if (group != NULL) {
        print_verbs(group);
        return 0;
    }
    if (verb != NULL) {
        printf("levada %s: %s\n\n%s%s", verb->usage, verb->summary, verb->help, common_help);
        return 0;
    }
    printf("levada: runs pipelines of stages from plugins\n\n"
           "  levada run pipelines/crime_file.conf --set calls.path=calls.json\n"
           "  levada check pipelines/crime_file.conf\n\n");
    print_verbs(NULL);
    printf(
        "\nOptions of every command:\n%s\n"
        "Exit codes: 0 done, 1 plugin test found faults, 64 usage, 65 bad data, 66 input missing,\n"
        "69 service unavailable, 70 a plugin or levada failed, 73 cannot create output, 74 I/O\n"
        "error, 75 locked by another process, 78 wrong configuration, 130 and 143 stopped by a\n"
        "second signal, 132 to 139 a plugin crashed: 128 and the number of the signal.\n",
        common_help);
    return 0;
}

int
cli_main(int argc, char **argv)
{
    struct arguments arguments;
    fault_install();
    fault_guard_thread();
    signal(SIGPIPE, SIG_IGN); /* who reads no further is no fault: told by the write */
    int code;
    if (run_hidden(argc, argv, &code))
        return output_finish(code);
    code = arguments_parse(&arguments, argc, argv, verbs);
    if (code == 0) {
        log_setup(arguments.log_level);
        if (arguments.version)
            printf("levada %s (plugin ABI %u.%u)\n", LEVADA_VERSION, LEVADA_ABI_MAJOR,
                   LEVADA_ABI_MINOR);
        else if (arguments.help || arguments.verb == NULL)
            code = print_help(arguments.verb, arguments.group);
        else
            code = arguments.verb->run(&arguments);
        if (arguments.verb == NULL && !arguments.help && !arguments.version)
            code = EX_USAGE;
    }
    arguments_finish(&arguments);
    return output_finish(code);
}
