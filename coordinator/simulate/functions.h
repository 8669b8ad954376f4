/* functions.h: the functions of the literature on which searches are compared.
 * Pure: no I/O, no clock, no globals.
 *
 * Each takes a point in its own units and its fidelity z in (0, 1], 1 being the true one; noise is the caller's. The
 * biased forms are Dragonfly's (Kandasamy et al. 2020, BOCA 2017), but for hartmann's `bias`.
 */
#ifndef RUNG_COORDINATOR_SIMULATE_FUNCTIONS_H
#define RUNG_COORDINATOR_SIMULATE_FUNCTIONS_H

#include "common/base/rng.h"

/* Hartmann's functions of d = 3 or 6 parameters in [0, 1]; each of the four weights is less by `bias`. Least: -3.86278
 * and -3.32237 without bias. */
double function_hartmann(int d, const double *x, double bias);

/* x[0] in [-5, 10], x[1] in [0, 15]. Least: 0.397887, at three points. */
double function_branin(const double *x, double z);

/* Two parameters in [0, 1], greatest 13.7987. The lower fidelity is the mean of four neighbours (Xiong et al. 2013);
 * between the two the line. */
double function_currin(const double *x, double z);

/* The flow of water through a borehole: r_w, r, T_u, H_u, T_l, H_l, L, K_w, in the ranges of Morris et al. 1993. The
 * lower fidelity is Xiong's; between the two the line. */
double function_borehole(const double *x, double z);

/* Counting ones (Falkner et al. 2018): n_binary values 0 or 1, then n_real probabilities, of which each counts for the
 * mean of n_draws throws of such a coin. Least: -(n_binary + n_real). */
double function_counting_ones(int n_binary, int n_real, const double *x, int64_t n_draws, struct rng *r);

#endif
