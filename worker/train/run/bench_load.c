#include "worker/train/run/bench_load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/rng.h"
#include "worker/train/nn/buffer.h"

/* Sixteenths of the lengths of the 6600 training utterances of Spoken Arabic Digit, whose mean is 39.9. */
static const double quantiles[] = { 4, 27, 31, 32, 34, 36, 37, 38, 39, 41, 42, 44, 45, 47, 50, 54, 93 };
enum { N_PARTS = sizeof quantiles / sizeof *quantiles - 1, MEAN_FRAMES = 40 };

/* The length of which a share of `q` is not longer. */
static uint32_t length_at(double q, size_t frames)
{
    double place = q * N_PARTS;
    size_t part = (size_t)place;
    double length = quantiles[part] + (place - (double)part) * (quantiles[part + 1] - quantiles[part]);
    length = round(length * (double)frames / MEAN_FRAMES);
    return length < 1 ? 1 : (uint32_t)length;
}

void bench_load_init(struct bench_load *l, size_t n, size_t frames, size_t n_features, uint32_t n_classes, bool ragged)
{
    struct rng r;
    uint32_t *order = mem_zalloc(n, sizeof *order);
    *l = (struct bench_load){ .n = n, .n_features = n_features };
    l->sequences = mem_zalloc(n, sizeof *l->sequences);
    rng_derive(&r, 1, 0, RNG_SYNTHETIC, 0);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    rng_shuffle(&r, order, n);
    for (size_t i = 0; i < n; i++) {
        uint32_t length = ragged ? length_at(((double)order[i] + 0.5) / (double)n, frames) : (uint32_t)frames;
        l->sequences[i] = (struct batch_sequence){ NULL, length, (uint32_t)i % n_classes };
        l->n_frames += length;
        l->longest = length > l->longest ? length : l->longest;
    }
    l->frames = buffer_new(l->n_frames * n_features);
    for (size_t i = 0; i < l->n_frames * n_features; i++)
        l->frames[i] = (float)rng_normal(&r);
    const float *at = l->frames;
    for (size_t i = 0; i < n; at += l->sequences[i++].length * n_features)
        l->sequences[i].frames = at;
    free(order);
}

void bench_load_deinit(struct bench_load *l)
{
    free(l->sequences);
    free(l->frames);
    memset(l, 0, sizeof *l);
}
