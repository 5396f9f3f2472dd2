/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFIG_SECRET_H
#define HOST_CONFIG_SECRET_H

/*
 * References in texts: ${env:NAME}, ${env:NAME:-DEFAULT}, ${file:PATH} and ${cred:NAME}, a file of
 * systemd's LoadCredential. $${ is a literal ${. What they give is never printed.
 */

#include "base/error.h"

#include <stdbool.h>

struct arena;

struct secret_context {
    struct arena *arena;
    const char *folder; /* relative paths start here */
    bool allowed;       /* false: text from elsewhere, where any reference is an error */
};

/*
 * @text with its references resolved, or @text itself where it has none; *@is_secret tells which.
 * NULL and a sentence, which shows no value, where one cannot be resolved.
 */
char *secret_resolve(const struct secret_context *context, char *text, bool *is_secret,
                     struct error *err);

/* Does the name of a value say that it is a secret: "sasl_password", "ssl_key_pem"? */
bool secret_is_named(const char *name);

#endif
