/* ranking.h: the results at one budget in the order of their losses.
 * Pure: no I/O, no clock, no globals.
 *
 * New results wait in a tail until somebody asks for the order, so that a search which is rebuilt from its notes sorts
 * once and a running one merges a few.
 */
#ifndef RUNG_COORDINATOR_SEARCH_RANKING_H
#define RUNG_COORDINATOR_SEARCH_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ranked {
    double loss;    /* INFINITY for a failed trial */
    uint32_t trial; /* number, from 1 */
};

/* Zeroed is empty and valid. */
struct ranking {
    struct ranked *items;
    size_t n, cap;
    size_t n_sorted; /* the first so many are in order */
};

void ranking_deinit(struct ranking *r);
void ranking_add(struct ranking *r, uint32_t trial, double loss);
bool ranking_remove(struct ranking *r, uint32_t trial); /* false when it is not there */

/* The items from the least loss to the greatest, ties by trial number. Borrows until the next ranking_add. */
const struct ranked *ranking_order(struct ranking *r);

#endif
