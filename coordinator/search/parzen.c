#include "coordinator/search/parzen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/dmath.h"
#include "common/base/mem.h"

static const double log_sqrt_2pi = 0.91893853320467274178, sqrt_half = 0.70710678118654752440;

const double parzen_narrowest = 0.03;

void parzen_deinit(struct parzen *p)
{
    for (int j = 0; p->on && j < p->n_axes; j++) {
        free(p->on[j].mu);
        free(p->on[j].sigma);
        free(p->on[j].scale);
        free(p->on[j].log_norm);
        free(p->on[j].code);
        free(p->on[j].classes);
        free(p->on[j].narrow);
    }
    free(p->on);
    free(p->log_weight);
    free(p->base);
    free(p->cumulative);
    free(p->places);
    free(p->values);
    free(p->tables);
    *p = (struct parzen){ 0 };
}

static void reserve(struct parzen *p, size_t n)
{
    if (n <= p->cap)
        return;
    p->cap = n + n / 2;
    p->log_weight = mem_resize(p->log_weight, p->cap, sizeof(double));
    p->base = mem_resize(p->base, p->cap, sizeof(double));
    p->cumulative = mem_resize(p->cumulative, p->cap, sizeof(double));
    p->places = mem_resize(p->places, p->cap, sizeof *p->places);
    for (int j = 0; j < p->n_axes; j++) {
        struct parzen_axis *a = &p->on[j];
        a->mu = mem_resize(a->mu, p->cap, sizeof(double));
        a->sigma = mem_resize(a->sigma, p->cap, sizeof(double));
        a->scale = mem_resize(a->scale, p->cap, sizeof(double));
        a->log_norm = mem_resize(a->log_norm, p->cap, sizeof(double));
        a->code = mem_resize(a->code, p->cap, sizeof *a->code);
    }
}

static void fit_weights(struct parzen *p, const double *weights)
{
    size_t n_rows = p->n - 1;
    double sum = 0, so_far = 0;
    for (size_t i = 0; i < n_rows; i++)
        sum += weights ? weights[i] : 1;
    double prior = n_rows > 0 ? sum / (double)n_rows : 1, total = sum + prior, log_same = dmath_log(prior / total);
    for (size_t i = 0; i < p->n; i++) {
        double w = i == n_rows ? prior : weights ? weights[i] : 1;
        p->log_weight[i] = weights ? dmath_log(w / total) : log_same;
        so_far += w;
        p->cumulative[i] = so_far;
    }
}

double parzen_log_inside(double mu, double sigma)
{
    /* Beyond 8.3 sigma nothing is lost that a double could hold. */
    double below = mu / sigma, above = (1 - mu) / sigma;
    double lost = (below < 8.3 ? dmath_ndtr(-below) : 0) + (above < 8.3 ? dmath_ndtr(-above) : 0);
    return lost > 0 ? dmath_log(1 - lost) : 0;
}

double parzen_log_mass(double mu, double sigma, double from, double to)
{
    double a = (from - mu) / sigma, b = (to - mu) / sigma;
    double mass = a > 0 ? dmath_ndtr(-a) - dmath_ndtr(-b) : dmath_ndtr(b) - dmath_ndtr(a);
    if (mass > 1e-280)
        return dmath_log(mass);
    double near = a > 0 ? a : b; /* too small for a double: by the density */
    return -0.5 * near * near - log_sqrt_2pi + dmath_log((to - from) / sigma);
}

static double log_norm(double mu, double sigma)
{
    return -dmath_log(sigma) - log_sqrt_2pi - parzen_log_inside(mu, sigma);
}

double parzen_extra(const struct axis *a, double u)
{
    double from, to;
    if (isnan(u) || a->kind == AXIS_CHOICE)
        return 0;
    return a->kind == AXIS_REAL ? log_norm(u, parzen_narrowest) : axis_cell(a, u, &from, &to);
}

static uint32_t add_class(struct parzen *p, int j, double mu, double sigma)
{
    struct parzen_axis *a = &p->on[j];
    a->classes = mem_grow(a->classes, a->n_classes, &a->cap_classes, sizeof *a->classes);
    a->classes[a->n_classes] = (struct parzen_class){ mu, sigma, parzen_log_inside(mu, sigma) };
    return p->axes[j].n_values + (uint32_t)a->n_classes++;
}

static void set_kernel(struct parzen *p, int j, size_t row, double sigma, const double *extra)
{
    struct parzen_axis *a = &p->on[j];
    a->sigma[row] = sigma;
    bool is_narrow = sigma == parzen_narrowest;
    if (p->axes[j].kind == AXIS_REAL) {
        a->scale[row] = sqrt_half / sigma;
        a->log_norm[row] = is_narrow && extra ? *extra : log_norm(a->mu[row], sigma);
    } else if (is_narrow) {
        a->code[row] = (uint32_t)(extra ? *extra : parzen_extra(&p->axes[j], a->mu[row]));
    } else {
        a->code[row] = add_class(p, j, a->mu[row], sigma);
    }
}

static int compare_places(const void *left, const void *right)
{
    const struct parzen_place *a = left, *b = right;
    if (a->u != b->u)
        return a->u < b->u ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

/* The rows that have the number, ascending; equal ones in the order of their rows, or in the order given. */
static size_t order_places(struct parzen *p, int j, const struct parzen_rows *rows)
{
    size_t n = 0, n_axes = (size_t)p->n_axes, column = (size_t)j;
    for (size_t i = 0; i < rows->n; i++)
        if (!isnan(rows->u[i * n_axes + column]))
            p->places[n++] = (struct parzen_place){ rows->u[i * n_axes + column], (uint32_t)i };
    if (!rows->order)
        qsort(p->places, n, sizeof *p->places, compare_places);
    for (size_t i = 0; rows->order && i < n; i++) {
        uint32_t row = rows->order[column * rows->n + i];
        p->places[i] = (struct parzen_place){ rows->u[row * n_axes + column], row };
    }
    return n;
}

/* Each kernel is as wide as the greater of the gaps to its neighbours. */
static void fit_widths(struct parzen *p, int j, size_t n, const struct parzen_rows *rows, enum parzen_rule rule)
{
    const struct parzen_place *places = p->places;
    double points = (double)n + 2;
    double least = rule == PARZEN_OPTUNA ? 1 / fmin(100, points) : fmax(parzen_narrowest, 1 / (points * points));
    bool has_ends = rule == PARZEN_WATANABE || n == 1, is_centre_next = rule == PARZEN_WATANABE;
    double previous = has_ends ? 0 : NAN;
    for (size_t i = 0; i < n; i++) {
        double next = i + 1 < n ? places[i + 1].u : has_ends ? 1 : NAN;
        if (is_centre_next && places[i].u > 0.5) { /* the prior's centre lies before this one */
            previous = 0.5;
            is_centre_next = false;
        } else if (is_centre_next && !(next <= 0.5)) {
            next = 0.5;
        }
        double gap = fmax(places[i].u - previous, next - places[i].u);
        const double *extra = rows->extra ? rows->extra + places[i].row * (size_t)p->n_axes + j : NULL;
        set_kernel(p, j, places[i].row, fmin(fmax(gap, least), 1), extra);
        previous = places[i].u;
    }
}

static void fit_number(struct parzen *p, int j, const struct parzen_rows *rows, enum parzen_rule rule)
{
    struct parzen_axis *a = &p->on[j];
    size_t prior = p->n - 1;
    a->n_classes = 0;
    a->mu[prior] = 0.5;
    set_kernel(p, j, prior, 1, NULL);
    for (size_t i = 0; i < prior; i++) {
        a->mu[i] = rows->u[i * (size_t)p->n_axes + (size_t)j];
        if (!isnan(a->mu[i]))
            continue;
        a->mu[i] = 0.5;
        a->sigma[i] = 1;
        a->scale[i] = a->scale[prior];
        a->log_norm[i] = a->log_norm[prior];
        a->code[i] = a->code[prior];
    }
    fit_widths(p, j, order_places(p, j, rows), rows, rule);
    for (size_t i = 0; i < p->n && p->axes[j].kind == AXIS_REAL; i++)
        p->base[i] += a->log_norm[i];
}

/* Row i is (its choice + 1 / kernels) normalised; the prior's and those of absent parameters are flat. */
static void fit_choice(struct parzen *p, int j, const struct parzen_rows *rows)
{
    struct parzen_axis *a = &p->on[j];
    double n_choices = p->axes[j].n_values, extra = 1 / (double)p->n, sum = 1 + n_choices * extra;
    a->log_hit = dmath_log((1 + extra) / sum);
    a->log_miss = dmath_log(extra / sum);
    a->log_flat = -dmath_log(n_choices);
    for (size_t i = 0; i < p->n; i++) {
        double u = i < rows->n ? rows->u[i * (size_t)p->n_axes + (size_t)j] : NAN;
        a->mu[i] = isnan(u) ? -1 : u;
    }
}

void parzen_fit(
    struct parzen *p, const struct axis *axes, int n_axes, const struct parzen_rows *rows, enum parzen_rule rule)
{
    if (!p->on) {
        p->on = mem_zalloc((size_t)n_axes, sizeof *p->on);
        p->n_axes = n_axes;
        p->axes = axes;
    }
    reserve(p, rows->n + 1);
    p->n = rows->n + 1;
    fit_weights(p, rows->weights);
    memcpy(p->base, p->log_weight, p->n * sizeof(double));
    for (int j = 0; j < n_axes; j++)
        if (axes[j].kind == AXIS_CHOICE)
            fit_choice(p, j, rows);
        else
            fit_number(p, j, rows, rule);
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
