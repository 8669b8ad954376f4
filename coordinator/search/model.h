/* model.h: what the results say about where good configurations are: one density of the good, one of the others.
 * Pure: no I/O, no clock, no globals.
 *
 * The Tree-structured Parzen Estimator (Bergstra et al. 2011): candidates are drawn from the density l of the good ones
 * and compared by l(x) / g(x). Two kinds behind one door: MODEL_DEFAULT has Parzen kernels (model_parzen.c, parzen.h),
 * MODEL_BOHB the kernel density estimate that BOHB published (model_kde.c, kde.h).
 */
#ifndef RUNG_COORDINATOR_SEARCH_MODEL_H
#define RUNG_COORDINATOR_SEARCH_MODEL_H

#include <stdbool.h>

#include "common/domain/spec.h"
#include "coordinator/search/history.h"
#include "coordinator/search/kde.h"
#include "coordinator/search/parzen.h"

/* Observations as the estimators take them; memory that is used again. */
struct model_scratch {
    size_t n, cap;               /* observations */
    uint32_t *trials;            /* n numbers: the good, best first, then the bad */
    double *u;                   /* (n_params, cap) for Parzen kernels, (n, n_params) for the KDE: places on the axes */
    double *extra;               /* (n_params, cap): parzen_extra */
    struct parzen_place *places; /* (n_params, cap): of the bad, ascending on each axis */
    uint32_t n_places[LIMIT_PARAMS];
    uint32_t *row_of; /* by history_row: 1 + its row among the bad, or 0 */
    uint32_t *others; /* scratch, as long as row_of */
    size_t cap_row_of;
};

struct model {
    const struct model_kind *kind;
    int level;     /* whose results it was built on */
    int n_good;    /* observations in l */
    int n_bad;     /* observations in g, with those pending */
    int n_pending; /* running trials among them */
    struct model_scratch scratch;
    struct parzen good, bad;      /* of MODEL_DEFAULT */
    struct kde good_kde, bad_kde; /* of MODEL_BOHB */
};

void model_init(struct model *m, enum search_model kind);
void model_deinit(struct model *m);

/* The share of proposals that are drawn from the prior although there is a model. */
double model_random_share(const struct model *m);

/* The highest level with results enough for a model, one of them not a failure: 2 (d + 1), by MODEL_DEFAULT at most 18,
 * failures included; -1: none yet. */
int model_level(const struct model *m, struct history *h);

/* Builds the model on the results of `level`. `r` is for kinds that fill gaps at random. */
void model_fit(struct model *m, struct history *h, int level, struct rng *r);

void model_draw(const struct model *m, struct rng *r, double *u);

/* log l - log g of n <= PARZEN_POINTS candidates, (n, n_params): `drawn` as model_draw gave them, `u` the
 * configurations that they became. Always finite. */
void model_score(struct model *m, const double *drawn, const double *u, int n, double *scores);

/* How the n results of a level, best first, are divided by MODEL_DEFAULT: the first so many are good. */
int64_t model_n_good(int64_t n);

#endif
