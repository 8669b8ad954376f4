#include "common/proto/json_number.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t json_unsigned_text(char to[JSON_NUMBER_TEXT], uint64_t value)
{
    char digits[20];
    size_t n = 0;
    do
        digits[n++] = (char)('0' + value % 10);
    while (value /= 10);
    for (size_t i = 0; i < n; i++)
        to[i] = digits[n - 1 - i];
    to[n] = '\0';
    return n;
}

static size_t print_slowly(char to[JSON_NUMBER_TEXT], double value)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(to, JSON_NUMBER_TEXT, "%.*g", digits, value);
        if (digits == 17 || strtod(to, NULL) == value)
            break;
    }
    return strlen(to);
}

/* ---- from 1e-4 to 1e15: value = mantissa / 2^shift, and all that follows fits 128 bits ---- */

enum { MOST_DIGITS = 17, LEAST_EXPONENT = -4, MOST_TENS = MOST_DIGITS - 1 - LEAST_EXPONENT };

__extension__ typedef unsigned __int128 wide;

struct split {
    uint64_t mantissa; /* 2^52 to 2^53 - 1 */
    int shift;         /* 3 to 66 */
};

static wide power_of_ten(int n)
{
    static const uint64_t powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
        10000000000 };
    assert(n >= 0 && n <= MOST_TENS);
    return n <= 10 ? powers[n] : (wide)powers[10] * powers[n - 10];
}

/* mantissa * 10^tens / 2^shift, to the nearest, half to even: what printf rounds to. */
static uint64_t scale(const struct split *v, int tens)
{
    wide whole = v->mantissa * power_of_ten(tens), half = (wide)1 << (v->shift - 1);
    uint64_t down = (uint64_t)(whole >> v->shift);
    wide rest = whole - ((wide)down << v->shift);
    return down + (rest > half || (rest == half && (down & 1)));
}

/* Is decimal / 10^tens nearer to v than to any other double? */
static bool reads_back(const struct split *v, uint64_t decimal, int tens)
{
    wide one = power_of_ten(tens), is = v->mantissa * one, said = (wide)decimal << v->shift;
    wide twice = 2 * (said > is ? said - is : is - said);
    return twice < one || (twice == one && v->mantissa % 2 == 0);
}

/* `decimal` has `digits` digits, the first of them before 10^exponent. */
static size_t put_fixed(char to[JSON_NUMBER_TEXT], bool is_negative, uint64_t decimal, int digits, int exponent)
{
    char text[JSON_NUMBER_TEXT];
    size_t n = 0;
    json_unsigned_text(text, decimal);
    while (digits > 1 && digits > exponent + 1 && text[digits - 1] == '0')
        digits--;
    if (is_negative)
        to[n++] = '-';
    if (exponent < 0) {
        memcpy(to + n, "0.000", (size_t)(1 - exponent));
        n += (size_t)(1 - exponent);
    }
    for (int i = 0; i < digits; i++) {
        if (exponent >= 0 && i == exponent + 1)
            to[n++] = '.';
        to[n++] = text[i];
    }
    to[n] = '\0';
    return n;
}

/* The decimal of so many digits that is nearest to v, and its exponent, which is *exponent or one more. */
static uint64_t nearest_decimal(const struct split *v, int digits, int *exponent)
{
    uint64_t decimal = scale(v, digits - 1 - *exponent);
    return decimal < power_of_ten(digits) ? decimal : scale(v, digits - 1 - ++*exponent);
}

size_t json_number_text(char to[JSON_NUMBER_TEXT], double value)
{
    double size = fabs(value);
    int binary;
    assert(isfinite(value));
    if (size < 1e15 && size == floor(size)) {
        *to = '-';
        return json_unsigned_text(to + !!signbit(value), (uint64_t)size) + !!signbit(value);
    }
    struct split v = { .mantissa = (uint64_t)ldexp(frexp(size, &binary), 53) };
    if (!(size >= 1e-4 && size < 1e14) || v.mantissa == UINT64_C(1) << 52) /* below it, doubles lie closer */
        return print_slowly(to, value);
    v.shift = 53 - binary;
    int least = (int)floor((binary - 1) * 0.30103); /* of 2^(binary - 1) */
    for (int digits = 15; digits <= MOST_DIGITS; digits++) {
        int exponent = least < LEAST_EXPONENT ? LEAST_EXPONENT : least;
        uint64_t decimal = nearest_decimal(&v, digits, &exponent);
        if (digits == MOST_DIGITS || reads_back(&v, decimal, digits - 1 - exponent))
            return put_fixed(to, signbit(value) != 0, decimal, digits, exponent);
    }
    return 0;
}
