/* dmath.h: exp, log and the normal distribution in plain IEEE arithmetic: the same bits from every compiler and
 * processor. Pure: no I/O, no clock, no globals.
 *
 * The C library picks its exp and log by processor, so a search that used them could not be replayed bit for bit
 * elsewhere. Compiled with -ffp-contract=off.
 */
#ifndef RUNG_COMMON_BASE_DMATH_H
#define RUNG_COMMON_BASE_DMATH_H

#include <stddef.h>

double dmath_exp(double x);  /* within 1 ulp; 0 below -745.2, infinity above 709.8 */
double dmath_log(double x);  /* within 1 ulp; -infinity at 0, NaN below */
double dmath_erfc(double x); /* 1 - erf(x), within 1 ulp or so; 2 far left, 0 above 26.6 */

/* The standard normal distribution: its probability below x, the logarithm of that (also where it underflows), and its
 * inverse for p in (0, 1): Wichura 1988, AS 241, PPND16. */
double dmath_ndtr(double x);
double dmath_log_ndtr(double x);
double dmath_ndtri(double p);

/* The u-quantile, u in (0, 1), of the normal distribution of `mean` and `sd` > 0 truncated to [0, 1]; mean in [0, 1].
 */
double dmath_truncated_normal(double u, double mean, double sd);

/* log(exp(x[0]) + ... + exp(x[n-1])), -infinity for none; the order of summation is fixed, and no x is +infinity. The
 * sum may also be taken block by block, from a zeroed struct. */
struct dmath_log_sum {
    double greatest, sum; /* sum of exp(x - greatest) */
};
void dmath_log_sum_add(struct dmath_log_sum *s, const double *x, size_t n);
double dmath_log_sum(const struct dmath_log_sum *s);
double dmath_log_sum_exp(const double *x, size_t n);

#endif
