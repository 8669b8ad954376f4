/* The densities of many points under many kernels: all the time that a proposal takes.
 *
 * Kernels are taken in blocks that stay in the cache, all points block by block. On axes of cells and choices the
 * points have few different values, so each block's terms are tabled once a value and shared. What is left is a sum of
 * squares a kernel, and an exp only where it counts (dmath_log_sum_add). */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "common/base/dmath.h"
#include "common/base/mem.h"
#include "common/base/wide.h"
#include "coordinator/search/parzen.h"

enum { BLOCK = 256 }; /* kernels */

/* The different values of the points on one axis of cells or choices. */
struct parzen_values {
    int n;
    uint32_t value[PARZEN_POINTS];
    double from[PARZEN_POINTS], to[PARZEN_POINTS]; /* of cells */
    int of_point[PARZEN_POINTS];                   /* which; -1 where the parameter is absent */
    double *by_class;                              /* cells: (n, n_values + classes) */
    double *terms;                                 /* (n, BLOCK): of the present block */
};

static void find_values(
    struct parzen_values *v, const struct axis *axis, const double *points, int n_points, int n_axes)
{
    v->n = 0;
    for (int i = 0; i < n_points; i++) {
        double u = points[i * n_axes], from = 0, to = 0;
        v->of_point[i] = -1;
        if (isnan(u))
            continue;
        uint32_t value = axis->kind == AXIS_CELLS ? axis_cell(axis, u, &from, &to) : (uint32_t)u;
        int k = 0;
        while (k < v->n && v->value[k] != value)
            k++;
        v->value[k] = value;
        v->from[k] = from;
        v->to[k] = to;
        v->n += k == v->n;
        v->of_point[i] = k;
    }
}

/* The narrowest kernels are the same in every model: their terms are kept. */
static const double *narrow_terms(struct parzen_axis *a, const struct axis *axis, uint32_t value)
{
    size_t n = axis->n_values;
    if (!a->narrow) {
        a->narrow = mem_alloc(n * n * sizeof(double));
        for (size_t i = 0; i < n; i++)
            a->narrow[i * n] = NAN;
    }
    double *row = a->narrow + value * n, from, to;
    axis_cell(axis, axis_centre(axis, value), &from, &to);
    for (size_t cell = 0; cell < n && (cell > 0 || isnan(row[0])); cell++) {
        double mu = axis_centre(axis, (uint32_t)cell);
        row[cell] = parzen_log_mass(mu, parzen_narrowest, from, to) - parzen_log_inside(mu, parzen_narrowest);
    }
    return row;
}

static void fill_classes(struct parzen_axis *a, const struct axis *axis, struct parzen_values *v)
{
    size_t n = axis->n_values;
    for (int k = 0; k < v->n; k++) {
        double *row = v->by_class + (size_t)k * (n + a->n_classes);
        memcpy(row, narrow_terms(a, axis, v->value[k]), n * sizeof(double));
        for (size_t i = 0; i < a->n_classes; i++) {
            const struct parzen_class *c = &a->classes[i];
            row[n + i] = parzen_log_mass(c->mu, c->sigma, v->from[k], v->to[k]) - c->log_inside;
        }
    }
}

/* Finds the values on all axes and gives them their places in p->tables. */
static void prepare(struct parzen *p, const double *points, int n_points)
{
    size_t n_doubles = 0;
    if (!p->values)
        p->values = mem_zalloc((size_t)p->n_axes, sizeof *p->values);
    for (int j = 0; j < p->n_axes; j++) {
        if (p->axes[j].kind == AXIS_REAL)
            continue;
        find_values(&p->values[j], &p->axes[j], points + j, n_points, p->n_axes);
        n_doubles += (size_t)p->values[j].n * (BLOCK + p->axes[j].n_values + p->on[j].n_classes);
    }
    if (n_doubles > p->cap_tables) {
        p->cap_tables = 2 * n_doubles;
        p->tables = mem_resize(p->tables, p->cap_tables, sizeof(double));
    }
    double *next = p->tables;
    for (int j = 0; j < p->n_axes; j++) {
        struct parzen_values *v = &p->values[j];
        if (p->axes[j].kind == AXIS_REAL)
            continue;
        v->terms = next;
        next += (size_t)v->n * BLOCK;
        v->by_class = next;
        next += (size_t)v->n * (p->axes[j].n_values + p->on[j].n_classes);
        if (p->axes[j].kind == AXIS_CELLS)
            fill_classes(&p->on[j], &p->axes[j], v);
    }
}

static void fill_block_of_cells(const struct parzen *p, int j, size_t from, size_t n)
{
    const struct parzen_values *v = &p->values[j];
    const uint32_t *code = p->on[j].code + from;
    size_t n_codes = p->axes[j].n_values + p->on[j].n_classes;
    for (int k = 0; k < v->n; k++) {
        const double *by_class = v->by_class + (size_t)k * n_codes;
        double *terms = v->terms + (size_t)k * BLOCK;
        for (size_t i = 0; i < n; i++)
            terms[i] = by_class[code[i]];
    }
}

static void fill_block_of_choices(const struct parzen *p, int j, size_t from, size_t n)
{
    const struct parzen_values *v = &p->values[j];
    const struct parzen_axis *a = &p->on[j];
    const double *mu = a->mu + from;
    for (int k = 0; k < v->n; k++) {
        double *terms = v->terms + (size_t)k * BLOCK, value = v->value[k];
        for (size_t i = 0; i < n; i++)
            terms[i] = mu[i] == value ? a->log_hit : mu[i] < 0 ? a->log_flat : a->log_miss;
    }
}

WIDE_VECTORS
static void subtract_squares(
    double *restrict terms, const double *restrict mu, const double *restrict scale, size_t n, double u)
{
    for (size_t i = 0; i < n; i++) {
        double z = (u - mu[i]) * scale[i];
        terms[i] -= z * z;
    }
}

WIDE_VECTORS
static void add(double *restrict terms, const double *restrict more, size_t n, double sign)
{
    for (size_t i = 0; i < n; i++)
        terms[i] += sign * more[i];
}

/* log of weight times kernel at one point, for kernels `from` on. */
static void find_terms(const struct parzen *p, const double *points, int i, size_t from, size_t n, double *terms)
{
    memcpy(terms, p->base + from, n * sizeof(double));
    for (int j = 0; j < p->n_axes; j++) {
        const struct parzen_axis *a = &p->on[j];
        double u = points[i * p->n_axes + j];
        if (p->axes[j].kind != AXIS_REAL) {
            if (!isnan(u))
                add(terms, p->values[j].terms + (size_t)p->values[j].of_point[i] * BLOCK, n, 1);
        } else if (isnan(u)) {
            add(terms, a->log_norm + from, n, -1); /* which the base has */
        } else {
            subtract_squares(terms, a->mu + from, a->scale + from, n, u);
        }
    }
}

void parzen_log_densities(struct parzen *p, const double *points, int n_points, double *out)
{
    struct dmath_log_sum sums[PARZEN_POINTS] = { 0 };
    double terms[BLOCK];
    assert(n_points <= PARZEN_POINTS);
    prepare(p, points, n_points);
    for (size_t from = 0; from < p->n; from += BLOCK) {
        size_t n = p->n - from < BLOCK ? p->n - from : BLOCK;
        for (int j = 0; j < p->n_axes; j++)
            if (p->axes[j].kind == AXIS_CELLS)
                fill_block_of_cells(p, j, from, n);
            else if (p->axes[j].kind == AXIS_CHOICE)
                fill_block_of_choices(p, j, from, n);
        for (int i = 0; i < n_points; i++) {
            find_terms(p, points, i, from, n, terms);
            dmath_log_sum_add(&sums[i], terms, n);
        }
    }
    for (int i = 0; i < n_points; i++)
        out[i] = dmath_log_sum(&sums[i]);
}
