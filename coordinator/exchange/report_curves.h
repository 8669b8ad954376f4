/* report_curves.h: a few learning curves for a page, each with a few points. */
#ifndef RUNG_COORDINATOR_EXCHANGE_REPORT_CURVES_H
#define RUNG_COORDINATOR_EXCHANGE_REPORT_CURVES_H

#include "coordinator/exchange/takeout.h"

/* Adds an array of {trial, state, place, points} of the trials that `is_chosen` (by their place in the takeout) marks:
 * of the objective, thinned to some eighty points each. `place` as the page has it, from 0 (best) to 1. */
int report_curves(const struct takeout *t, const bool *is_chosen, const double *place, struct str *json, struct err *e);

#endif
