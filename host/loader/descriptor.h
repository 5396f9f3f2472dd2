/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_LOADER_DESCRIPTOR_H
#define HOST_LOADER_DESCRIPTOR_H

/*
 * What a module says of itself once its code runs, judged against its note and the rules of
 * levada/plugin.h. These checks find mistakes, not malice: the code is in the process already.
 * All failures are LEVADA_FATAL and say what was expected and what was found.
 */

#include "loader/loader.h"

/* Numbers, names and version as in the note of @file; as many stages as names. */
levada_status descriptor_check_module(const struct levada_module *module,
                                      const struct plugin_file *file, struct error *err);

/*
 * @theirs, of whatever size its author's header had, as a whole struct of this host's size. Refuses
 * one that is too small for major 1, or that uses members which this host does not know (R2).
 */
levada_status descriptor_copy_stage(const struct levada_stage *theirs, struct levada_stage *ours,
                                    struct error *err);

/* All that one stage by itself can get wrong, but for the meaning of its option rows. */
levada_status descriptor_check_stage(const struct levada_stage *stage, const char *id,
                                     struct error *err);

#endif
