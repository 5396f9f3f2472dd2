/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "record/json_text.h"
#include "record/value_number.h"

/* A number as digits * 10^exponent, without zeros at the end, its sign left out. */
struct decimal {
    uint64_t digits;
    int64_t exponent;
    bool fits; /* else digits are missing */
};

static int64_t
read_exponent(const char *text, const char *end)
{
    bool negative = *text == '-';
    int64_t value = 0;
    for (text += *text == '-' || *text == '+'; text < end; text++)
        if (value < 1000000) /* far beyond any double */
            value = value * 10 + (*text - '0');
    return negative ? -value : value;
}

static struct decimal
decimal_of(const char *text, size_t n)
{
    struct decimal decimal = { .fits = true };
    bool point = false;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (c == 'e' || c == 'E') {
            decimal.exponent += read_exponent(text + i + 1, text + n);
            break;
        }
        if (c == '-')
            continue;
        if (c == '.') {
            point = true;
        } else if (decimal.digits > (UINT64_MAX - 9) / 10) {
            decimal.fits = decimal.fits && c == '0';
            decimal.exponent += !point;
        } else {
            decimal.digits = decimal.digits * 10 + (uint64_t)(c - '0');
            decimal.exponent -= point;
        }
    }
    for (; decimal.digits != 0 && decimal.digits % 10 == 0; decimal.digits /= 10)
        decimal.exponent++;
    if (decimal.digits == 0)
        decimal.exponent = 0;
    return decimal;
}

/*
 * A double stands for the number as written if it would be written so again: the digits of its
 * shortest form are the number's own. Up to 15 digits always are.
 */
static bool
is_exact(const char *text, uint32_t n, double value)
{
    struct decimal written = decimal_of(text, n);
    if (!written.fits)
        return false;
    if (written.digits < UINT64_C(1000000000000000) && written.exponent > -290 &&
        written.exponent < 290)
        return true;
    char shortest[32];
    struct decimal read = decimal_of(shortest, number_shortest(value, shortest));
    return read.digits == written.digits && read.exponent == written.exponent;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *
skip_digits(const char *text, const char *end)
{
    while (text < end && is_digit(*text))
        text++;
    return text;
}

/* Fraction and exponent, from behind the integer part; the end of what is well formed. */
static const char *
skip_fraction(const char *text, const char *end)
{
    if (text < end && *text == '.') {
        const char *digits = text + 1;
        text = skip_digits(digits, end);
        if (text == digits)
            return NULL;
    }
    if (text < end && (*text == 'e' || *text == 'E')) {
        const char *digits = text + 1;
        if (digits < end && (*digits == '+' || *digits == '-'))
            digits++;
        text = skip_digits(digits, end);
        if (text == digits)
            return NULL;
    }
    return text;
}

/* @digits, at most 19 of them, so that they fit 64 bits. */
static bool
read_integer(const char *digits, const char *end, bool negative, int64_t *value)
{
    uint64_t sum = 0;
    if (end - digits > 19)
        return false;
    for (; digits < end; digits++)
        sum = sum * 10 + (uint64_t)(*digits - '0');
    if (sum > (uint64_t)INT64_MAX + negative)
        return false;
    *value = (int64_t)(negative ? 0 - sum : sum);
    return true;
}

bool
json_number(const char *text, uint32_t n, struct levada_scalar *value)
{
    const char *end = text + n;
    bool negative = n > 0 && *text == '-';
    const char *digits = text + negative, *whole = skip_digits(digits, end);
    if (whole == digits || (*digits == '0' && whole > digits + 1))
        return false;
    if (skip_fraction(whole, end) != end)
        return false;

    value->len = 0;
    value->type = LEVADA_T_I64;
    if (whole == end && read_integer(digits, end, negative, &value->u.i))
        return true;
    double nearest;
    if (number_read(text, n, &nearest) && is_exact(text, n, nearest)) {
        value->type = LEVADA_T_F64;
        value->u.f = nearest;
        return true;
    }
    value->type = LEVADA_T_NUM;
    value->len = n;
    value->u.s = text;
    return true;
}
