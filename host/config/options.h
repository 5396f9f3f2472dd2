/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFIG_OPTIONS_H
#define HOST_CONFIG_OPTIONS_H

/*
 * Option rows (levada/plugin.h) against settings: parse, check, fill the default, report with file
 * and line, print, describe. Each option is declared once, in its row; everything here follows from
 * it.
 */

#include "config/config.h"

#include <levada/plugin.h>
#include <stdio.h>

/* Some rows; @stride is the size of a row as its author compiled it. */
struct option_table {
    const struct levada_option *rows;
    uint32_t n, stride;
};

/* Row @i, however large its author's rows are; members that the author's struct lacks read as 0. */
struct levada_option option_table_row(const struct option_table *table, uint32_t i);

/*
 * Are the rows sane: names unique, legal and no word of the host (name plugin from errors
 * isolation, stage_*); known types; sizes that fit the type; defaults inside their own rule? For
 * the loader.
 * @self_size: every place lies inside it.
 */
levada_status option_table_check(const struct option_table *table, uint32_t self_size,
                                 struct error *err);

/* How option values that are field paths become pointers. */
struct option_context {
    /*
     * Compiles a path; NULL and a sentence in @err where @text is none. @row: for its flags. May be
     * NULL where no row is a PATH.
     */
    const struct levada_path *(*compile)(void *user, const struct levada_option *row,
                                         const char *text, struct error *err);
    void *user;
    const char *stage; /* for messages */
    struct place at;   /* of the stage: where a missing option is reported */
    struct problems *problems;
    struct arena *arena; /* texts and lists live here */
    /* Names that are read elsewhere but may be what a user meant; ends in NULL. NULL, in a stage:
       the words of the host. */
    const char *const *words;
};

/*
 * Fills @self from @settings (a GROUP) by the rows of several tables, the first of which has a name
 * wins: a stage's own, then those of the host's table. Every leftover name is an error with a
 * suggestion. An absent GROUP gives its members their defaults and demands none of them. A row with
 * size 0 only gives another default (and help) to a row of the same name in a later table.
 * @selves: where each table's values go. Returns true without a new error.
 */
bool options_fill(const struct option_table *tables, void *const *selves, size_t n_tables,
                  const struct setting *settings, const struct option_context *context);

/* Prints the effective options as a pipeline file holds them, one a line; secrets as <secret>. */
void options_print(const struct option_table *tables, size_t n_tables,
                   const struct setting *settings, FILE *out, unsigned indent);

/* A text in quotes, as a pipeline file holds it. */
void options_print_text(const char *text, FILE *out);

/* A manual of the options: name, type, default, rule, help. */
void options_describe(const struct option_table *tables, size_t n_tables, FILE *out);
/* A JSON array on one line, without a newline behind it. */
void options_describe_json(const struct option_table *tables, size_t n_tables, FILE *out);
/* The table of a README or a page of the manual: | option | type | default | what it does | */
void options_describe_markdown(const struct option_table *tables, size_t n_tables, FILE *out);
/* The paragraphs of a manual page's section, for man(7). */
void options_describe_man(const struct option_table *tables, size_t n_tables, FILE *out);
/* @text in such a page. */
void options_print_man_text(const char *text, FILE *out);

#endif
