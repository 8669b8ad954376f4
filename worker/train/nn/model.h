/* model.h: the two models of the built-in trial: stacked GRU with attention, and the linear baseline.
 * Pure: no I/O, no clock, no globals.
 *
 * GRU + attention: L stacked GRU layers (gates r, z, n and reset as PyTorch has them, zero initial state, dropout
 * between layers only) -> multi-head self-attention over the outputs, asked by the last valid step alone (biases,
 * dropout on the weights, output projection, no residual, no norm) -> Linear H -> C. Linear: mean over the valid frames
 * -> Linear F -> h1 -> ReLU -> Linear h1 -> h2 -> dropout -> ReLU -> Linear h2 -> C.
 *
 * A large batch is worked on in slices of its sequences, so that what forward keeps is still in the caches when
 * backward needs it; the result is the whole batch's.
 *
 * All parameters are one flat array in PyTorch's shapes and order, so that an optimiser, a checkpoint and an export
 * need no knowledge of layers. The kernels' own layouts are derived from it anew in each step.
 */
#ifndef RUNG_WORKER_TRAIN_NN_MODEL_H
#define RUNG_WORKER_TRAIN_NN_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "worker/train/nn/batch.h"
#include "worker/train/nn/profile.h"

enum model_kind { MODEL_GRU_ATTENTION, MODEL_LINEAR, MODEL_N_KINDS };

struct model_config {
    enum model_kind kind;
    size_t n_features, n_classes;
    size_t hidden_size, num_layers, num_heads; /* GRU + attention */
    size_t hidden_1, hidden_2;                 /* linear */
    double dropout;                            /* in [0, 1) */
};

/* One named tensor: a slice of the flat arrays. */
struct model_tensor {
    char name[48];     /* as PyTorch names it: "rnn.weight_ih_l0" */
    size_t rows, cols; /* cols is 0 for a vector */
    size_t offset;     /* into parameters and gradients */
    double bound;      /* initial values are uniform in ±bound */
};

struct model;

/* Returns owned (model_free), with parameters and gradients zero. Fails with ERR_INVALID, naming the setting, when a
 * size is 0 or too large, dropout is not in [0, 1), or hidden_size is not divisible by num_heads. */
struct model *model_new(const struct model_config *config, struct err *e);
void model_free(struct model *m);

const char *model_kind_name(enum model_kind kind); /* "gru-attention", "linear" */

const struct model_config *model_get_config(const struct model *m);
const struct model_tensor *model_tensors(const struct model *m, size_t *n);
size_t model_n_parameters(const struct model *m);
float *model_parameters(struct model *m); /* [n_parameters], 64-byte aligned; may be written between steps */
float *model_gradients(struct model *m);  /* [n_parameters], 64-byte aligned */

/* The arithmetic that a model uses on this machine, whose choice decides the last bits of every result: our own kernels
 * and OpenBLAS', as "avx512 · openblas SkylakeX". */
#define MODEL_ARITHMETIC_MAX 64
void model_name_arithmetic(char name[MODEL_ARITHMETIC_MAX + 1]);

/* The initial values of PyTorch: GRU and Linear uniform in ±1/sqrt(fan-in), attention's input projection Xavier-uniform
 * with zero biases. Tensor i draws from the stream (seed, 0, RNG_WEIGHTS, i). */
void model_init_weights(struct model *m, uint64_t seed);

/* One step of training without the optimiser: forward, mean cross-entropy over the batch, backward. Adds to the
 * gradients, and returns the mean loss, which is not finite when training has diverged. Dropout draws from (seed, 0,
 * RNG_DROPOUT, step). */
double model_train(struct model *m, const struct batch *b, uint64_t seed, uint64_t step);

/* Logits (B, C) without dropout, in the batch's order, rows without gaps. */
void model_predict(struct model *m, const struct batch *b, float *logits);

/* Floating-point operations that one call of model_train needs for b, counted from the formulas: 2 a multiplication
 * with addition, products only, backward counted twice where both factors have gradients. */
double model_train_flops(const struct model *m, const struct batch *b);

/* Where time is counted from now on; NULL (the default) for nowhere. Borrowed until changed. */
void model_set_profile(struct model *m, struct profile *p);

#endif
