#include "worker/train/nn/jitter.h"

#include "common/base/rng.h"

/* Adds noise to one row of n features. */
static void add_noise(float *x, size_t n, double deviation, struct rng *r)
{
    for (size_t f = 0; f < n; f++)
        x[f] += (float)(deviation * rng_normal(r));
}

/* One feature of sequence i, in all its frames. */
static void change_feature(struct batch *b, size_t i, size_t feature, float factor, float shift)
{
    for (size_t step = 0; step < b->lengths[i]; step++) {
        float *x = b->x + (b->offsets[step] + i) * b->stride + feature;
        *x = *x * factor + shift;
    }
}

void jitter_apply(const struct jitter *j, struct batch *b, uint64_t seed, uint64_t step)
{
    if (j->shift == 0 && j->stretch == 0 && j->noise == 0)
        return;
    struct rng r;
    rng_derive(&r, seed, 0, RNG_JITTER_BATCH, step);
    for (size_t i = 0; i < b->n_sequences; i++)
        for (size_t f = 0; f < b->n_features; f++) {
            double factor = 1 + j->stretch * rng_normal(&r);
            change_feature(b, i, f, (float)factor, (float)(j->shift * rng_normal(&r)));
        }
    if (j->noise > 0)
        for (size_t row = 0; row < b->n_frames; row++)
            add_noise(b->x + row * b->stride, b->n_features, j->noise, &r);
}
