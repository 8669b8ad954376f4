/* material.h: the data of one run: the sets, and their division into training, validation and test. */
#ifndef RUNG_WORKER_TRAIN_RUN_MATERIAL_H
#define RUNG_WORKER_TRAIN_RUN_MATERIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "worker/train/data/dataset.h"
#include "worker/train/data/spec.h"
#include "worker/train/data/split.h"

/* Zeroed is empty and valid. */
struct material {
    struct data_spec spec;
    struct dataset train, test; /* test is empty unless it was asked for, or the spec needs it */
    struct data_split split;
};

/* Loads what the spec names and divides it. The test set is read only where the spec validates or evaluates on it, or
 * `with_test` asks for it. Errors as dataset_load and data_split_init; m must be zeroed and stays so on failure. */
int material_open(
    struct material *m, const struct data_spec *spec, bool with_test, uint64_t campaign_seed, struct err *e);

void material_close(struct material *m);

#endif
