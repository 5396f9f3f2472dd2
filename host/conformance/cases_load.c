/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/cases.h"

#include "config/options.h"
#include "conformance/capture.h"
#include "conformance/surroundings.h"
#include "conformance/verdict.h"
#include "loader/object.h"

#include <stdio.h>
#include <string.h>

#define ENTRY "levada_module_v1"

static void
has_a_note(struct rig *rig)
{
    plugin_file_read(rig->file, &rig->plugin);
    if (rig->plugin.problem.status != LEVADA_OK)
        verdict_fault("note", "%s", rig->plugin.problem.text);
}

/* False: told. */
static bool
read_object(struct rig *rig, struct object *object)
{
    struct error err = { .status = LEVADA_OK };
    if (object_read(rig->file, object, &err) == LEVADA_OK)
        return true;
    verdict_fault("note", "%s", err.text);
    object_finish(object);
    return false;
}

static void
exports_its_entry_alone(struct rig *rig)
{
    struct object object;
    bool found = false;
    if (!read_object(rig, &object))
        return;
    for (size_t i = 0; i < object.n_exports; i++) {
        if (strcmp(object.exports[i], ENTRY) == 0)
            found = true;
        else
            verdict_fault("exports",
                          "exports %s beside its entry; -fvisibility=hidden keeps names inside",
                          object.exports[i]);
    }
    if (!found)
        verdict_fault("exports", "does not export " ENTRY);
    object_finish(&object);
}

static void
is_hardened(struct rig *rig)
{
    struct object object;
    if (!read_object(rig, &object))
        return;
    if (object.executable_stack)
        verdict_fault("stack", "wants a stack that can be executed; link with -z noexecstack");
    if (object.text_relocations)
        verdict_fault("relocations", "has relocations in its code; compile with -fPIC");
    object_finish(&object);
}

static void
names_its_libraries(struct rig *rig)
{
    struct error err = { .status = LEVADA_OK };
    struct object object;
    if (!read_object(rig, &object))
        return;
    if (object_check_imports(&object, rig->file, &err) != LEVADA_OK)
        verdict_fault("symbols", "%s", err.text);
    object_finish(&object);
}

static void
load_and_compare(void *argument)
{
    struct surroundings before;
    surroundings_note(&before);
    if (rig_open(argument))
        surroundings_compare(&before);
}

static void
loads(struct rig *rig)
{
    capture_nothing(load_and_compare, rig, "loaded");
}

static void
says_what_it_is(struct rig *rig)
{
    if (!rig_open(rig))
        return;
    if (rig->module.plugins[0].license == NULL || rig->module.plugins[0].license[0] == '\0')
        verdict_fault("descriptor", "names no licence");
    for (size_t s = 0; s < rig->plugin.n_stages; s++) {
        const struct levada_stage *op = rig->module.plugins[s].stage;
        const struct option_table table = { op->options, op->n_options, op->option_stride };
        for (uint32_t i = 0; i < op->n_options; i++) {
            const struct levada_option row = option_table_row(&table, i);
            if (row.size > 0 && (row.help == NULL || row.help[0] == '\0'))
                verdict_fault("descriptor", "stage \"%s\": option \"%s\" has no help", op->id,
                              row.name);
        }
    }
}

const struct test_case cases_load[] = {
    { "load.note", "has a note that this levada can read", CASE_OF_FILE, true, has_a_note },
    { "load.exports", "exports its entry and nothing else", CASE_OF_FILE, false,
      exports_its_entry_alone },
    { "load.hardened", "needs no executable stack and no writable code", CASE_OF_FILE, false,
      is_hardened },
    { "load.symbols", "names the libraries that it needs", CASE_OF_FILE, true,
      names_its_libraries },
    { "load.opens", "loads without a trace, and is what its note says", CASE_OF_FILE, true, loads },
    { "load.descriptor", "tells its licence and what its options are for", CASE_OF_FILE, false,
      says_what_it_is },
    { .name = NULL },
};
