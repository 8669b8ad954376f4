/* jitter.h: what a training batch is changed by, so that the model cannot lean on what differs from speaker to speaker
 * or from recording to recording. Validation and test sequences are never changed.
 * Pure: no I/O, no clock, no globals.
 *
 * Three changes of the features as the model sees them (standardised, where the settings standardise):
 * - shift: a constant for each feature of a sequence, as another microphone or throat gives cepstra (the variation that
 *   cepstral mean subtraction removes: Atal 1974);
 * - stretch: a factor for each feature of a sequence;
 * - noise: a number for each value (Bishop 1995, "Training with noise is equivalent to Tikhonov regularization").
 * All are normal, with the standard deviation given. Those of one step come from one stream, (seed, 0,
 * RNG_JITTER_BATCH, step), so a step that is done again, by another process after a checkpoint, gets the same ones.
 */
#ifndef RUNG_WORKER_TRAIN_NN_JITTER_H
#define RUNG_WORKER_TRAIN_NN_JITTER_H

#include <stdint.h>

#include "worker/train/nn/batch.h"

struct jitter {
    double shift, stretch, noise; /* standard deviations, at least 0 */
};

/* Changes the features of b in place: x becomes x (1 + stretch n1) + shift n2 + noise n3, n1 and n2 drawn once for a
 * feature of a sequence. Nothing at all when the three are 0. */
void jitter_apply(const struct jitter *j, struct batch *b, uint64_t seed, uint64_t step);

#endif
