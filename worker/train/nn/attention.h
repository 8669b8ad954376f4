/* attention.h: multi-head self-attention over a layer's outputs, asked by the last valid step of each sequence alone.
 * Pure: no I/O, no clock, no globals.
 *
 * The numbers are those of PyTorch's MultiheadAttention (query = key = value, biases, dropout on the weights, output
 * projection) at the last valid step, with what lies behind a sequence's length masked. As there is one query a
 * sequence, neither keys nor values are formed: for head a with query q, states h_t and d = H / heads
 *
 *     score_t = (W_k q / sqrt(d)) . h_t         the key's bias adds the same to every score, so softmax does not see it
 *     output  = W_v (sum of w_t h_t) + b_v (sum of w_t)
 */
#ifndef RUNG_WORKER_TRAIN_NN_ATTENTION_H
#define RUNG_WORKER_TRAIN_NN_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

#include "worker/train/nn/batch.h"
#include "worker/train/nn/dropout.h"
#include "worker/train/nn/kernels.h"

/* Slices of the flat parameters (or gradients), in PyTorch's shapes. */
struct attention_tensors {
    float *in_weight;  /* (3H, H): query, key, value */
    float *in_bias;    /* (3H) */
    float *out_weight; /* (H, H) */
    float *out_bias;   /* (H) */
};

struct attention {
    size_t H, Hp, heads, state_stride;
    const struct kernels *kernels;
    float *last, *dlast;             /* (B, H): the states that ask */
    float *query, *dquery;           /* (B, H) */
    float *folded, *dfolded;         /* (B, heads, Hp): the query through the key projection */
    float *contexts, *dcontexts;     /* (B, heads, Hp) */
    float *sums, *dsums;             /* (B, heads): the sums of the weights after dropout */
    float *balances;                 /* (B, heads) */
    float *values, *dvalues;         /* (B, H): the heads' outputs side by side */
    float *maxima, *totals;          /* (B) */
    float *softmax, *weights, *kept; /* (heads, N): before dropout, after, and dropout's factors */
    uint32_t *mask;                  /* scratch for dropout */
    size_t max_frames, max_sequences;
};

void attention_init(struct attention *a, size_t units, size_t heads, const struct kernels *kernels);
void attention_deinit(struct attention *a);
void attention_reserve(struct attention *a, size_t max_frames, size_t max_sequences);

/* out (B, H) from the states (N, state_stride) of b. Dropout NULL for none. Keeps what attention_backward needs. */
void attention_forward(struct attention *a, float *out, const struct attention_tensors *parameters, const float *states,
    const struct batch *b, struct dropout *dropout);

/* From dout (B, H): adds to `gradients`, sets dstates (N, state_stride). */
void attention_backward(struct attention *a, const struct attention_tensors *gradients, float *dstates,
    const float *dout, const struct attention_tensors *parameters, const float *states, const struct batch *b);

#endif
