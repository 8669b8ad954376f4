/* gru.h: one GRU layer over a packed batch, with the gates r, z, n and the reset of PyTorch and cuDNN.
 * Pure: no I/O, no clock, no globals.
 *
 *     r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)          n  = tanh(W_in x + b_in + r * (W_hn h + b_hn))
 *     z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)          h' = (1 - z) * n + z * h
 *
 * (Cho et al. 2014; the reset is applied after the recurrent product.) The input's product is one for all steps; the
 * recurrent one is done step by step over the active sequences alone, together with the gates. H is padded to whole
 * vectors inside: padded units have zero weights and zero states, forward and backward.
 */
#ifndef RUNG_WORKER_TRAIN_NN_GRU_H
#define RUNG_WORKER_TRAIN_NN_GRU_H

#include <stddef.h>
#include <stdint.h>

#include "worker/train/nn/batch.h"
#include "worker/train/nn/kernels.h"
#include "worker/train/nn/profile.h"

/* Slices of the flat parameters (or gradients), in PyTorch's shapes. */
struct gru_tensors {
    float *w_ih; /* (3H, I) */
    float *w_hh; /* (3H, H) */
    float *b_ih; /* (3H) */
    float *b_hh; /* (3H) */
};

/* What dropout keeps of the output: a bit a unit, rows of Hp/16 words. NULL bits for no dropout. */
struct gru_dropout {
    const uint16_t *bits;
    float scale; /* 1 / (1 - p) */
};

struct gru {
    size_t I, H, Hp; /* inputs, units, units padded to 16 */
    size_t Ip;       /* inputs padded to 16 */
    size_t tape_stride, state_stride, gradient_stride;
    const struct kernels *kernels;
    struct profile *profile; /* may be NULL */
    /* Weights by gate as the tape has them, padded with zeros, on their way to be packed: (I, 3Hp), (3Hp, Ip), (3Hp,
     * Hp). */
    float *plain_forward, *plain_backward, *plain_recurrent;
    float *input_forward, *input_backward, *recurrent_forward, *recurrent_backward; /* in the kernels' order */
    float *bias;                                                                    /* (4, Hp) */
    /* What gru_backward has summed since gru_collect: (4, Hp), (Ip, gradient_stride), (Hp, gradient_stride), the last
     * two as rows of 3Hp. */
    float *bias_gradient, *input_gradient, *recurrent_gradient;
    float *tape;           /* (frames, 4Hp) */
    float *previous;       /* (frames, Hp): the state before each frame */
    float *state_gradient; /* (sequences, Hp) */
    size_t max_frames, max_sequences;
};

void gru_init(struct gru *g, size_t inputs, size_t units, const struct kernels *kernels);
void gru_deinit(struct gru *g);

/* Room for batches of so many frames and sequences. */
void gru_reserve(struct gru *g, size_t max_frames, size_t max_sequences);

/* Takes over the parameters' values into the kernels' layouts; to be called after each change of them. */
void gru_load(struct gru *g, const struct gru_tensors *parameters);

/* out (N, state_stride) from x (N, x_stride) for the frames of b. Keeps in g what gru_backward needs. */
void gru_forward(
    struct gru *g, float *out, const float *x, size_t x_stride, const struct batch *b, struct gru_dropout dropout);

/* From dout (N, state_stride), the derivative by out: adds to the sums that gru_collect takes, and sets dx (N,
 * dx_stride) to the derivative by x, unless dx is NULL. x and dropout as in forward. Uses up what forward kept. */
void gru_backward(struct gru *g, float *dx, size_t dx_stride, const float *dout, const float *x, size_t x_stride,
    const struct batch *b, struct gru_dropout dropout);

/* Adds to `gradients` what gru_backward has summed, over any number of batches, and begins the sums anew. */
void gru_collect(struct gru *g, const struct gru_tensors *gradients);

#endif
