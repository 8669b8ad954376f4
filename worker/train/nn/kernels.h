/* kernels.h: the inner loops that are written by hand, one table of them an instruction set.
 * Pure: no I/O, no clock, no globals.
 *
 * The files kernel_*.c are compiled once for each instruction set; kernels_choose picks the best that this processor
 * has. The same inputs give the same bits on the same table; tables differ from one another in the last bits.
 *
 * Sizes: H units, Hp = H rounded up to 16 (the rest is zero throughout and stays so). All strides are in floats,
 * multiples of 16, and all arrays are 64-byte aligned, unless said otherwise.
 */
#ifndef RUNG_WORKER_TRAIN_NN_KERNELS_H
#define RUNG_WORKER_TRAIN_NN_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One step of one GRU layer over the sequences that are active in it. A row of the tape is [n | r | z | recurrent], Hp
 * floats each. */
struct gru_step {
    size_t H, Hp, rows;
    float *tape; /* (rows, 4Hp) in: the input's products in n, r, z; out: the gates, and W_hn h + b_hn */
    size_t tape_stride;
    size_t state_stride;   /* of previous, next and out */
    const float *previous; /* (rows, Hp) the state before; NULL for zero */
    float *next;           /* (rows_next, Hp) out: the state for the next step */
    size_t rows_next;      /* sequences that go on, at most rows */
    float *out;            /* (rows, Hp) out: the state, after dropout */
    const uint16_t *mask;  /* (rows, Hp/16) a bit a unit: 1 is kept; NULL for no dropout */
    float scale;           /* of what is kept */
    const float *weights;  /* from gru_pack_forward */
    const float *bias;     /* (4, Hp): b_in, b_ir + b_hr, b_iz + b_hz, b_hn */
};

/* The same step backwards. */
struct gru_back {
    size_t H, Hp, rows;
    float *tape; /* in: what forward left; out: the derivatives by the arguments of n, r, z, and by W_hn h + b_hn */
    size_t tape_stride;
    size_t state_stride;   /* of previous, out and state */
    const float *previous; /* as forward */
    const float *out;      /* (rows, Hp) the derivative by forward's out */
    float *state;          /* (rows, Hp) in: the derivative by the state after the step; out: by the state before it */
    const uint16_t *mask;
    float scale;
    float *bias; /* (4, Hp): += the derivatives by the biases */
};

/* c (M, N) = a b, or += where it adds. N is a multiple of 16. */
struct product {
    size_t M, N, K;
    float *c;
    const float *a, *b;
    size_t c_stride, a_stride, b_stride;
    bool adds;
};

/* Attention of one query a sequence over step t: rows are sequences, (rows, Hp) the states of that step. */
struct attend_step {
    size_t Hp, heads, rows;
    const float *states; /* (rows, Hp) */
    size_t state_stride;
    const float *queries; /* (rows, heads, Hp): the query seen through the key projection */
    float *contexts;      /* (rows, heads, Hp) */
    float *scores;        /* (heads, rows), from one head to the next score_stride; any alignment */
    size_t score_stride;
};

/* The same step backwards: one pass over the states. */
struct attend_back {
    size_t Hp, heads, rows;
    const float *states;
    size_t state_stride;
    const float *queries;
    const float *dcontexts; /* (rows, heads, Hp) derivative by the contexts */
    const float *dsums;     /* (rows, heads) derivative by the sums of the weights; any alignment */
    const float *balances;  /* (rows, heads) sum over all steps of weight * its derivative; any alignment */
    const float *weights;   /* (heads, rows) after dropout, stride score_stride; any alignment */
    const float *softmax;   /* (heads, rows) before dropout */
    const float *kept;      /* (heads, rows) 0 or the scale of dropout */
    size_t score_stride;
    float *dqueries; /* (rows, heads, Hp) += */
    float *dstates;  /* (rows, Hp) = */
};

/* The constants of one step of Adam. */
struct adam_rates {
    float beta1, rest1, beta2, rest2; /* rest: 1 - beta, exactly enough */
    float rate, root;                 /* learning rate / (1 - beta1^t), 1 / sqrt(1 - beta2^t) */
    float epsilon, weight_decay, gradient_scale;
};

struct kernels {
    const char *name;
    /* Recurrent weights (3H, H) as PyTorch has them into the order in which the step reads them: 3 Hp H floats. */
    void (*gru_pack_forward)(float *packed, const float *weights, size_t H, size_t Hp);
    void (*gru_forward_step)(const struct gru_step *s);
    /* The elementwise part of the step backwards: state becomes the derivative by the state before, but for the
     * product. */
    void (*gru_backward_gates)(const struct gru_back *s);
    /* Weights (K, N) into the order in which product_rows reads them: K N floats, N a multiple of 16. */
    void (*product_pack)(float *packed, const float *weights, size_t stride, size_t K, size_t N);
    void (*product_rows)(const struct product *p);      /* a (M, K); b from product_pack */
    void (*product_outer)(const struct product *p);     /* a (K, M), b (K, N): c = transpose(a) b; M a multiple of 16 */
    void (*attend_scores)(const struct attend_step *s); /* scores = queries · states */
    void (*attend_contexts)(const struct attend_step *s); /* contexts += scores * states */
    void (*attend_back)(const struct attend_back *s);
    /* y[i] = exp(x[i] - shift[i]) for finite x[i] <= shift[i]; any alignment, y may be x. */
    void (*exp_shifted)(float *y, const float *x, const float *shift, size_t n);
    /* n bits, each 1 with probability 1 - dropped / 2^32, from the 32 words of `state`, which moves on. */
    void (*mask_fill)(uint32_t *words, size_t n_words, uint64_t state[32], uint32_t dropped);
    void (*adam)(
        const struct adam_rates *rates, float *parameters, float *gradients, float *first, float *second, size_t n);
};

/* The best table for this processor, or the one of this name ("generic", "avx2", "avx512"); NULL when the processor or
 * the build does not have that one. */
const struct kernels *kernels_choose(const char *name);

#endif
