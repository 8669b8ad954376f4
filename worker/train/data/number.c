#include "worker/train/data/number.h"

#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Digits and powers of ten that a double holds exactly: one rounded operation on two of them is the nearest double
 * (Clinger 1990, "How to read floating point numbers accurately"). */
#define EXACT_DIGITS (1ull << 53)
#define EXACT_POWER 22
static const double powers_of_ten[EXACT_POWER + 1] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

#define MAX_EXPONENT 100000 /* larger ones change nothing any more */

/* What the digits of a number say: value = digits * 10^exponent, exact unless is_cut. */
struct decimal {
    uint64_t digits;
    int exponent;
    bool is_negative, is_cut;
};

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* Takes digits from p into d, each of them moving the point by `shift`. */
static const char *take_digits(struct decimal *d, const char *p, int shift)
{
    for (; is_digit(*p); p++) {
        if (d->digits >= EXACT_DIGITS) {
            d->is_cut = true;
            continue;
        }
        d->digits = d->digits * 10 + (uint64_t)(*p - '0');
        d->exponent += shift;
    }
    return p;
}

/* Takes "e-12" from p; NULL when no digit follows the e. */
static const char *take_exponent(struct decimal *d, const char *p)
{
    bool is_negative = *++p == '-';
    if (*p == '-' || *p == '+')
        p++;
    if (!is_digit(*p))
        return NULL;
    int exponent = 0;
    for (; is_digit(*p); p++)
        if (exponent < MAX_EXPONENT)
            exponent = exponent * 10 + (*p - '0');
    d->exponent += is_negative ? -exponent : exponent;
    return p;
}

static const char *scan(struct decimal *d, const char *p)
{
    d->is_negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    const char *whole = p;
    p = take_digits(d, p, 0);
    bool has_digit = p > whole;
    if (*p == '.') {
        const char *fraction = ++p;
        p = take_digits(d, p, -1);
        has_digit = has_digit || p > fraction;
    }
    if (!has_digit)
        return NULL;
    return *p == 'e' || *p == 'E' ? take_exponent(d, p) : p;
}

/* The C library's own, in the C locale: glibc returns a constant for it, so this costs no allocation. */
static double parse_slowly(const char *text)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c)
        abort();
    double value = strtod_l(text, NULL, c);
    freelocale(c);
    return value;
}

const char *number_parse(const char *text, double *out)
{
    struct decimal d = { 0 };
    const char *end = scan(&d, text);
    if (!end)
        return NULL;
    if (d.is_cut || d.digits > EXACT_DIGITS || d.exponent > EXACT_POWER || d.exponent < -EXACT_POWER) {
        *out = parse_slowly(text);
        return end;
    }
    double value = (double)d.digits;
    value = d.exponent < 0 ? value / powers_of_ten[-d.exponent] : value * powers_of_ten[d.exponent];
    *out = d.is_negative ? -value : value;
    return end;
}
