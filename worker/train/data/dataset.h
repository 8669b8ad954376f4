/* dataset.h: labelled sequences of frames in memory, read from the files that a spec names or generated.
 *
 *     struct data_spec spec;
 *     struct dataset train = { 0 }, test = { 0 };
 *     if (data_spec_parse(&spec, json_get(message, "data"), "/data", e) || dataset_load(&train, &test, &spec, e))
 *         return -1;
 *     struct data_split split = { 0 };                                          (split.h)
 *     if (data_split_init(&split, &train, &test, &spec, campaign_seed, e))
 *         …
 *     data_part_moments(&split.train, mean, scale);
 *
 * Sequence i of d is rows d->starts[i] to d->starts[i + 1] of d->frames: see dataset_frames. A dataset does not change
 * after dataset_load, so any number of threads may read it.
 */
#ifndef RUNG_WORKER_TRAIN_DATA_DATASET_H
#define RUNG_WORKER_TRAIN_DATA_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "worker/train/data/spec.h"

/* Zeroed is empty and valid. Every sequence has at least one frame, every number is finite. */
struct dataset {
    size_t n_sequences;
    size_t n_frames;     /* of all sequences together */
    uint32_t n_features; /* F: numbers of a frame */
    uint32_t n_classes;  /* C */
    uint32_t n_speakers; /* 0 when unknown */
    float *frames;       /* (n_frames, F), row-major, the sequences one behind the other, as the file has them: not
                            standardised */
    size_t *starts;      /* (n_sequences + 1): the first row of each sequence; starts[n_sequences] is n_frames */
    uint32_t *labels;    /* (n_sequences), each below C */
    uint32_t *speakers;  /* (n_sequences), each below n_speakers; NULL when unknown */
    char **class_names;  /* (C): what people call a class, unique */
};

/* Reads or generates the training set, and into `test` the test set. `test` may be NULL: it is not read then (a trial
 * that validates on a part of the training set has no business with it). Where the spec has no test set, `test` becomes
 * empty. The test set has the features of the training set, and its labels mean the same classes. Fails with
 * ERR_NOT_FOUND or ERR_IO when a file cannot be read, ERR_CORRUPT for a damaged or truncated archive, ERR_LIMIT beyond
 * a maximum of limits.h, and ERR_INVALID for bad contents: "Train.txt.xz: line 17: …". Both must be zeroed; they stay
 * so on failure. */
int dataset_load(struct dataset *train, struct dataset *test, const struct data_spec *spec, struct err *e);

void dataset_deinit(struct dataset *d);

/* The first frame of sequence i; dataset_len(d, i) rows of d->n_features follow. Borrows until dataset_deinit. */
static inline const float *dataset_frames(const struct dataset *d, size_t i)
{
    return d->frames + d->starts[i] * d->n_features;
}

/* Frames of sequence i, at least 1. */
static inline size_t dataset_len(const struct dataset *d, size_t i)
{
    return d->starts[i + 1] - d->starts[i];
}

/* Frames of the longest sequence; 0 for an empty set. */
size_t dataset_max_len(const struct dataset *d);

#endif
