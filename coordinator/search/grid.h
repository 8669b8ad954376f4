/* grid.h: all combinations of the parameters' values, one after the other, never held in memory.
 * Pure: no I/O, no clock, no globals.
 *
 * The last parameter turns fastest. A float without a step is taken at GRID_LEVELS evenly spaced values, ends included.
 */
#ifndef RUNG_COORDINATOR_SEARCH_GRID_H
#define RUNG_COORDINATOR_SEARCH_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "common/domain/space.h"

enum { GRID_LEVELS = 10 };

struct grid {
    const struct space *space;     /* borrowed */
    uint64_t digits[LIMIT_PARAMS]; /* of the combination it stands on */
    bool is_past_end;
};

void grid_init(struct grid *g, const struct space *space);

void grid_point(const struct grid *g, double *x); /* the combination it stands on; `when` is not applied */
void grid_step(struct grid *g);

/* To the combination of that number, from 0. */
void grid_seek(struct grid *g, uint64_t number);

#endif
