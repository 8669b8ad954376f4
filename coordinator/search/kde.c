#include "coordinator/search/kde.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/dmath.h"
#include "common/base/mem.h"
#include "common/base/wide.h"

static const double min_bandwidth = 1e-3, draw_factor = 3, log_sqrt_2pi = 0.91893853320467274178;

void kde_deinit(struct kde *k)
{
    free(k->columns);
    free(k->terms);
    *k = (struct kde){ 0 };
}

/* A row of `rows` in which column j is there, at random; n_rows when there is none. */
static size_t pick_donor(const double *rows, size_t n_rows, size_t n, size_t j, struct rng *r)
{
    size_t n_donors = 0;
    for (size_t i = 0; i < n_rows; i++)
        n_donors += !isnan(rows[i * n + j]);
    if (n_donors == 0)
        return n_rows;
    uint64_t skip = rng_below(r, n_donors);
    size_t i = 0;
    while (isnan(rows[i * n + j]) || skip-- > 0)
        i++;
    return i;
}

/* Fills what is absent from rows of the same set, all that one row can give at once; from the prior if none can. */
static void fill_row(struct kde *k, double *row, const double *rows, size_t n_rows, struct rng *r)
{
    size_t n = (size_t)k->n_axes;
    for (size_t j = 0; j < n; j++) {
        if (!isnan(row[j]))
            continue;
        size_t donor = pick_donor(rows, n_rows, n, j, r);
        if (donor == n_rows)
            row[j] = k->axes[j].kind == AXIS_CHOICE ? (double)rng_below(r, k->axes[j].n_values) : rng_double(r);
        for (size_t i = j; i < n && donor < n_rows; i++)
            if (isnan(row[i]))
                row[i] = rows[donor * n + i];
    }
}

/* 1.06 standard deviations times n^(-1 / (4 + d)), for choices too: their index is taken as a number. */
static double fit_bandwidth(const struct kde *k, int j)
{
    const double *column = k->columns + (size_t)j * k->n;
    double mean = 0, square = 0;
    for (size_t i = 0; i < k->n; i++)
        mean += column[i];
    mean /= (double)k->n;
    for (size_t i = 0; i < k->n; i++) {
        double off = column[i] - mean;
        square += off * off;
    }
    double shrink = dmath_exp(-dmath_log((double)k->n) / (4 + k->n_axes));
    double h = fmax(1.06 * sqrt(square / (double)k->n) * shrink, min_bandwidth);
    double c = k->axes[j].n_values;
    return k->axes[j].kind == AXIS_CHOICE ? fmin(h, (c - 1) / c) : h;
}

void kde_fit(struct kde *k, const struct axis *axes, int n_axes, const double *rows, size_t n_rows, struct rng *r)
{
    assert(n_rows > 0);
    if (n_rows > k->cap) {
        k->cap = n_rows + n_rows / 2;
        k->columns = mem_resize(k->columns, k->cap, (size_t)n_axes * sizeof(double));
        k->terms = mem_resize(k->terms, k->cap, sizeof(double));
    }
    k->axes = axes;
    k->n_axes = n_axes;
    k->n = n_rows;
    for (size_t i = 0; i < n_rows; i++) {
        double row[LIMIT_PARAMS];
        memcpy(row, rows + i * (size_t)n_axes, (size_t)n_axes * sizeof(double));
        fill_row(k, row, rows, n_rows, r);
        for (int j = 0; j < n_axes; j++)
            k->columns[(size_t)j * n_rows + i] = row[j];
    }
    k->log_norm = -dmath_log((double)n_rows);
    for (int j = 0; j < n_axes; j++) {
        k->bandwidth[j] = fit_bandwidth(k, j);
        if (axes[j].kind != AXIS_CHOICE)
            k->log_norm -= dmath_log(k->bandwidth[j]) + log_sqrt_2pi;
    }
}

void kde_draw(const struct kde *k, struct rng *r, double *u)
{
    size_t row = rng_below(r, k->n);
    for (int j = 0; j < k->n_axes; j++) {
        double h = k->bandwidth[j], datum = k->columns[(size_t)j * k->n + row];
        if (k->axes[j].kind != AXIS_CHOICE)
            u[j] = dmath_truncated_normal(rng_open(r), datum, draw_factor * h);
        else if (rng_double(r) < 1 - h)
            u[j] = datum;
        else
            u[j] = (double)rng_below(r, k->axes[j].n_values);
    }
}

WIDE_VECTORS
static void add_number(double *restrict terms, const double *restrict column, size_t n, double u, double h)
{
    for (size_t i = 0; i < n; i++) {
        double z = (u - column[i]) / h;
        terms[i] -= 0.5 * z * z;
    }
}

static void add_choice(double *terms, const double *column, size_t n, double u, double h, double n_choices)
{
    if (n_choices < 2)
        return;
    double log_hit = dmath_log(1 - h), log_miss = dmath_log(h / (n_choices - 1));
    for (size_t i = 0; i < n; i++)
        terms[i] += column[i] == u ? log_hit : log_miss;
}

double kde_log_density(struct kde *k, const double *u)
{
    for (size_t i = 0; i < k->n; i++)
        k->terms[i] = 0;
    for (int j = 0; j < k->n_axes; j++) {
        const double *column = k->columns + (size_t)j * k->n;
        if (k->axes[j].kind == AXIS_CHOICE)
            add_choice(k->terms, column, k->n, u[j], k->bandwidth[j], k->axes[j].n_values);
        else
            add_number(k->terms, column, k->n, u[j], k->bandwidth[j]);
    }
    return k->log_norm + dmath_log_sum_exp(k->terms, k->n);
}
