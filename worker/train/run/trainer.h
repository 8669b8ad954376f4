/* trainer.h: a model in training: epochs over a data set, their figures, and the state that a checkpoint keeps.
 *
 *     struct trainer *t = trainer_new(&setup, e);
 *     checkpoint_load(t, "checkpoint", e)                      to go on from there (checkpoint.h)
 *     while (trainer_epochs(t) < budget)
 *         trainer_epoch(t, &report, e) …
 *
 * All randomness derives from the trial's seed and from the number of the epoch or step, so training to 9 epochs, and
 * on to 27 in another process on the same kind of processor, gives the same bits as straight to 27.
 */
#ifndef RUNG_WORKER_TRAIN_RUN_TRAINER_H
#define RUNG_WORKER_TRAIN_RUN_TRAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "worker/train/data/split.h"
#include "worker/train/nn/adam.h"
#include "worker/train/nn/average.h"
#include "worker/train/nn/model.h"
#include "worker/train/nn/plateau.h"
#include "worker/train/run/feeder.h"
#include "worker/train/run/settings.h"

struct trainer {
    struct settings settings;
    uint64_t seed;
    const struct data_part *train,
        *validation; /* borrowed; without sequences to validate the training loss drives the rate */
    struct model *model;
    struct adam adam;       /* adam.step counts the steps of all epochs */
    struct average average; /* what is judged and kept; empty when the settings want the last weights */
    struct plateau plateau;
    double learning_rate; /* of the next epoch */
    uint64_t epochs;      /* done so far */
    struct feeder feeder; /* standardises by the moments of the training part */
    uint32_t *order;      /* [train->n] the epoch's order */
};

/* What trainer_new needs. The parts are borrowed until trainer_free; validation may be empty. */
struct trainer_setup {
    struct settings settings;
    uint64_t seed;
    const struct data_part *train, *validation;
};

struct trainer_report {
    uint64_t epoch; /* 1 is the first */
    double train_loss;
    bool has_validation;                         /* else the next two are 0 */
    double validation_loss, validation_accuracy; /* the accuracy is a fraction */
    double learning_rate;                        /* with which this epoch was trained */
    double seconds;                              /* both training and validation */
};

/* Told after each step: `done` of `total` steps of the epoch. May be NULL. */
struct trainer_watch {
    void (*step)(void *arg, size_t done, size_t total);
    void *arg;
};

/* Returns owned (trainer_free), with initial weights. Fails with ERR_INVALID when the settings do not make a model. */
struct trainer *trainer_new(const struct trainer_setup *setup, struct err *e);
void trainer_free(struct trainer *t);

/* One epoch and its validation. Fails with ERR_DIVERGED when a loss is not finite, or the training loss a thousand
 * times that of guessing; the trainer is of no use then. */
int trainer_epoch(struct trainer *t, struct trainer_report *report, const struct trainer_watch *watch, struct err *e);

/* The weights that are judged and kept, model_n_parameters of them: the average where the settings want one, else the
 * last. Borrows until the next epoch. */
const float *trainer_weights(const struct trainer *t);

/* Puts these in their place; training does not go on afterwards. */
void trainer_set_weights(struct trainer *t, const float *weights);

/* Their loss and accuracy over a part that is not empty. */
struct score trainer_evaluate(struct trainer *t, const struct data_part *part);

#endif
