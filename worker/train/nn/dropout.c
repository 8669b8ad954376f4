#include "worker/train/nn/dropout.h"

#include "common/base/rng.h"

void dropout_init(struct dropout *d, double p, uint64_t seed, uint64_t step, const struct kernels *kernels)
{
    d->p = p;
    d->kernels = kernels;
    struct rng r;
    rng_derive(&r, seed, 0, RNG_DROPOUT, step);
    for (size_t i = 0; i < 32; i++)
        d->state[i] = rng_u64(&r);
}

float dropout_scale(const struct dropout *d)
{
    return (float)(1 / (1 - d->p));
}

void dropout_bits(struct dropout *d, uint32_t *words, size_t n)
{
    d->kernels->mask_fill(words, (n + 511) / 512 * 16, d->state, (uint32_t)(d->p * 4294967296.0));
}

void dropout_values(struct dropout *d, float *values, uint32_t *words, size_t n)
{
    float scale = dropout_scale(d);
    dropout_bits(d, words, n);
    for (size_t i = 0; i < n; i++)
        values[i] = words[i / 32] >> (i % 32) & 1 ? scale : 0;
}
