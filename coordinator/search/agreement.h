/* agreement.h: does the order at a rung say anything about the order above it?
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_SEARCH_AGREEMENT_H
#define RUNG_COORDINATOR_SEARCH_AGREEMENT_H

#include "coordinator/search/history.h"

/* Spearman's rank correlation of the losses at two levels, over the trials that have a result at both; *n: how many.
 * Failures and what was imported do not count. NaN below two. */
double agreement_find(struct history *h, int lower, int upper, int *n);

#endif
