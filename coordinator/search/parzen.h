/* parzen.h: Parzen estimators for TPE: a mixture of one kernel an observation and the prior's.
 * Pure: no I/O, no clock, no globals.
 *
 * Numbers have Gaussian kernels truncated to the range, whose width follows the distance to the neighbours (Bergstra et
 * al. 2011; the rules are those of Optuna and of Watanabe 2023); on a grid of few values, the kernel's mass over the
 * cell. Choices have the observed one, smoothed. A kernel is the product over all axes: the estimate is multivariate.
 *
 * An observation in which a parameter was absent says nothing about it: there its kernel is the prior's. A point in
 * which a parameter is absent is judged by the others, since whether it is there follows from them. Drawing a kernel,
 * then every axis from it, then dropping what `when` forbids has exactly this density; nothing is imputed.
 */
#ifndef RUNG_COORDINATOR_SEARCH_PARZEN_H
#define RUNG_COORDINATOR_SEARCH_PARZEN_H

#include <stddef.h>

#include "common/base/rng.h"
#include "coordinator/search/axis.h"

enum {
    PARZEN_POINTS = 64, /* that are judged at once */
    PARZEN_BLOCK = 256  /* kernels that are judged together: they stay in the nearest cache */
};

enum parzen_rule {
    PARZEN_WATANABE, /* neighbours, the prior's centre and both ends count; narrowest max(0.03, (n + 2)^-2) */
    PARZEN_OPTUNA    /* neighbours alone count, ends only for a single point; narrowest 1 / min(100, n + 2) */
};

/* Kernels on an axis of cells that have the same centre and width. */
struct parzen_class {
    double mu, sigma, log_inside; /* log of the mass within [0, 1] */
};

struct parzen_axis {
    double *mu;       /* of kernels: the centre, or the choice; -1 for a flat kernel over choices */
    double *sigma;    /* not of choices */
    double *scale;    /* AXIS_REAL: 1 / (sigma sqrt 2) */
    double *log_norm; /* AXIS_REAL: log of 1 / (sigma sqrt(2 pi) mass within [0, 1]) */
    uint32_t *code;   /* AXIS_CELLS: the kernel's class; below n_values: of the narrowest kernel in that cell */
    struct parzen_class *classes; /* those from n_values on */
    size_t n_classes, cap_classes;
    double *narrow;                     /* AXIS_CELLS: (cell, class) of the narrowest kernels, NaN until it is asked */
    double log_hit, log_miss, log_flat; /* of choices */
};

/* What bounds the kernels of a block from above, on the first AXIS_REAL. */
struct parzen_block {
    double low, high; /* their centres lie between */
    double scale;     /* the least */
    double base;      /* the greatest */
};

struct parzen_place {
    double u;
    uint32_t row;
};

/* Zeroed is valid and has no kernels. */
struct parzen {
    const struct axis *axes; /* borrowed; always the same */
    int n_axes;
    size_t n, cap;      /* kernels; the last is the prior's. Behind them up to a multiple of 8 without weight */
    double *log_weight; /* normalised */
    double *base;       /* log_weight and the log_norm of all AXIS_REAL */
    int lead;           /* the first AXIS_REAL, or -1 */
    struct parzen_block *blocks; /* of PARZEN_BLOCK kernels */
    double *cumulative;          /* of the weights */
    struct parzen_axis *on;
    struct parzen_place *places;  /* scratch */
    struct parzen_values *values; /* scratch, by axis: of parzen_score.c */
    double *tables;               /* scratch: of the axes of cells and choices, for the points that are judged */
    size_t cap_tables;
};

/* Observations. What may be NULL is then found out. */
struct parzen_rows {
    size_t n;
    size_t stride;                     /* >= n: from one axis to the next in what follows */
    const double *u;                   /* (n_axes, n): points on the axes, NaN where absent */
    const double *extra;               /* (n_axes, n): parzen_extra of each; or NULL */
    const struct parzen_place *places; /* (n_axes, n_places[axis]): those that have the number, ascending; or NULL */
    const uint32_t *n_places;
    const double *weights; /* n positive numbers, or NULL for all 1; the prior weighs their mean */
};

void parzen_deinit(struct parzen *p);
void parzen_fit(
    struct parzen *p, const struct axis *axes, int n_axes, const struct parzen_rows *rows, enum parzen_rule rule);

/* What a narrowest kernel at u needs and is slow to compute: its log_norm, or its cell. */
double parzen_extra(const struct axis *a, double u);

void parzen_draw(const struct parzen *p, struct rng *r, double *u);

/* The logarithms of the densities (of the mass, for cells and choices) at points (n_points, n_axes), n_points at most
 * PARZEN_POINTS. Always finite. */
void parzen_log_densities(struct parzen *p, const double *points, int n_points, double *out);

/* The floor of a kernel's width by PARZEN_WATANABE, from four observations on: once there are many, most have it. */
extern const double parzen_narrowest;

/* The pieces of the truncated normal: the logarithm of the kernel's mass within [0, 1], and between two points. */
double parzen_log_inside(double mu, double sigma);
double parzen_log_mass(double mu, double sigma, double from, double to);

#endif
