/* adam.h: Adam (Kingma and Ba 2015, algorithm 1) with PyTorch's defaults, in one pass over memory.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_TRAIN_NN_ADAM_H
#define RUNG_WORKER_TRAIN_NN_ADAM_H

#include <stddef.h>
#include <stdint.h>

struct adam {
    size_t n;            /* parameters */
    float *first;        /* [n] mean of the gradients */
    float *second;       /* [n] mean of their squares */
    uint64_t step;       /* steps done */
    double weight_decay; /* added to the gradient as weight_decay * parameter, as torch.optim.Adam does; 0 for none */
    double clip_norm;    /* gradients of a larger Euclidean norm are scaled down to it; 0 for none */
};

/* Zeroed moments for n parameters. adam_deinit frees them and accepts a zeroed struct. */
void adam_init(struct adam *a, size_t n, double weight_decay, double clip_norm);
void adam_deinit(struct adam *a);

/* One step: changes the parameters [n] by the gradients [n], and leaves the gradients zero for the next batch. */
void adam_step(struct adam *a, float *parameters, float *gradients, double learning_rate);

#endif
