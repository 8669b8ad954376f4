/* importance.h: how much each parameter decides whether a configuration is among the best.
 * Pure: no I/O, no clock, no globals.
 *
 * PED-ANOVA: Watanabe, Bansal, Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary
 * Subspaces", IJCAI 2023: the variance that a parameter alone explains of the indicator "among the best tenth", as the
 * Pearson divergence between its distribution there and among all (equation 16). Distributions are Parzen estimators
 * on a grid of at most 50 steps, with Scott's bandwidth, as Optuna's PedAnovaImportanceEvaluator builds them. A
 * parameter that is not always there is judged where it is, weighted by how often that is so among the best and among
 * all ("Conditional PED-ANOVA", 2026, as Optuna does too).
 */
#ifndef RUNG_COORDINATOR_SEARCH_IMPORTANCE_H
#define RUNG_COORDINATOR_SEARCH_IMPORTANCE_H

#include <stddef.h>

#include "common/domain/space.h"

struct importance {
    double share;     /* from 0 to 1: all of a space add up to 1, unless none matters */
    size_t n_present; /* configurations that have the parameter */
};

/* x: n configurations, row after row of the space's n_params values (NaN: absent); loss: n, less is better, INFINITY
 * for a failure, never NaN. Fills `out`, n_params. Returns how many are among the best: a tenth, rounded up, and who
 * equals the last of them; failures never are. With 0 or all of them nothing can be told, and all shares are 0. */
size_t importance_find(
    const struct space *space, const double *x, const double *loss, size_t n, struct importance *out);

#endif
