/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_HOST_CONFIG_FILES_H
#define TESTS_UNIT_HOST_CONFIG_FILES_H

/* Pipeline files in a folder of the test's own, which is the working folder while it runs. */

#include "config/config.h"

int files_setup(void **state);
int files_teardown(void **state);

/* The folder, absolute. */
const char *files_folder(void);

void files_write(const char *name, const char *text);
void files_write_bytes(const char *name, const char *bytes, size_t n);

/* Loads "p.conf" as it was written, or as @text; asserts that exactly @expected is reported. */
struct config *files_load(const char *expected);
struct config *files_load_text(const char *text, const char *expected);

/* Asserts what the problems print, and empties them. */
void assert_reports(struct problems *problems, const char *expected);

/* The problems of @text, and no config kept. */
void assert_text_reports(const char *text, const char *expected);

/* A pipeline file with one stage that has these settings. */
const char *stage_with(const char *settings);

#endif
