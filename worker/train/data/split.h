/* split.h: which sequences train and which validate, and the mean and scale of a part.
 * Pure: no I/O, no clock, no globals.
 *
 * The split follows from the campaign's seed and the data alone, so that every trial of a campaign is judged on the
 * same sequences.
 */
#ifndef RUNG_WORKER_TRAIN_DATA_SPLIT_H
#define RUNG_WORKER_TRAIN_DATA_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "worker/train/data/dataset.h"
#include "worker/train/data/spec.h"

/* Some sequences of a data set. Zeroed is empty and valid. */
struct data_part {
    const struct dataset *of; /* borrows until the part is gone */
    uint32_t *sequences;      /* (n), ascending: indices into `of`; owned */
    size_t n;
};

struct data_split {
    enum data_validation by;     /* how it was divided, for the record: never DATA_BY_KNOWN */
    struct data_part train;      /* never empty; of the training set */
    struct data_part validation; /* of the training set, or the whole test set; empty with DATA_BY_NONE alone */
};

/* "speaker", "stratified", "test", "none": as the spec has it; "known" for DATA_BY_KNOWN. */
const char *data_validation_name(enum data_validation by);

/* Divides `train` as the spec says. `test` may be NULL unless spec->validation is DATA_BY_TEST.
 *
 * About spec->validation_share of each class goes to validation. Units that stay together: the sequences of a speaker
 * where the division is by speaker, and exact duplicates always. Training keeps at least one sequence of each class it
 * can, validation gets one where that leaves training another. Fails with ERR_INVALID when nothing can be divided (one
 * speaker only, by speaker). `split` must be zeroed and stays so on failure. */
int data_split_init(struct data_split *split, const struct dataset *train, const struct dataset *test,
    const struct data_spec *spec, uint64_t campaign_seed, struct err *e);
void data_split_deinit(struct data_split *split);

/* All sequences of d, for the final figure on the test set. */
void data_part_init_whole(struct data_part *part, const struct dataset *d);
void data_part_deinit(struct data_part *part);

/* Mean of each feature over all frames of the part, and the scale to divide by: mean (F), scale (F). The scale is one
 * for all features where their standard deviations are within a factor of ten (the root of their mean variance), else
 * each feature's own; one that does not vary has 1 then. Summed in double, in order. Standardised is (x - mean) /
 * scale. */
void data_part_moments(const struct data_part *part, float *mean, float *scale);

#endif
