/* random_batch.h: batches of random sequences for tests. */
#ifndef RUNG_TESTS_NUM_RANDOM_BATCH_H
#define RUNG_TESTS_NUM_RANDOM_BATCH_H

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/rng.h"
#include "worker/train/nn/batch.h"

/* B sequences of 1 to max_steps frames of F normal numbers; `is_ragged` false makes all max_steps long. */
static inline void random_batch(
    struct batch *b, size_t B, size_t max_steps, bool is_ragged, size_t F, size_t C, uint64_t seed)
{
    struct rng r;
    rng_derive(&r, seed, 0, RNG_TEST, 0);
    struct batch_sequence *sequences = mem_zalloc(B, sizeof *sequences);
    float *frames = mem_alloc(sizeof *frames * B * max_steps * F);
    for (size_t i = 0; i < B * max_steps * F; i++)
        frames[i] = (float)rng_normal(&r);
    size_t n_frames = 0;
    for (size_t i = 0; i < B; i++) {
        uint32_t length = is_ragged ? 1 + (uint32_t)rng_below(&r, max_steps) : (uint32_t)max_steps;
        sequences[i] = (struct batch_sequence){ frames + i * max_steps * F, length, (uint32_t)rng_below(&r, C) };
        n_frames += length;
    }
    batch_init(b, B, max_steps, n_frames, F);
    batch_pack(b, sequences, B, NULL, NULL);
    free(sequences);
    free(frames);
}

#endif
