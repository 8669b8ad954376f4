/* dmath.h: exp, log and the normal distribution in plain IEEE arithmetic: the same bits from every compiler and
 * processor. Pure: no I/O, no clock, no globals.
 *
 * The C library picks its exp and log by processor, so a search that used them could not be replayed bit for bit
 * elsewhere. Compiled with -ffp-contract=off.
 */
#ifndef RUNG_COMMON_BASE_DMATH_H
#define RUNG_COMMON_BASE_DMATH_H

double dmath_exp(double x); /* within 1 ulp; 0 below -745.2, infinity above 709.8 */
double dmath_log(double x); /* within 1 ulp; -infinity at 0, NaN below */
double dmath_ndtri(
    double p); /* inverse of the standard normal distribution, p in (0, 1): Wichura 1988, AS 241, PPND16 */

#endif
