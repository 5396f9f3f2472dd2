/* SPDX-License-Identifier: Apache-2.0 */
#include "config/secret.h"

#include "base/arena.h"
#include "base/strbuf.h"
#include "config/text_file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    LARGEST_FILE = 64 * 1024,
};

static bool
has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static levada_status
add_file(const struct secret_context *context, struct strbuf *value, const char *folder,
         const char *path, struct error *err)
{
    struct strbuf full = { 0 };
    struct text_file file;
    if (path[0] != '/')
        strbuf_printf(&full, "%s/", folder);
    strbuf_str(&full, path);
    levada_status status = strbuf_failed(&full) ? error_set(err, LEVADA_FATAL, "out of memory")
                                                : text_file_read(&file, strbuf_text(&full),
                                                                 LARGEST_FILE, context->arena, err);
    strbuf_finish(&full);
    if (status != LEVADA_OK)
        return status;
    if (file.n > 0 && file.text[file.n - 1] == '\n')
        file.n--;
    strbuf_add(value, file.text, file.n);
    return LEVADA_OK;
}

static levada_status
add_environment(struct strbuf *value, char *name, struct error *err)
{
    char *fallback = strstr(name, ":-");
    if (fallback != NULL) {
        *fallback = '\0';
        fallback += 2;
    }
    const char *found = getenv(name);
    if (fallback != NULL && (found == NULL || *found == '\0'))
        found = fallback;
    if (found == NULL)
        return error_set(err, LEVADA_CONFIG, "the environment has no variable \"%s\"", name);
    strbuf_str(value, found);
    return LEVADA_OK;
}

static levada_status
add_credential(const struct secret_context *context, struct strbuf *value, const char *name,
               struct error *err)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (folder == NULL || *folder == '\0')
        return error_set(err, LEVADA_CONFIG,
                         "there are no credentials: CREDENTIALS_DIRECTORY is not set");
    if (*name == '\0' || *name == '.' || strchr(name, '/') != NULL)
        return error_set(err, LEVADA_CONFIG, "\"%s\" is not the name of a credential", name);
    levada_status status = add_file(context, value, folder, name, err);
    return status == LEVADA_OK ? status : error_in(err, "credential \"%s\"", name);
}

/* @reference: what stands between the braces; may be changed. */
static levada_status
add_reference(const struct secret_context *context, struct strbuf *value, char *reference,
              struct error *err)
{
    if (!context->allowed)
        return error_set(err, LEVADA_CONFIG, "references such as ${env:NAME} are not allowed here");
    if (has_prefix(reference, "env:"))
        return add_environment(value, reference + 4, err);
    if (has_prefix(reference, "cred:"))
        return add_credential(context, value, reference + 5, err);
    if (has_prefix(reference, "file:")) {
        levada_status status = add_file(context, value, context->folder, reference + 5, err);
        return status == LEVADA_OK ? status : error_in(err, "\"%s\"", reference + 5);
    }
    return error_set(err, LEVADA_CONFIG,
                     "\"${%s}\" is no reference: known are ${env:NAME}, ${file:PATH} and "
                     "${cred:NAME}; a literal \"${\" is written \"$${\"",
                     reference);
}

static levada_status
resolve(const struct secret_context *context, const char *text, struct strbuf *value,
        bool *is_secret, struct error *err)
{
    while (*text != '\0') {
        if (has_prefix(text, "$${")) {
            strbuf_str(value, "${");
            text += 3;
            continue;
        }
        if (!has_prefix(text, "${")) {
            strbuf_char(value, *text++);
            continue;
        }
        const char *end = strchr(text, '}');
        if (end == NULL)
            return error_set(err, LEVADA_CONFIG, "a reference \"${\" without its '}'");
        char *reference = arena_copy(context->arena, text + 2, (size_t)(end - text) - 2);
        if (reference == NULL)
            return error_set(err, LEVADA_FATAL, "out of memory");
        levada_status status = add_reference(context, value, reference, err);
        if (status != LEVADA_OK)
            return status;
        *is_secret = true;
        text = end + 1;
    }
    return LEVADA_OK;
}

char *
secret_resolve(const struct secret_context *context, char *text, bool *is_secret, struct error *err)
{
    *is_secret = false;
    if (strstr(text, "${") == NULL)
        return text;

    struct strbuf value = { 0 };
    char *copy = NULL;
    if (resolve(context, text, &value, is_secret, err) == LEVADA_OK) {
        if (!strbuf_failed(&value))
            copy = arena_copy(context->arena, strbuf_text(&value), value.n);
        if (copy == NULL)
            error_set(err, LEVADA_FATAL, "out of memory");
    }
    strbuf_finish(&value);
    return copy;
}

bool
secret_is_named(const char *name)
{
    static const char *const parts[] = {
        "password", "secret", "token", "credential", "_pem", "jaas"
    };
    if (strcasecmp(name, "ssl_ca_pem") == 0 || strcasecmp(name, "ssl_certificate_pem") == 0)
        return false; /* what is shown to everybody who connects */
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (strcasestr(name, parts[i]) != NULL)
            return true;
    }
    return false;
}
