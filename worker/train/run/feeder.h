/* feeder.h: sequences of a data set, standardised and packed into batches; and what a model makes of a whole part. */
#ifndef RUNG_WORKER_TRAIN_RUN_FEEDER_H
#define RUNG_WORKER_TRAIN_RUN_FEEDER_H

#include <stddef.h>
#include <stdint.h>

#include "worker/train/data/split.h"
#include "worker/train/nn/batch.h"
#include "worker/train/nn/model.h"

struct feeder {
    size_t n_features;
    float *mean, *scale, *factor; /* [F] a feature becomes (x - mean) * factor; factor is 1 / scale */
    struct batch batch;
    struct batch_sequence *chosen; /* [batch.max_sequences] */
};

/* mean and scale [F] are copied; NULL for both leaves features as they are. feeder_deinit accepts a zeroed struct. */
void feeder_init(struct feeder *f, size_t n_features, const float *mean, const float *scale);
void feeder_deinit(struct feeder *f);

/* Room for any n sequences of this part. */
void feeder_reserve(struct feeder *f, const struct data_part *part, size_t n);

/* Packs the sequences at these places of the part into f->batch. */
void feeder_pack(struct feeder *f, const struct data_part *part, const uint32_t *places, size_t n);

/* What a part gives: mean loss, and the share that is right. */
struct score {
    double loss, accuracy;
};

/* Loss and accuracy of m over a part that is not empty, in batches of `size` sequences; `confusion` (C, C), rows the
 * truth, is added to unless NULL. */
struct score feeder_evaluate(
    struct feeder *f, struct model *m, const struct data_part *part, size_t size, uint64_t *confusion);

#endif
