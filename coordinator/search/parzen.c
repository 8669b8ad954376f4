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
    free(p->blocks);
    free(p->values);
    free(p->tables);
    *p = (struct parzen){ 0 };
}

static void reserve(struct parzen *p, size_t n)
{
    if (n <= p->cap)
        return;
    p->cap = (n + n / 2 + PARZEN_BLOCK) / PARZEN_BLOCK * PARZEN_BLOCK;
    p->log_weight = mem_resize(p->log_weight, p->cap, sizeof(double));
    p->base = mem_resize(p->base, p->cap, sizeof(double));
    p->cumulative = mem_resize(p->cumulative, p->cap, sizeof(double));
    p->places = mem_resize(p->places, p->cap, sizeof *p->places);
    p->blocks = mem_resize(p->blocks, p->cap / PARZEN_BLOCK, sizeof *p->blocks);
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

static void set_kernel(struct parzen *p, int j, size_t row, double sigma)
{
    struct parzen_axis *a = &p->on[j];
    a->sigma[row] = sigma;
    if (p->axes[j].kind == AXIS_REAL) {
        a->scale[row] = sqrt_half / sigma;
        a->log_norm[row] = log_norm(a->mu[row], sigma);
    } else if (sigma == parzen_narrowest) {
        a->code[row] = (uint32_t)parzen_extra(&p->axes[j], a->mu[row]);
    } else {
        a->code[row] = add_class(p, j, a->mu[row], sigma);
    }
}

/* Gives every row that has the number the narrowest kernel, from what is known, and every other the prior's, which is
 * set already. */
static void set_narrow_kernels(struct parzen *p, int j, const double *u, const double *extra)
{
    struct parzen_axis *a = &p->on[j];
    bool is_real = p->axes[j].kind == AXIS_REAL;
    size_t prior = p->n - 1;
    for (size_t i = 0; i < prior; i++) {
        bool is_there = !isnan(u[i]);
        a->mu[i] = is_there ? u[i] : 0.5;
        a->sigma[i] = is_there ? parzen_narrowest : 1;
        if (is_real) {
            a->scale[i] = is_there ? sqrt_half / parzen_narrowest : sqrt_half;
            a->log_norm[i] = is_there && extra ? extra[i] : a->log_norm[prior];
        } else {
            a->code[i] = is_there && extra ? (uint32_t)extra[i] : a->code[prior];
        }
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
static const struct parzen_place *order_places(struct parzen *p, int j, const struct parzen_rows *rows, size_t *n)
{
    if (rows->places) {
        *n = rows->n_places[j];
        return rows->places + (size_t)j * rows->stride;
    }
    const double *u = rows->u + (size_t)j * rows->stride;
    *n = 0;
    for (size_t i = 0; i < rows->n; i++)
        if (!isnan(u[i]))
            p->places[(*n)++] = (struct parzen_place){ u[i], (uint32_t)i };
    qsort(p->places, *n, sizeof *p->places, compare_places);
    return p->places;
}

static double greater(double a, double b)
{
    return a > b ? a : b;
}

/* Each kernel is as wide as the greater of the gaps to its neighbours, an end or the prior's centre among them by
 * PARZEN_WATANABE. Kernels that have their width already are passed over. */
static void fit_widths(
    struct parzen *p, int j, const struct parzen_place *places, size_t n, bool are_narrow, enum parzen_rule rule)
{
    double points = (double)n + 2, none = -INFINITY;
    double least = rule == PARZEN_OPTUNA ? greater(0.01, 1 / points) : greater(parzen_narrowest, 1 / (points * points));
    bool has_ends = rule == PARZEN_WATANABE || n == 1, is_centre_next = rule == PARZEN_WATANABE;
    double left = n > 0 && has_ends ? places[0].u : none; /* the gap */
    for (size_t i = 0; i < n; i++) {
        double u = places[i].u, right = i + 1 < n ? places[i + 1].u - u : has_ends ? 1 - u : none, next = right;
        if (is_centre_next && u > 0.5) { /* the prior's centre lies before this one */
            left = u - 0.5;
            is_centre_next = false;
        } else if (is_centre_next && u + right > 0.5) {
            right = 0.5 - u;
        }
        double gap = greater(left, right);
        if (gap > least || !are_narrow)
            set_kernel(p, j, places[i].row, gap > 1 ? 1 : greater(gap, least));
        left = next;
    }
}

static void fit_number(struct parzen *p, int j, const struct parzen_rows *rows, enum parzen_rule rule)
{
    struct parzen_axis *a = &p->on[j];
    size_t prior = p->n - 1, offset = (size_t)j * rows->stride, n;
    a->n_classes = 0;
    a->mu[prior] = 0.5;
    set_kernel(p, j, prior, 1);
    set_narrow_kernels(p, j, rows->u + offset, rows->extra ? rows->extra + offset : NULL);
    const struct parzen_place *places = order_places(p, j, rows, &n);
    bool are_narrow = rows->extra && rule == PARZEN_WATANABE && n >= 4; /* (4 + 2)^-2 is less */
    fit_widths(p, j, places, n, are_narrow, rule);
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
    for (size_t i = 0; i < rows->n; i++) {
        double u = rows->u[(size_t)j * rows->stride + i];
        a->mu[i] = isnan(u) ? -1 : u;
    }
    a->mu[rows->n] = -1;
}

/* Kernels without weight behind the last one, so that vectors need no remainder. */
static void pad(struct parzen *p)
{
    for (size_t i = p->n; i % 8 != 0; i++) {
        p->base[i] = -INFINITY;
        for (int j = 0; j < p->n_axes; j++) {
            p->on[j].mu[i] = p->on[j].mu[p->n - 1];
            p->on[j].scale[i] = p->on[j].scale[p->n - 1];
            p->on[j].log_norm[i] = p->on[j].log_norm[p->n - 1];
            p->on[j].code[i] = p->on[j].code[p->n - 1];
        }
    }
}

static void bound_blocks(struct parzen *p)
{
    int lead = 0;
    while (lead < p->n_axes - 1 && p->axes[lead].kind != AXIS_REAL)
        lead++;
    const struct parzen_axis *a = &p->on[lead];
    p->lead = p->axes[lead].kind == AXIS_REAL ? lead : -1;
    for (size_t from = 0; from < p->n && p->lead >= 0; from += PARZEN_BLOCK) {
        struct parzen_block b = { a->mu[from], a->mu[from], a->scale[from], p->base[from] };
        for (size_t i = from + 1; i < p->n && i < from + PARZEN_BLOCK; i++) {
            b.low = a->mu[i] < b.low ? a->mu[i] : b.low;
            b.high = a->mu[i] > b.high ? a->mu[i] : b.high;
            b.scale = a->scale[i] < b.scale ? a->scale[i] : b.scale;
            b.base = p->base[i] > b.base ? p->base[i] : b.base;
        }
        p->blocks[from / PARZEN_BLOCK] = b;
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
    pad(p);
    bound_blocks(p);
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
