/* The densities of many points under many kernels: all the time that a proposal takes.
 *
 * Kernels are taken in blocks that stay in the cache, all points block by block. On axes of cells and choices the
 * points have few different values, so each block's terms are tabled once a value and shared. What is left is a sum of
 * squares a kernel, and an exp only where it counts (dmath_log_sum_add). */
#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/dmath.h"
#include "common/base/mem.h"
#include "common/base/wide.h"
#include "coordinator/search/parzen.h"

/* The different values of the points on one axis of cells or choices. */
struct parzen_values {
    int n;
    uint32_t value[PARZEN_POINTS];
    double from[PARZEN_POINTS], to[PARZEN_POINTS]; /* of cells */
    int of_point[PARZEN_POINTS];                   /* which; -1 where the parameter is absent */
    double *by_class;                              /* cells: (n, n_values + classes) */
    double *terms;                                 /* (n, PARZEN_BLOCK): of the present block */
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
        n_doubles += (size_t)p->values[j].n * (PARZEN_BLOCK + p->axes[j].n_values + p->on[j].n_classes);
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
        next += (size_t)v->n * PARZEN_BLOCK;
        v->by_class = next;
        next += (size_t)v->n * (p->axes[j].n_values + p->on[j].n_classes);
        if (p->axes[j].kind == AXIS_CELLS)
            fill_classes(&p->on[j], &p->axes[j], v);
    }
}

WIDE_VECTORS
static void fill_block_of_cells(const struct parzen *p, int j, size_t from, size_t n)
{
    const struct parzen_values *v = &p->values[j];
    const uint32_t *code = p->on[j].code + from;
    size_t n_codes = p->axes[j].n_values + p->on[j].n_classes;
    for (int k = 0; k < v->n; k++) {
        const double *by_class = v->by_class + (size_t)k * n_codes;
        double *terms = v->terms + (size_t)k * PARZEN_BLOCK;
        for (size_t i = 0; i < n; i++)
            terms[i] = by_class[code[i]];
    }
}

WIDE_VECTORS
static void fill_block_of_choices(const struct parzen *p, int j, size_t from, size_t n)
{
    const struct parzen_values *v = &p->values[j];
    const struct parzen_axis *a = &p->on[j];
    const double *mu = a->mu + from, hit = a->log_hit, miss = a->log_miss, flat = a->log_flat;
    for (int k = 0; k < v->n; k++) {
        double *restrict terms = v->terms + (size_t)k * PARZEN_BLOCK, value = v->value[k];
        for (size_t i = 0; i < n; i++) {
            double other = mu[i] < 0 ? flat : miss;
            terms[i] = mu[i] == value ? hit : other;
        }
    }
}

/* One point: the squares of some axes, and the terms that were tabled for the others. */
struct point {
    int n_squares, n_tabled, n_absent;
    struct {
        const double *mu, *scale;
        double u;
    } squares[LIMIT_PARAMS];
    const double *tabled[LIMIT_PARAMS];
    const double *absent[LIMIT_PARAMS]; /* log_norm of AXIS_REAL that the base has and the point has not */
};

static void find_point(const struct parzen *p, const double *points, int i, struct point *q)
{
    q->n_squares = q->n_tabled = q->n_absent = 0;
    for (int j = 0; j < p->n_axes; j++) {
        const struct parzen_axis *a = &p->on[j];
        double u = points[i * p->n_axes + j];
        if (p->axes[j].kind == AXIS_REAL && isnan(u)) {
            q->absent[q->n_absent++] = a->log_norm;
        } else if (p->axes[j].kind == AXIS_REAL) {
            q->squares[q->n_squares].mu = a->mu;
            q->squares[q->n_squares].scale = a->scale;
            q->squares[q->n_squares++].u = u;
        } else if (!isnan(u)) {
            q->tabled[q->n_tabled++] = p->values[j].terms + (size_t)p->values[j].of_point[i] * PARZEN_BLOCK;
        }
    }
}

typedef double eight __attribute__((vector_size(64), aligned(8)));

/* log of weight times kernel at a point, for n kernels, a multiple of 8, `from` on. */
WIDE_VECTORS
static void find_terms(const struct point *q, const double *base, size_t from, size_t n, double *terms)
{
    for (size_t i = from; i < from + n; i += 8) {
        eight sum = *(const eight *)(base + i);
        for (int j = 0; j < q->n_squares; j++) {
            eight z =
                (q->squares[j].u - *(const eight *)(q->squares[j].mu + i)) * *(const eight *)(q->squares[j].scale + i);
            sum -= z * z;
        }
        for (int j = 0; j < q->n_tabled; j++)
            sum += *(const eight *)(q->tabled[j] + (i - from));
        for (int j = 0; j < q->n_absent; j++)
            sum -= *(const eight *)(q->absent[j] + i);
        *(eight *)(terms + (i - from)) = sum;
    }
}

/* Is every kernel of the block so far away that its term is lost in rounding? Each axis but the lead adds to the base
 * at most 1: a tabled mass is below 1, and 1 / norm below sqrt(2 pi). */
static bool is_negligible(const struct parzen *p, size_t from, const double *point, double greatest)
{
    const struct parzen_block *b = &p->blocks[from / PARZEN_BLOCK];
    if (p->lead < 0 || isnan(point[p->lead]))
        return false;
    double u = point[p->lead], away = u < b->low ? b->low - u : u > b->high ? u - b->high : 0;
    return b->base + p->n_axes - away * b->scale * (away * b->scale) < greatest - 45;
}

void parzen_log_densities(struct parzen *p, const double *points, int n_points, double *out)
{
    struct dmath_log_sum sums[PARZEN_POINTS] = { 0 };
    struct point point;
    double terms[PARZEN_BLOCK];
    assert(n_points <= PARZEN_POINTS);
    prepare(p, points, n_points);
    /* From the last block on: it has the prior's kernel, against which others are negligible. */
    size_t n_all = (p->n + 7) / 8 * 8;
    for (size_t from = (p->n - 1) / PARZEN_BLOCK * PARZEN_BLOCK;; from -= PARZEN_BLOCK) {
        size_t n = n_all - from < PARZEN_BLOCK ? n_all - from : PARZEN_BLOCK;
        for (int j = 0; j < p->n_axes; j++)
            if (p->axes[j].kind == AXIS_CELLS)
                fill_block_of_cells(p, j, from, n);
            else if (p->axes[j].kind == AXIS_CHOICE)
                fill_block_of_choices(p, j, from, n);
        for (int i = 0; i < n_points; i++) {
            if (sums[i].sum > 0 && is_negligible(p, from, points + i * p->n_axes, sums[i].greatest))
                continue;
            find_point(p, points, i, &point);
            find_terms(&point, p->base, from, n, terms);
            dmath_log_sum_add(&sums[i], terms, n);
        }
        if (from == 0)
            break;
    }
    for (int i = 0; i < n_points; i++)
        out[i] = dmath_log_sum(&sums[i]);
}
