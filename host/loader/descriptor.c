/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/descriptor.h"

#include <stdalign.h>
#include <stdbool.h>
#include <string.h>

/*
 * The structs as minor 0 of major 1 had them: nothing smaller was ever released. When a minor adds
 * members, these stay what they are.
 */
#define MODULE_SIZE_V1 (offsetof(struct levada_module, stages) + sizeof(void *))
#define STAGE_SIZE_V1 (offsetof(struct levada_stage, merge) + sizeof(void *))
#define OPTION_SIZE_V1 (offsetof(struct levada_option, item_size) + sizeof(uint32_t))

/* What no honest descriptor comes near. */
#define MAX_SIZE 4096u
#define MAX_PORTS 64u
#define MAX_SELF_SIZE (64u << 20)
#define MAX_GROUP_DEPTH 8u

/* Sizes come from the same compiler as the structs and keep their alignment. */
static bool
is_struct_size(uint32_t size, size_t at_least)
{
    return size >= at_least && size <= MAX_SIZE && size % alignof(void *) == 0;
}

static bool
is_zero(const void *bytes, size_t from, size_t to)
{
    const unsigned char *p = bytes;
    for (size_t i = from; i < to; i++) {
        if (p[i] != 0)
            return false;
    }
    return true;
}

/* Do the ids of @file, with a space between them, make @names? */
static bool
are_names(const struct plugin_file *file, const char *names)
{
    for (size_t i = 0; i < file->n_stages; i++) {
        size_t n = strlen(file->stages[i]);
        if (strncmp(names, file->stages[i], n) != 0)
            return false;
        names += n;
        if (*names != (i + 1 < file->n_stages ? ' ' : '\0'))
            return false;
        names++;
    }
    return true;
}

static levada_status
check_module_text(const struct levada_module *module, const struct plugin_file *file,
                  struct error *err)
{
    if (module->names == NULL || module->version == NULL || module->license == NULL)
        return error_set(err, LEVADA_FATAL, "expected names, version and licence, found none");
    if (!are_names(file, module->names))
        return error_set(
            err, LEVADA_FATAL,
            "expected the names that stand in its note, from \"%s\" on, found \"%.200s\"",
            file->stages[0], module->names);
    if (strcmp(module->version, file->version) != 0)
        return error_set(err, LEVADA_FATAL, "expected version %s as in its note, found %.100s",
                         file->version, module->version);
    return LEVADA_OK;
}

levada_status
descriptor_check_module(const struct levada_module *module, const struct plugin_file *file,
                        struct error *err)
{
    if (!is_struct_size(module->struct_size, MODULE_SIZE_V1))
        return error_set(err, LEVADA_FATAL, "expected a module of %zu bytes or more, found %u",
                         MODULE_SIZE_V1, module->struct_size);
    if (module->struct_size > sizeof(*module) &&
        !is_zero(module, sizeof(*module), module->struct_size))
        return error_set(err, LEVADA_FATAL,
                         "its module uses members that this levada does not know");
    if (module->abi_major != file->major || module->abi_need != file->need)
        return error_set(err, LEVADA_FATAL, "expected ABI %u.%u as in its note, found %u.%u",
                         file->major, file->need, module->abi_major, module->abi_need);
    if (module->n_stages != file->n_stages || module->stages == NULL)
        return error_set(err, LEVADA_FATAL, "expected the %zu stages of its note, found %u",
                         file->n_stages, module->stages == NULL ? 0 : module->n_stages);
    return check_module_text(module, file, err);
}

levada_status
descriptor_copy_stage(const struct levada_stage *theirs, struct levada_stage *ours,
                      struct error *err)
{
    uint32_t size = theirs->struct_size;
    if (!is_struct_size(size, STAGE_SIZE_V1))
        return error_set(err, LEVADA_FATAL, "expected a stage of %zu bytes or more, found %u",
                         STAGE_SIZE_V1, size);
    if (size > sizeof(*ours) && !is_zero(theirs, sizeof(*ours), size))
        return error_set(err, LEVADA_FATAL, "it uses members that this levada does not know");
    *ours = (struct levada_stage){ 0 };
    memcpy(ours, theirs, size < sizeof(*ours) ? size : sizeof(*ours));
    ours->struct_size = sizeof(*ours);
    return LEVADA_OK;
}

/* Capabilities, and the kinds of stage that may have them. */
static const struct {
    uint32_t cap, kind; /* kind 0: any */
    const char *name;
} capabilities[] = {
    { LEVADA_CAP_IDEMPOTENT, LEVADA_SINK, "LEVADA_CAP_IDEMPOTENT" },
    { LEVADA_CAP_TXN, LEVADA_SINK, "LEVADA_CAP_TXN" },
    { LEVADA_CAP_REPLAY, LEVADA_SOURCE, "LEVADA_CAP_REPLAY" },
    { LEVADA_CAP_TABLE, LEVADA_AGGREGATE, "LEVADA_CAP_TABLE" },
    { LEVADA_CAP_STATE, 0, "LEVADA_CAP_STATE" },
    { LEVADA_CAP_STDOUT, LEVADA_SINK, "LEVADA_CAP_STDOUT" },
};

static levada_status
check_capabilities(const struct levada_stage *stage, struct error *err)
{
    uint32_t unknown = stage->caps;
    for (size_t i = 0; i < sizeof(capabilities) / sizeof(*capabilities); i++) {
        unknown &= ~capabilities[i].cap;
        if ((stage->caps & capabilities[i].cap) != 0 && capabilities[i].kind != 0 &&
            capabilities[i].kind != stage->kind)
            return error_set(err, LEVADA_FATAL, "%s is not for a stage of kind %u",
                             capabilities[i].name, stage->kind);
    }
    if (unknown != 0)
        return error_set(err, LEVADA_FATAL, "unknown capability bits 0x%x", unknown);
    if (stage->rows != NULL && (stage->caps & LEVADA_CAP_TABLE) == 0)
        return error_set(err, LEVADA_FATAL, "rows() needs LEVADA_CAP_TABLE");
    if (stage->merge != NULL && (stage->caps & LEVADA_CAP_TABLE) == 0)
        return error_set(err, LEVADA_FATAL, "merge() needs LEVADA_CAP_TABLE");
    return LEVADA_OK;
}

static levada_status
check_callbacks(const struct levada_stage *stage, struct error *err)
{
    if (stage->kind == LEVADA_SOURCE && stage->poll == NULL)
        return error_set(err, LEVADA_FATAL, "a source needs poll(), found none");
    if (stage->kind != LEVADA_SOURCE && stage->process == NULL)
        return error_set(err, LEVADA_FATAL, "expected process(), found none");
    return LEVADA_OK;
}

static levada_status
check_output_names(const struct levada_stage *stage, struct error *err)
{
    if (stage->output_names == NULL)
        return stage->n_outputs < 2
                   ? LEVADA_OK
                   : error_set(err, LEVADA_FATAL, "%u outputs need names, found none",
                               stage->n_outputs);
    for (uint32_t i = 0; i < stage->n_outputs; i++) {
        const char *name = stage->output_names[i];
        if (name == NULL || name[0] == '\0')
            return error_set(err, LEVADA_FATAL, "output %u has no name", i);
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(name, stage->output_names[j]) == 0)
                return error_set(err, LEVADA_FATAL, "two outputs are called \"%s\"", name);
        }
    }
    return LEVADA_OK;
}

static levada_status
check_ports(const struct levada_stage *stage, struct error *err)
{
    if (stage->n_inputs > MAX_PORTS || stage->n_outputs > MAX_PORTS)
        return error_set(err, LEVADA_FATAL,
                         "expected at most %u ports, found %u inputs, %u outputs", MAX_PORTS,
                         stage->n_inputs, stage->n_outputs);
    if (stage->kind == LEVADA_SOURCE && stage->n_inputs != 0)
        return error_set(err, LEVADA_FATAL, "a source has no inputs, found %u", stage->n_inputs);
    if (stage->kind == LEVADA_SINK && stage->n_outputs != 0)
        return error_set(err, LEVADA_FATAL, "a sink has no outputs, found %u", stage->n_outputs);
    if ((stage->caps & LEVADA_CAP_TABLE) != 0 && stage->n_outputs > 1)
        return error_set(err, LEVADA_FATAL,
                         "the outputs of a stage with LEVADA_CAP_TABLE are the host's, found %u",
                         stage->n_outputs);
    return check_output_names(stage, err);
}

/* Members of a row that this host does not know have to be zero; in groups and lists too. */
static levada_status
check_row_tails(const struct levada_option *rows, uint32_t n, uint32_t stride, unsigned depth,
                struct error *err)
{
    if (depth > MAX_GROUP_DEPTH)
        return error_set(err, LEVADA_FATAL, "its options are nested more than %u deep",
                         MAX_GROUP_DEPTH);
    for (uint32_t i = 0; i < n; i++) {
        const struct levada_option *row = (const void *)((const char *)rows + (size_t)i * stride);
        if (!is_zero(row, sizeof(*row), stride))
            return error_set(err, LEVADA_FATAL,
                             "its option row %u uses members that this levada does not know", i);
        if (row->n_children > 0 && row->children == NULL)
            return error_set(err, LEVADA_FATAL, "its option row %u has %u children, found none", i,
                             row->n_children);
        levada_status status =
            check_row_tails(row->children, row->n_children, stride, depth + 1, err);
        if (status != LEVADA_OK)
            return status;
    }
    return LEVADA_OK;
}

static levada_status
check_option_rows(const struct levada_stage *stage, struct error *err)
{
    if (stage->n_options == 0)
        return LEVADA_OK;
    if (stage->options == NULL)
        return error_set(err, LEVADA_FATAL, "expected %u option rows, found none",
                         stage->n_options);
    if (!is_struct_size(stage->option_stride, OPTION_SIZE_V1))
        return error_set(err, LEVADA_FATAL, "expected option rows of %zu bytes or more, found %u",
                         OPTION_SIZE_V1, stage->option_stride);
    return check_row_tails(stage->options, stage->n_options, stage->option_stride, 1, err);
}

levada_status
descriptor_check_stage(const struct levada_stage *stage, const char *id, struct error *err)
{
    if (stage->id == NULL || strcmp(stage->id, id) != 0)
        return error_set(err, LEVADA_FATAL,
                         "expected the id \"%s\" as in its note, found \"%.100s\"", id,
                         stage->id != NULL ? stage->id : "");
    if (stage->kind < LEVADA_SOURCE || stage->kind > LEVADA_SINK)
        return error_set(err, LEVADA_FATAL, "expected a kind from %u to %u, found %u",
                         LEVADA_SOURCE, LEVADA_SINK, stage->kind);
    if (stage->summary == NULL || stage->summary[0] == '\0')
        return error_set(err, LEVADA_FATAL, "expected a summary, found none");
    if (stage->self_size > MAX_SELF_SIZE)
        return error_set(err, LEVADA_FATAL, "expected an instance of at most %u bytes, found %u",
                         MAX_SELF_SIZE, stage->self_size);
    if (stage->reserved != 0)
        return error_set(err, LEVADA_FATAL, "expected 0 in a reserved member, found %u",
                         stage->reserved);

    levada_status (*const checks[])(const struct levada_stage *,
                                    struct error *) = { check_callbacks, check_capabilities,
                                                        check_ports, check_option_rows };
    for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
        levada_status status = checks[i](stage, err);
        if (status != LEVADA_OK)
            return status;
    }
    return LEVADA_OK;
}
