/* dropout.h: which units a step of training keeps.
 * Pure: no I/O, no clock, no globals.
 *
 * All masks of one step come from one stream, (seed, 0, RNG_DROPOUT, step), in the order in which they are asked for,
 * so a step that is done again, by another process after a checkpoint, gets the same ones.
 */
#ifndef RUNG_WORKER_TRAIN_NN_DROPOUT_H
#define RUNG_WORKER_TRAIN_NN_DROPOUT_H

#include <stddef.h>
#include <stdint.h>

#include "worker/train/nn/kernels.h"

struct dropout {
    double p;           /* the share that is dropped, in [0, 1) */
    uint64_t state[32]; /* eight generators side by side */
    const struct kernels *kernels;
};

void dropout_init(struct dropout *d, double p, uint64_t seed, uint64_t step, const struct kernels *kernels);

/* What is kept is multiplied with this: 1 / (1 - p). */
float dropout_scale(const struct dropout *d);

/* n bits, 1 is kept; room for n rounded up to 512. */
void dropout_bits(struct dropout *d, uint32_t *words, size_t n);

/* values[i] = 0 where dropped, else dropout_scale; `words` is scratch for n bits. */
void dropout_values(struct dropout *d, float *values, uint32_t *words, size_t n);

#endif
