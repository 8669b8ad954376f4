/* parzen.h: Parzen estimators for TPE: a mixture of one kernel an observation and the prior's.
 * Pure: no I/O, no clock, no globals.
 *
 * Numbers have Gaussian kernels truncated to the range, whose width follows the distance to the neighbours (Bergstra et
 * al. 2011; the rules are those of Optuna and of Watanabe 2023); on a grid of few values, the kernel's mass over the
 * cell. Choices have the observed one, smoothed. A kernel is the product over all axes: the estimate is multivariate.
 *
 * An observation in which a parameter was absent says nothing about it: there its kernel is the prior's. A point in
 * which a parameter is absent is judged by the others, since whether it is there follows from them. Drawing a kernel,
 * then every axis from it, then dropping what `when` forbids has exactly this density; nothing is imputed.
 */
#ifndef RUNG_COORDINATOR_SEARCH_PARZEN_H
#define RUNG_COORDINATOR_SEARCH_PARZEN_H

#include <stddef.h>

#include "common/base/rng.h"
#include "coordinator/search/axis.h"

enum parzen_rule {
    PARZEN_WATANABE, /* neighbours, the prior's centre and both ends count; narrowest max(0.03, (n + 2)^-2) */
    PARZEN_OPTUNA    /* neighbours alone count, ends only for a single point; narrowest 1 / min(100, n + 2) */
};

struct parzen_axis {
    double *mu;       /* kernels: centre on the axis, or the choice; -1 for a flat kernel over choices */
    double *sigma;    /* not of choices */
    double *inverse;  /* 1 / sigma */
    double *log_norm; /* of AXIS_REAL: log of 1 / (sigma sqrt(2 pi) mass within [0, 1]); of AXIS_CELLS: of 1 / mass */
    double log_hit, log_miss, log_flat; /* of choices */
};

/* Zeroed is valid and has no kernels. */
struct parzen {
    const struct axis *axes; /* borrowed */
    int n_axes;
    size_t n, cap;      /* kernels; the last is the prior's */
    double *log_weight; /* normalised */
    double *cumulative; /* of the weights */
    double *terms;      /* scratch */
    struct parzen_axis *on;
};

void parzen_deinit(struct parzen *p);

/* rows (n_rows, n_axes): points on the axes, NaN where absent. weights: n_rows positive numbers, or NULL for all 1; the
 * prior weighs their mean. */
void parzen_fit(struct parzen *p, const struct axis *axes, int n_axes, const double *rows, size_t n_rows,
    const double *weights, enum parzen_rule rule);

void parzen_draw(const struct parzen *p, struct rng *r, double *u);

/* The logarithm of the density (of the mass, for cells and choices) at u. Always finite. */
double parzen_log_density(struct parzen *p, const double *u);

#endif
