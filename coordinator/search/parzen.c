#include "coordinator/search/parzen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/dmath.h"
#include "common/base/mem.h"

static const double log_sqrt_2pi = 0.91893853320467274178;

void parzen_deinit(struct parzen *p)
{
    for (int j = 0; p->on && j < p->n_axes; j++) {
        free(p->on[j].mu);
        free(p->on[j].sigma);
        free(p->on[j].inverse);
        free(p->on[j].log_norm);
    }
    free(p->on);
    free(p->log_weight);
    free(p->cumulative);
    free(p->terms);
    *p = (struct parzen){ 0 };
}

static void reserve(struct parzen *p, size_t n)
{
    if (n <= p->cap)
        return;
    p->cap = n + n / 2;
    p->log_weight = mem_resize(p->log_weight, p->cap, sizeof(double));
    p->cumulative = mem_resize(p->cumulative, p->cap, sizeof(double));
    p->terms = mem_resize(p->terms, p->cap, sizeof(double));
    for (int j = 0; j < p->n_axes; j++) {
        p->on[j].mu = mem_resize(p->on[j].mu, p->cap, sizeof(double));
        p->on[j].sigma = mem_resize(p->on[j].sigma, p->cap, sizeof(double));
        p->on[j].inverse = mem_resize(p->on[j].inverse, p->cap, sizeof(double));
        p->on[j].log_norm = mem_resize(p->on[j].log_norm, p->cap, sizeof(double));
    }
}

static void fit_weights(struct parzen *p, const double *weights)
{
    size_t n_rows = p->n - 1;
    double sum = 0;
    for (size_t i = 0; i < n_rows; i++)
        sum += weights ? weights[i] : 1;
    double prior = n_rows > 0 ? sum / (double)n_rows : 1, total = sum + prior, so_far = 0;
    double log_same = dmath_log(prior / total);
    for (size_t i = 0; i < p->n; i++) {
        double w = i == n_rows ? prior : weights ? weights[i] : 1;
        p->log_weight[i] = weights ? dmath_log(w / total) : log_same;
        so_far += w / total;
        p->cumulative[i] = so_far;
    }
}

struct place {
    double u;
    size_t row;
};

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    if (a->u != b->u)
        return a->u < b->u ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

/* Each kernel is as wide as the greater of the gaps to its neighbours; equal points keep the order of their rows. */
static void fit_widths(struct parzen_axis *a, struct place *places, size_t n, size_t prior, enum parzen_rule rule)
{
    double narrowest =
        rule == PARZEN_OPTUNA ? 1 / fmin(100, (double)n + 2) : fmax(0.03, 1 / (((double)n + 2) * ((double)n + 2)));
    bool has_ends = rule == PARZEN_WATANABE || n == 1;
    if (rule == PARZEN_WATANABE)
        places[n++] = (struct place){ 0.5, prior };
    qsort(places, n, sizeof *places, compare_places);
    for (size_t i = 0; i < n; i++) {
        double left = i > 0 ? places[i].u - places[i - 1].u : has_ends ? places[i].u : 0;
        double right = i + 1 < n ? places[i + 1].u - places[i].u : has_ends ? 1 - places[i].u : 0;
        a->sigma[places[i].row] = fmin(fmax(fmax(left, right), narrowest), 1);
    }
}

/* 1 / the share of the kernel that lies within [0, 1]. Beyond 8.3 sigma nothing is lost that a double could hold. */
static double log_inside(double mu, double inverse)
{
    double below = mu * inverse, above = (1 - mu) * inverse;
    double lost = (below < 8.3 ? dmath_ndtr(-below) : 0) + (above < 8.3 ? dmath_ndtr(-above) : 0);
    return lost > 0 ? dmath_log(1 - lost) : 0;
}

static void fit_number(struct parzen *p, int j, const double *rows, struct place *places, enum parzen_rule rule)
{
    struct parzen_axis *a = &p->on[j];
    size_t n_places = 0, prior = p->n - 1;
    for (size_t i = 0; i < p->n; i++) {
        double u = i < prior ? rows[i * (size_t)p->n_axes + (size_t)j] : NAN;
        a->mu[i] = isnan(u) ? 0.5 : u;
        a->sigma[i] = 1;
        if (!isnan(u))
            places[n_places++] = (struct place){ u, i };
    }
    fit_widths(a, places, n_places, prior, rule);
    a->sigma[prior] = 1;
    bool is_real = p->axes[j].kind == AXIS_REAL;
    for (size_t i = 0; i < p->n; i++) {
        a->inverse[i] = 1 / a->sigma[i];
        a->log_norm[i] = -log_inside(a->mu[i], a->inverse[i]);
        if (is_real)
            a->log_norm[i] -= dmath_log(a->sigma[i]) + log_sqrt_2pi;
    }
}

/* Row i is (its choice + 1 / kernels) normalised; the prior's and those of absent parameters are flat. */
static void fit_choice(struct parzen *p, int j, const double *rows)
{
    struct parzen_axis *a = &p->on[j];
    double n_choices = p->axes[j].n_values, extra = 1 / (double)p->n, sum = 1 + n_choices * extra;
    a->log_hit = dmath_log((1 + extra) / sum);
    a->log_miss = dmath_log(extra / sum);
    a->log_flat = -dmath_log(n_choices);
    for (size_t i = 0; i < p->n; i++) {
        double u = i < p->n - 1 ? rows[i * (size_t)p->n_axes + (size_t)j] : NAN;
        a->mu[i] = isnan(u) ? -1 : u;
    }
}

void parzen_fit(struct parzen *p, const struct axis *axes, int n_axes, const double *rows, size_t n_rows,
    const double *weights, enum parzen_rule rule)
{
    if (!p->on) {
        p->on = mem_zalloc((size_t)n_axes, sizeof *p->on);
        p->n_axes = n_axes;
    }
    reserve(p, n_rows + 1);
    p->axes = axes;
    p->n = n_rows + 1;
    fit_weights(p, weights);
    struct place *places = mem_alloc((n_rows + 1) * sizeof *places);
    for (int j = 0; j < n_axes; j++)
        if (axes[j].kind == AXIS_CHOICE)
            fit_choice(p, j, rows);
        else
            fit_number(p, j, rows, places, rule);
    free(places);
}

static size_t draw_kernel(const struct parzen *p, struct rng *r)
{
    double at = rng_double(r) * p->cumulative[p->n - 1];
    size_t low = 0, high = p->n - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (p->cumulative[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void parzen_draw(const struct parzen *p, struct rng *r, double *u)
{
    size_t i = draw_kernel(p, r);
    for (int j = 0; j < p->n_axes; j++) {
        const struct parzen_axis *a = &p->on[j];
        uint32_t n_choices = p->axes[j].n_values;
        if (p->axes[j].kind != AXIS_CHOICE)
            u[j] = dmath_truncated_normal(rng_open(r), a->mu[i], a->sigma[i]);
        else if (a->mu[i] >= 0 && rng_double(r) * (1 + n_choices / (double)p->n) < 1)
            u[j] = a->mu[i];
        else
            u[j] = (double)rng_below(r, n_choices);
    }
}

/* log of the kernel's mass between two points, not yet divided by its mass within [0, 1]; by the density where the mass
 * is too small for a double. */
static double log_mass(double mu, double inverse, double from, double to)
{
    double a = (from - mu) * inverse, b = (to - mu) * inverse;
    double mass = a > 0 ? dmath_ndtr(-a) - dmath_ndtr(-b) : dmath_ndtr(b) - dmath_ndtr(a);
    if (mass > 1e-280)
        return dmath_log(mass);
    double near = a > 0 ? a : b;
    return -0.5 * near * near - log_sqrt_2pi + dmath_log((to - from) * inverse);
}

static void add_real(double *restrict terms, const struct parzen_axis *a, size_t n, double u)
{
    const double *restrict mu = a->mu, *restrict inverse = a->inverse, *restrict log_norm = a->log_norm;
    for (size_t i = 0; i < n; i++) {
        double z = (u - mu[i]) * inverse[i];
        terms[i] += log_norm[i] - 0.5 * z * z;
    }
}

static void add_cells(double *restrict terms, const struct parzen_axis *a, size_t n, const struct axis *axis, double u)
{
    double from, to;
    axis_cell(axis, u, &from, &to);
    for (size_t i = 0; i < n; i++)
        terms[i] += log_mass(a->mu[i], a->inverse[i], from, to) + a->log_norm[i];
}

static void add_choice(double *restrict terms, const struct parzen_axis *a, size_t n, double u)
{
    const double *restrict mu = a->mu;
    for (size_t i = 0; i < n; i++)
        terms[i] += mu[i] == u ? a->log_hit : mu[i] < 0 ? a->log_flat : a->log_miss;
}

double parzen_log_density(struct parzen *p, const double *u)
{
    memcpy(p->terms, p->log_weight, p->n * sizeof(double));
    for (int j = 0; j < p->n_axes; j++) {
        if (isnan(u[j]))
            continue;
        if (p->axes[j].kind == AXIS_REAL)
            add_real(p->terms, &p->on[j], p->n, u[j]);
        else if (p->axes[j].kind == AXIS_CELLS)
            add_cells(p->terms, &p->on[j], p->n, &p->axes[j], u[j]);
        else
            add_choice(p->terms, &p->on[j], p->n, u[j]);
    }
    return dmath_log_sum_exp(p->terms, p->n);
}
