/* plateau.h: a learning rate that falls when the loss stops falling (PyTorch's ReduceLROnPlateau, mode min, relative
 * threshold). Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_TRAIN_NN_PLATEAU_H
#define RUNG_WORKER_TRAIN_NN_PLATEAU_H

#include <stdint.h>

struct plateau {
    double factor;     /* the rate is multiplied by this */
    double threshold;  /* better means below best * (1 - threshold) */
    uint32_t patience; /* epochs without a better loss that are borne; the one after them acts */
    double best;       /* infinity before the first */
    uint32_t n_bad;    /* epochs since the best, or since the last fall */
};

void plateau_init(struct plateau *p, double factor, uint32_t patience);

/* Takes an epoch's loss and returns the rate for the next epoch: `rate`, or less. */
double plateau_step(struct plateau *p, double loss, double rate);

#endif
