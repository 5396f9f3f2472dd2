/* SPDX-License-Identifier: Apache-2.0 */
#include "cast.h"

#include <errno.h>
#include <levada/helpers.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const type_names[] = { "int", "float", "string", "bool", "time" };

enum cast_type
cast_type_of(const char *word)
{
    unsigned type = CAST_INT;
    while (type < CAST_UNKNOWN && strcmp(word, type_names[type]) != 0)
        type++;
    return (enum cast_type)type;
}

const char *
cast_type_name(enum cast_type type)
{
    return type_names[type];
}

#define MAX_NUMBER                                                                                 \
    400 /* bytes of a number in text; the longest exact double has 310 before its point */

/* The text of @value as a C string that may be a number: no blanks, no hexadecimal, no "inf". */
static bool
copy_number(const struct levada_scalar *value, char text[MAX_NUMBER])
{
    if (value->len == 0 || value->len >= MAX_NUMBER)
        return false;
    memcpy(text, value->u.s, value->len);
    text[value->len] = '\0';
    return strspn(text, "0123456789+-.eE") == value->len;
}

static bool
text_to_int(const struct levada_scalar *value, struct levada_scalar *out)
{
    char text[MAX_NUMBER], *end;
    if (!copy_number(value, text))
        return false;
    errno = 0;
    out->type = LEVADA_T_I64;
    out->u.i = strtoll(text, &end, 10);
    return *end == '\0' && end != text && errno == 0;
}

static bool
text_to_float(const struct levada_scalar *value, struct levada_scalar *out)
{
    char text[MAX_NUMBER], *end;
    if (!copy_number(value, text))
        return false;
    out->type = LEVADA_T_F64;
    out->u.f = strtod(text, &end);
    return *end == '\0' && end != text && isfinite(out->u.f);
}

static bool
text_to_bool(const struct levada_scalar *value, struct levada_scalar *out)
{
    static const struct {
        const char *word;
        int64_t value;
    } words[] = { { "true", 1 }, { "false", 0 }, { "1", 1 }, { "0", 0 } };
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (value->len != strlen(words[i].word) ||
            strncasecmp(value->u.s, words[i].word, value->len) != 0)
            continue;
        out->type = LEVADA_T_BOOL;
        out->u.i = words[i].value;
        return true;
    }
    return false;
}

static bool
to_int(const struct levada_scalar *value, struct levada_scalar *out)
{
    if (value->type == LEVADA_T_STR)
        return text_to_int(value, out);
    out->type = LEVADA_T_I64;
    if (value->type == LEVADA_T_F64) {
        double f = value->u.f;
        if (!(f >= -0x1p63 && f < 0x1p63) || f != floor(f))
            return false;
        out->u.i = (int64_t)f;
        return true;
    }
    out->u.i = value->u.i;
    return value->type == LEVADA_T_I64 || value->type == LEVADA_T_BOOL ||
           value->type == LEVADA_T_TIME;
}

static bool
to_float(const struct levada_scalar *value, struct levada_scalar *out)
{
    if (value->type == LEVADA_T_STR || value->type == LEVADA_T_NUM)
        return text_to_float(value, out);
    out->type = LEVADA_T_F64;
    out->u.f = value->type == LEVADA_T_F64 ? value->u.f : (double)value->u.i;
    return value->type == LEVADA_T_F64 || value->type == LEVADA_T_I64 ||
           value->type == LEVADA_T_BOOL || value->type == LEVADA_T_TIME;
}

static bool
to_bool(const struct levada_scalar *value, struct levada_scalar *out)
{
    if (value->type == LEVADA_T_STR)
        return text_to_bool(value, out);
    double number = value->type == LEVADA_T_BOOL ? (double)value->u.i : levada_f64(value, -1);
    out->type = LEVADA_T_BOOL;
    out->u.i = number == 1;
    return number == 0 || number == 1;
}

bool
cast_value(enum cast_type type, const struct levada_scalar *value, struct levada_scalar *out)
{
    struct levada_scalar result = { .type = value->type };
    bool done = value->type <= LEVADA_T_NULL || (type == CAST_INT && to_int(value, &result)) ||
                (type == CAST_FLOAT && to_float(value, &result)) ||
                (type == CAST_BOOL && to_bool(value, &result));
    if (done)
        *out = result;
    return done;
}

uint32_t
cast_whole_characters(const char *text, uint64_t n, uint32_t most)
{
    if (n <= most)
        return (uint32_t)n;
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    return most;
}
