/* average.h: a running mean of the weights, which is judged and kept in place of the last ones (Polyak and Juditsky
 * 1992; as an exponential moving average, as in Tarvainen and Valpola 2017). Pure: no I/O, no clock, no globals.
 *
 * Adam at a constant rate ends each epoch somewhere around the minimum, not in it: the figures of two epochs in a row
 * differ by more than those of two configurations. The mean lies nearer, so a search that compares trials after a few
 * epochs compares less noise.
 */
#ifndef RUNG_WORKER_TRAIN_NN_AVERAGE_H
#define RUNG_WORKER_TRAIN_NN_AVERAGE_H

#include <stddef.h>
#include <stdint.h>

struct average {
    size_t n;       /* parameters; 0: there is no average */
    float *weights; /* [n] */
    double decay;   /* of one step, below 1 */
};

/* An average over about `steps` steps, beginning at the parameters [n]; none when steps is 0. average_deinit frees it
 * and accepts a zeroed struct. */
void average_init(struct average *a, const float *parameters, size_t n, double steps);
void average_deinit(struct average *a);

/* After step number `step` (from 1). Early on the mean is over fewer: the decay is at most (1 + step) / (10 + step). */
void average_step(struct average *a, const float *parameters, uint64_t step);

/* Exchanges the average and the parameters: for judging, and a second time to go on. */
void average_swap(struct average *a, float *parameters);

#endif
