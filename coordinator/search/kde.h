/* kde.h: BOHB's kernel density estimate: a Gaussian kernel a number and an Aitchison-Aitken kernel a choice, with the
 * normal-reference bandwidth (Falkner, Klein and Hutter 2018; their code HpBandSter, on statsmodels' KDEMultivariate).
 * Pure: no I/O, no clock, no globals.
 *
 * As published, with four argued differences, all of them here:
 * - the Aitchison-Aitken kernel divides by the number of choices that there are, not of those in its own data: the
 *   published one makes a choice that was never seen the densest, and divides by zero where only one was seen;
 * - a choice's bandwidth is at most (c - 1) / c, where the kernel is flat: beyond it the densities turn negative;
 * - an absent value is filled also where it is the first parameter alone that is absent;
 * - observations of lower budgets are kept when a higher one has its model (they are not used while it has).
 */
#ifndef RUNG_COORDINATOR_SEARCH_KDE_H
#define RUNG_COORDINATOR_SEARCH_KDE_H

#include <stddef.h>

#include "common/base/rng.h"
#include "coordinator/search/axis.h"

/* Zeroed is valid and has no data. */
struct kde {
    const struct axis *axes; /* borrowed; AXIS_CELLS counts as continuous */
    int n_axes;
    size_t n, cap;
    double *columns; /* (n_axes, n) */
    double *terms;   /* scratch */
    double bandwidth[LIMIT_PARAMS];
    double log_norm; /* log of 1 / (n * the product of the numbers' sqrt(2 pi) bandwidth) */
};

void kde_deinit(struct kde *k);

/* rows (n_rows, n_axes) with n_rows > 0; absent values, NaN, are filled from other rows. */
void kde_fit(struct kde *k, const struct axis *axes, int n_axes, const double *rows, size_t n_rows, struct rng *r);

/* One of the data, blurred: numbers by three bandwidths within [0, 1], choices kept with probability 1 - bandwidth. */
void kde_draw(const struct kde *k, struct rng *r, double *u);

double kde_log_density(struct kde *k, const double *u); /* -infinity only where nothing is representable */

#endif
