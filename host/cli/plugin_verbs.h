/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_PLUGIN_VERBS_H
#define HOST_CLI_PLUGIN_VERBS_H

/* The verbs of `levada plugin`. All return the exit code. */

#include "cli/arguments.h"

struct loader;

/*
 * One line a stage, by the notes of the files alone; files that cannot be used as warnings on
 * stderr, or with @json, one object a line, in the member "problem".
 */
int plugin_list(const struct loader *loader, bool json);

enum plugin_info_format {
    PLUGIN_INFO_TEXT,
    PLUGIN_INFO_JSON,
    PLUGIN_INFO_MARKDOWN, /* its options, as a table */
    PLUGIN_INFO_MAN,      /* a page for man(7) */
};

/* The manual of a stage, from its descriptor and option rows. Loads its module. */
int plugin_info(struct loader *loader, const char *name, enum plugin_info_format format);

/*
 * A project for a stage of one's own, in a new folder that is called as the last word of its id.
 * @language: NULL is "c". Nothing that exists is touched.
 */
int plugin_new(const char *id, const char *kind, const char *language);

/* The conformance suite on the file that is the first operand. 1: it found faults. */
int plugin_test(const struct arguments *arguments);

#endif
