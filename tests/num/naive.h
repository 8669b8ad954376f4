/* naive.h: the two models once more, in double, one sequence at a time, with keys and values formed: the oracle of the
 * fast ones. */
#ifndef RUNG_TESTS_NUM_NAIVE_H
#define RUNG_TESTS_NUM_NAIVE_H

#include "worker/train/nn/batch.h"
#include "worker/train/nn/model.h"

/* What dropout multiplies with: 0 or 1 / (1 - p). NULL for none. */
struct naive_masks {
    double *layers;    /* (L - 1, N, H), rows as in the batch */
    double *attention; /* (heads, N) */
    double *units;     /* (B, h2): the linear model's */
};

/* The mean cross-entropy; logits (B, C) too, unless NULL. `parameters` as in model.h. */
double naive_loss(const struct model_config *c, const double *parameters, const struct batch *b,
    const struct naive_masks *masks, double *logits);

/* The masks that model_train draws for this seed and step. naive_masks_free accepts a zeroed struct. */
void naive_masks_draw(
    struct naive_masks *m, const struct model_config *c, const struct batch *b, uint64_t seed, uint64_t step);
void naive_masks_free(struct naive_masks *m);

#endif
