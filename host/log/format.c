/* SPDX-License-Identifier: Apache-2.0 */
#include "log/format.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Text in the making; what does not fit is cut. */
struct facts {
    char *text;
    size_t n, room; /* room: without the NUL */
};

static void
add(struct facts *facts, char c)
{
    if (facts->n < facts->room)
        facts->text[facts->n++] = c;
}

static void
add_text(struct facts *facts, const char *text, size_t n, bool quoted)
{
    for (size_t i = 0; i < n; i++) {
        if (quoted && (text[i] == '"' || text[i] == '\\'))
            add(facts, '\\');
        add(facts, text[i]);
    }
}

/* A conversion of the format: "%-8.3s" in its parts. */
struct conversion {
    char spec[32]; /* up to its letter, stars replaced */
    int precision; /* -1: none */
    int n_long;    /* l: 1, ll: 2, z: as long as a size_t */
    char letter;
};

static bool
is_part(char c)
{
    return c != '\0' && strchr("-+ #0123456789.*lz", c) != NULL;
}

/* Behind the '%' at @format; returns what follows the conversion. */
static const char *
parse(const char *format, struct conversion *conversion, va_list *args)
{
    size_t n = 0;
    *conversion = (struct conversion){ .precision = -1 };
    conversion->spec[n++] = '%';
    for (; is_part(*format); format++) {
        if (*format == '*') {
            n += (size_t)snprintf(conversion->spec + n, 12, "%d", va_arg(*args, int));
            continue;
        }
        conversion->n_long += *format == 'l' ? 1 : *format == 'z' ? 2 : 0;
        if (n < 18)
            conversion->spec[n++] = *format;
    }
    conversion->letter = *format;
    conversion->spec[n++] = *format;
    conversion->spec[n] = '\0';
    const char *point = strchr(conversion->spec, '.');
    if (point != NULL)
        sscanf(point + 1, "%d", &conversion->precision);
    return *format != '\0' ? format + 1 : format;
}

static void
add_string(struct facts *facts, const struct conversion *conversion, const char *text, bool quoted)
{
    if (text == NULL)
        text = "(null)";
    size_t n =
        conversion->precision >= 0 ? strnlen(text, (size_t)conversion->precision) : strlen(text);
    add_text(facts, text, n, quoted);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* parts of a format that was checked */
static void
add_number(struct facts *facts, const struct conversion *conversion, va_list *args)
{
    char text[512] = "";
    if (strchr("fgeE", conversion->letter) != NULL)
        snprintf(text, sizeof(text), conversion->spec, va_arg(*args, double));
    else if (conversion->letter == 'p')
        snprintf(text, sizeof(text), conversion->spec, va_arg(*args, void *));
    else if (conversion->n_long == 2)
        snprintf(text, sizeof(text), conversion->spec, va_arg(*args, long long));
    else if (conversion->n_long == 1)
        snprintf(text, sizeof(text), conversion->spec, va_arg(*args, long));
    else
        snprintf(text, sizeof(text), conversion->spec, va_arg(*args, int));
    add_text(facts, text, strlen(text), false);
}
#pragma GCC diagnostic pop

void
format_facts(char *text, size_t n, const char *format, va_list args)
{
    struct facts facts = { text, 0, n - 1 };
    bool quoted = false;
    va_list left;
    va_copy(left, args);
    while (*format != '\0') {
        struct conversion conversion;
        char c = *format++;
        if (c != '%' || *format == '%') {
            add(&facts, c);
            quoted ^= c == '"';
            format += c == '%';
            continue;
        }
        format = parse(format, &conversion, &left);
        if (conversion.letter == 's')
            add_string(&facts, &conversion, va_arg(left, const char *), quoted);
        else if (conversion.letter != '\0')
            add_number(&facts, &conversion, &left);
    }
    va_end(left);
    text[facts.n] = '\0';
}
