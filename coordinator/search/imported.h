/* imported.h: the rows of struct imported (history.h): each result from elsewhere once.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_SEARCH_IMPORTED_H
#define RUNG_COORDINATOR_SEARCH_IMPORTED_H

#include "coordinator/search/history.h"

/* False when the same configuration with the same result at that level is there already. Copies x; the new row's points
 * are the caller's to fill. */
bool imported_add(struct imported *m, const struct space *space, const double *x, int level, double loss);
void imported_deinit(struct imported *m);

#endif
