#include "coordinator/search/importance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/dmath.h"
#include "common/base/mem.h"

#define BEST 0.1     /* of all */
#define MAX_STEPS 50 /* of the grid of a number */
#define MIN_PRESENT 2
#define PRIOR_WEIGHT 1.0
#define LEAST 1e-12 /* added to each probability, so that none is 0 */

/* ---- the best ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static size_t mark_best(const double *loss, size_t n, bool *is_best)
{
    size_t n_best = 0, last = n ? (size_t)ceil(BEST * (double)n) - 1 : 0;
    double *sorted = mem_zalloc(n + 1, sizeof *sorted);
    memcpy(sorted, loss, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare);
    for (size_t i = 0; i < n; i++) {
        is_best[i] = isfinite(loss[i]) && loss[i] <= sorted[last];
        n_best += is_best[i];
    }
    free(sorted);
    return n_best;
}

/* ---- the grid ---- */

/* A number's range in equal steps, of its logarithm where that is how it varies; a category is its own cell. */
struct grid {
    const struct param *param;
    int n_cells;
    double low, step;
};

static int n_steps_of(const struct param *p)
{
    if (p->step > 0 && !p->is_log) {
        double n = round((p->high - p->low) / p->step) + 1;
        return n < MAX_STEPS ? (int)n : MAX_STEPS;
    }
    int n = 1; /* of an int that varies in its logarithm: one more than the doublings in its range, rounded up */
    for (double m = 1; p->type == PARAM_INT && m < p->high - p->low + 1 && n < MAX_STEPS; m *= 2)
        n++;
    return p->type == PARAM_INT ? n : MAX_STEPS;
}

static double scaled(const struct param *p, double value)
{
    return p->is_log ? dmath_log(value) : value;
}

static struct grid grid_of(const struct param *p)
{
    struct grid g = { .param = p, .n_cells = p->n_choices };
    if (p->type == PARAM_CATEGORICAL)
        return g;
    g.n_cells = p->high > p->low ? n_steps_of(p) : 1;
    g.low = scaled(p, p->low);
    g.step = g.n_cells > 1 ? (scaled(p, p->high) - g.low) / (g.n_cells - 1) : 1;
    return g;
}

static int cell_of(const struct grid *g, double value)
{
    if (g->param->type == PARAM_CATEGORICAL)
        return (int)value;
    double at = ceil((scaled(g->param, value) - g->low) / g->step - 0.5);
    return at < 0 ? 0 : at > g->n_cells - 1 ? g->n_cells - 1 : (int)at;
}

/* ---- distributions over the cells ---- */

/* The standard normal's mass between a and b, also far out. */
static double mass(double a, double b)
{
    return a > 0 ? dmath_ndtr(-a) - dmath_ndtr(-b) : dmath_ndtr(b) - dmath_ndtr(a);
}

/* Adds weight times the normal distribution around `mean`, truncated to the grid and gathered in its cells. */
static void add_kernel(double *p, int n_cells, double weight, double mean, double sd)
{
    double all = mass((-0.5 - mean) / sd, (n_cells - 0.5 - mean) / sd);
    for (int c = 0; c < n_cells; c++)
        p[c] += weight * mass((c - 0.5 - mean) / sd, (c + 0.5 - mean) / sd) / all;
}

/* The first cell up to which at least (`is_above`: more than) so many were counted; the last one that has any if none
 * is. */
static int quantile(const double *counts, int n_cells, double wanted, bool is_above)
{
    double sum = 0;
    int last = 0;
    for (int c = 0; c < n_cells; c++) {
        if (counts[c] == 0)
            continue;
        sum += counts[c];
        last = c;
        if (is_above ? sum > wanted : sum >= wanted)
            return c;
    }
    return last;
}

/* Scott's rule with the smaller of standard deviation and interquartile range; never so narrow that a kernel misses its
 * own cell. */
static double bandwidth(const double *counts, int n_cells, double n)
{
    double mean = 0, variance = 0;
    for (int c = 0; c < n_cells; c++)
        mean += c * counts[c];
    mean /= n;
    for (int c = 0; c < n_cells; c++)
        variance += (c - mean) * (c - mean) * counts[c];
    double sd = sqrt(variance / fmax(1, n - 1));
    int q25 = quantile(counts, n_cells, floor(n / 4), false), q75 = quantile(counts, n_cells, floor(n * 3 / 4), true);
    double scott = 1.059 * fmin((q75 - q25) / 1.34, sd) * dmath_exp(-0.2 * dmath_log(n));
    return fmax(scott, 0.5 / 1.64);
}

static void estimate_number(const double *counts, int n_cells, double n, double *p)
{
    double sd = bandwidth(counts, n_cells, n);
    for (int c = 0; c < n_cells; c++)
        if (counts[c] > 0)
            add_kernel(p, n_cells, counts[c] / (n + PRIOR_WEIGHT), c, sd);
    add_kernel(p, n_cells, PRIOR_WEIGHT / (n + PRIOR_WEIGHT), (n_cells - 1) / 2.0, n_cells);
}

/* Each category that was seen is a kernel, most of it in its own cell. */
static void estimate_category(const double *counts, int n_cells, double n, double *p)
{
    int n_kernels = 1; /* the prior */
    for (int c = 0; c < n_cells; c++)
        n_kernels += counts[c] > 0;
    double flat = PRIOR_WEIGHT / n_kernels, all = 1 + flat * n_cells;
    for (int k = 0; k < n_cells; k++)
        for (int c = 0; counts[k] > 0 && c < n_cells; c++)
            p[c] += counts[k] / (n + PRIOR_WEIGHT) * (flat + (c == k)) / all;
    for (int c = 0; c < n_cells; c++)
        p[c] += PRIOR_WEIGHT / (n + PRIOR_WEIGHT) / n_cells;
}

static void estimate(const struct grid *g, const double *counts, double n, double *p)
{
    memset(p, 0, (size_t)g->n_cells * sizeof *p);
    if (g->param->type == PARAM_CATEGORICAL)
        estimate_category(counts, g->n_cells, n, p);
    else
        estimate_number(counts, g->n_cells, n, p);
    for (int c = 0; c < g->n_cells; c++)
        p[c] += LEAST;
}

/* ---- one parameter ---- */

/* What was seen of it, cell by cell, and the estimates: four arrays in one. */
struct seen {
    double *all, *best, *p_all, *p_best;
    double n_all, n_best;
};

static double divergence(const struct grid *g, struct seen *s)
{
    double sum = 0;
    estimate(g, s->all, s->n_all, s->p_all);
    estimate(g, s->best, s->n_best, s->p_best);
    for (int c = 0; c < g->n_cells; c++) {
        double more = s->p_best[c] / s->p_all[c] - 1;
        sum += s->p_all[c] * more * more;
    }
    return sum;
}

/* Not yet normalised; the common factor of all parameters is left out. */
static double judge(const struct grid *g, const double *x, size_t stride, const bool *is_best, size_t n, size_t n_best,
    size_t *n_present)
{
    size_t cells = (size_t)g->n_cells;
    double *memory = mem_zalloc(4 * cells, sizeof *memory), weight = 0;
    struct seen s = { memory, memory + cells, memory + 2 * cells, memory + 3 * cells, 0, 0 };
    for (size_t i = 0; i < n; i++) {
        double value = x[i * stride];
        if (isnan(value))
            continue;
        int c = cell_of(g, value);
        s.all[c]++;
        s.n_all++;
        s.best[c] += is_best[i];
        s.n_best += is_best[i];
    }
    *n_present = (size_t)s.n_all;
    if (g->n_cells > 1 && s.n_all >= MIN_PRESENT && s.n_best > 0) {
        double among_best = s.n_best / (double)n_best, among_all = s.n_all / (double)n;
        weight = among_best * among_best / among_all * divergence(g, &s);
    }
    free(memory);
    return weight;
}

size_t importance_find(const struct space *space, const double *x, const double *loss, size_t n, struct importance *out)
{
    bool *is_best = mem_zalloc(n + 1, sizeof *is_best);
    size_t n_best = mark_best(loss, n, is_best), stride = (size_t)space->n_params;
    double sum = 0;
    for (size_t i = 0; i < stride; i++) {
        struct grid g = grid_of(&space->params[i]);
        out[i].share = judge(&g, x + i, stride, is_best, n, n_best, &out[i].n_present);
        sum += out[i].share;
    }
    bool tells = n_best > 0 && n_best < n && sum > 0;
    for (size_t i = 0; i < stride; i++)
        out[i].share = tells ? out[i].share / sum : 0;
    free(is_best);
    return n_best;
}
