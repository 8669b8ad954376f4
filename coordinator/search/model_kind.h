/* model_kind.h: what the kinds of models have in common, for model.c and the kinds alone.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_SEARCH_MODEL_KIND_H
#define RUNG_COORDINATOR_SEARCH_MODEL_KIND_H

#include "coordinator/search/model.h"

struct model_kind {
    double random_share;
    size_t most_startup; /* results after which there is a model, however many parameters there are */
    void (*fit)(struct model *m, struct history *h, struct rng *r); /* on m->level; sets the counts */
    void (*draw)(const struct model *m, struct rng *r, double *u);
    void (*score)(struct model *m, const double *drawn, const double *u, int n, double *scores);
};

extern const struct model_kind model_parzen, model_kde;

size_t model_n_finite(struct ranking *results); /* how many did not fail */

#endif
