/* bench_load.h: random sequences to measure with, all of one length or as ragged as recorded speech. */
#ifndef RUNG_WORKER_TRAIN_RUN_BENCH_LOAD_H
#define RUNG_WORKER_TRAIN_RUN_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/train/nn/batch.h"

struct bench_load {
    size_t n, n_features;
    size_t n_frames, longest;         /* the sum of the lengths, and the largest */
    struct batch_sequence *sequences; /* [n], shorter and longer ones mixed */
    float *frames;                    /* (n_frames, n_features), standard normal */
};

/* n sequences of `frames` frames each. Ragged: of lengths distributed as those of Spoken Arabic Digit, so that a
 * batch of 256 at 40 frames has from 5 to 92, on average 40.3; in proportion for other numbers. */
void bench_load_init(struct bench_load *l, size_t n, size_t frames, size_t n_features, uint32_t n_classes, bool ragged);
void bench_load_deinit(struct bench_load *l);

#endif
