/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_PLACES_H
#define HOST_CLI_PLACES_H

/*
 * Where what belongs to this levada lies: found from the place of the running binary, so that it
 * may be installed, or moved to, anywhere. In a build tree the plugins are beside the binary, and
 * there is no levada.conf.
 */

#include "config/settings.h"

#include <stdbool.h>
#include <stddef.h>

/* The folder of the plugins; false: the binary's own place cannot be found. */
bool places_plugins(char *folder, size_t n);

/* Likewise the templates of `levada plugin new`; whether they are installed is not said. */
bool places_templates(char *folder, size_t n);

/*
 * Reads the settings at @path, or with NULL the installed levada.conf. *settings is NULL where
 * there is none. False: mistakes, which are in @problems.
 */
bool places_load_settings(const char *path, struct settings **settings, struct problems *problems);

#endif
