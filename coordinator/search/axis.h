/* axis.h: a parameter as the models see it: a position in the unit interval, or a choice.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_SEARCH_AXIS_H
#define RUNG_COORDINATOR_SEARCH_AXIS_H

#include <stdint.h>

#include "common/domain/space.h"

enum axis_kind {
    AXIS_REAL,  /* a position in [0, 1] */
    AXIS_CELLS, /* the same, but one of n_values cells that share [0, 1]: an int, a stepped float, ordered choices */
    AXIS_CHOICE /* the index of one of n_values choices without order */
};

struct axis {
    enum axis_kind kind;
    uint32_t n_values;         /* 0 for AXIS_REAL */
    const struct param *param; /* borrowed */
};

/* Grids of more than max_cells values are as good as continuous, and cheaper. */
void axis_init(struct axis *a, const struct param *p, double max_cells);

/* The parameter's value to the axis and back. NaN, an absent parameter, stays NaN. */
double axis_encode(const struct axis *a, double value);
double axis_decode(const struct axis *a, double u);

/* The position of the cell, from 0, of AXIS_CELLS. */
double axis_centre(const struct axis *a, uint32_t cell);

/* The cell around u, of AXIS_CELLS: which (from 0), and its ends, within [0, 1]. */
uint32_t axis_cell(const struct axis *a, double u, double *from, double *to);

#endif
