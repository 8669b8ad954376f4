#include "coordinator/search/axis.h"

#include <assert.h>
#include <math.h>

#include "common/base/dmath.h"

void axis_init(struct axis *a, const struct param *p, double max_cells)
{
    double n = param_cardinality(p);
    a->param = p;
    if (p->type == PARAM_CATEGORICAL && (!p->is_ordered || n > max_cells))
        a->kind = AXIS_CHOICE;
    else
        a->kind = n <= max_cells ? AXIS_CELLS : AXIS_REAL;
    a->n_values = a->kind == AXIS_REAL ? 0 : (uint32_t)n;
}

double axis_encode(const struct axis *a, double value)
{
    if (isnan(value) || a->kind == AXIS_CHOICE)
        return value;
    if (a->param->type == PARAM_CATEGORICAL)
        return (value + 0.5) / a->n_values;
    return param_to_unit(a->param, value);
}

double axis_decode(const struct axis *a, double u)
{
    if (isnan(u) || a->kind == AXIS_CHOICE)
        return u;
    if (a->param->type == PARAM_CATEGORICAL)
        return fmin(floor(u * a->n_values), a->n_values - 1);
    return param_from_unit(a->param, u);
}

double axis_centre(const struct axis *a, uint32_t cell)
{
    return axis_encode(a, param_value(a->param, cell));
}

uint32_t axis_cell(const struct axis *a, double u, double *from, double *to)
{
    assert(a->kind == AXIS_CELLS);
    const struct param *p = a->param;
    double n = a->n_values, cell;
    if (p->type == PARAM_CATEGORICAL) {
        cell = axis_decode(a, u);
    } else {
        cell = p->step > 0 ? floor((axis_decode(a, u) - p->low) / p->step + 0.5) : 0;
    }
    *from = cell / n;
    *to = (cell + 1) / n;
    if (p->is_log) {
        double start = dmath_log(p->low - p->step / 2);
        double width = dmath_log(param_value(p, a->n_values - 1) + p->step / 2) - start;
        *from = cell > 0 ? (dmath_log(p->low + (cell - 0.5) * p->step) - start) / width : 0;
        *to = cell + 1 < n ? (dmath_log(p->low + (cell + 0.5) * p->step) - start) / width : 1;
    }
    return (uint32_t)cell;
}
