/* SPDX-License-Identifier: Apache-2.0 */
#include "console_sink/java_double.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* value = d.ddd times ten to the exponent */
struct decimal {
    char digits[18]; /* at least two, no needless zeros behind them */
    int n, exponent;
};

/* From two digits on: of the decimals with one digit Java takes the nearest with two (4.9E-324). */
static struct decimal
shortest(double value)
{
    struct decimal decimal;
    char text[JAVA_DOUBLE_SIZE];
    int n = 2;

    snprintf(text, sizeof(text), "%.*e", n - 1, value);
    while (n < 17 && strtod(text, NULL) != value)
        snprintf(text, sizeof(text), "%.*e", ++n - 1, value);
    decimal.n = n;
    decimal.exponent = atoi(strchr(text, 'e') + 1);
    decimal.digits[0] = text[0];
    memcpy(decimal.digits + 1, text + 2, (size_t)n - 1);
    return decimal;
}

static size_t
plain(const struct decimal *decimal, char *buf)
{
    int point = decimal->exponent + 1; /* digits before it */
    char *p = buf;

    if (point <= 0)
        *p++ = '0';
    for (int k = 0; k < point; k++)
        *p++ = k < decimal->n ? decimal->digits[k] : '0';
    *p++ = '.';
    char *fraction = p;
    for (int k = point; k < 0; k++)
        *p++ = '0';
    for (int k = point < 0 ? 0 : point; k < decimal->n; k++)
        *p++ = decimal->digits[k];
    while (p > fraction && p[-1] == '0')
        p--;
    if (p == fraction)
        *p++ = '0';
    return (size_t)(p - buf);
}

static size_t
scientific(const struct decimal *decimal, char *buf)
{
    return (size_t)sprintf(buf, "%c.%.*sE%d", decimal->digits[0], decimal->n - 1,
                           decimal->digits + 1, decimal->exponent);
}

size_t
java_double(double value, char buf[JAVA_DOUBLE_SIZE])
{
    if (isnan(value))
        return (size_t)sprintf(buf, "NaN");

    size_t sign = signbit(value) ? 1 : 0;
    double size = fabs(value);
    buf[0] = '-';
    buf += sign;
    if (isinf(size))
        return sign + (size_t)sprintf(buf, "Infinity");
    if (size == 0)
        return sign + (size_t)sprintf(buf, "0.0");

    struct decimal decimal = shortest(size);
    return sign + (size >= 1e-3 && size < 1e7 ? plain(&decimal, buf) : scientific(&decimal, buf));
}
