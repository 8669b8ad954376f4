#include "coordinator/search/grid.h"

#include <math.h>

static uint64_t n_values(const struct param *p)
{
    double n = param_cardinality(p);
    return isfinite(n) ? (uint64_t)n : GRID_LEVELS;
}

void grid_init(struct grid *g, const struct space *space)
{
    *g = (struct grid){ .space = space };
}

void grid_point(const struct grid *g, double *x)
{
    for (int j = 0; j < g->space->n_params; j++) {
        const struct param *p = &g->space->params[j];
        if (isfinite(param_cardinality(p)))
            x[j] = param_value(p, g->digits[j]);
        else
            x[j] = param_from_unit(p, (double)g->digits[j] / (GRID_LEVELS - 1));
    }
}

void grid_step(struct grid *g)
{
    for (int j = g->space->n_params - 1; j >= 0; j--) {
        if (++g->digits[j] < n_values(&g->space->params[j]))
            return;
        g->digits[j] = 0;
    }
    g->is_past_end = true;
}

void grid_seek(struct grid *g, uint64_t number)
{
    g->is_past_end = false;
    for (int j = g->space->n_params - 1; j >= 0; j--) {
        uint64_t n = n_values(&g->space->params[j]);
        g->digits[j] = number % n;
        number /= n;
    }
}
