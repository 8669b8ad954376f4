/* net.h: what model.h asks of each of its two kinds; gru_net.c and linear_net.c answer.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_TRAIN_NN_NET_H
#define RUNG_WORKER_TRAIN_NN_NET_H

#include <stddef.h>

#include "worker/train/nn/batch.h"
#include "worker/train/nn/dropout.h"
#include "worker/train/nn/kernels.h"
#include "worker/train/nn/model.h"
#include "worker/train/nn/profile.h"

/* The tensors of a model as they are listed: model_tensor without its offset. */
struct net_tensors {
    struct model_tensor *list;
    size_t n, cap, n_parameters;
};

/* Appends one: initial values uniform in ±bound. */
void net_add_tensor(struct net_tensors *t, size_t rows, size_t cols, double bound, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* `net` is the kind's own struct. Logits are (B, C) without gaps; parameters and gradients the flat arrays. */
struct net_kind {
    const char *name;
    int (*check)(const struct model_config *c, struct err *e);
    void (*list)(const struct model_config *c, struct net_tensors *out);
    void *(*new)(const struct model_config *c, const struct kernels *k);
    void (*free)(void *net);
    void (*set_profile)(void *net, struct profile *p);
    /* Takes over the parameters' values; called before forward whenever they may have changed. */
    void (*load)(void *net, const float *parameters);
    /* Frames that are best worked on at once, so that what forward keeps is near when backward needs it. */
    size_t (*slice_frames)(const struct model_config *c);
    /* `dropout` is NULL outside training. Keeps what backward needs. */
    void (*forward)(void *net, float *logits, const float *parameters, const struct batch *b, struct dropout *dropout);
    void (*backward)(void *net, float *gradients, const float *dlogits, const float *parameters, const struct batch *b);
    /* Adds to `gradients` what backward kept back: called after the last backward of a step. NULL where it keeps none.
     */
    void (*collect)(void *net, float *gradients);
    double (*flops)(const struct model_config *c, const struct batch *b);
};

extern const struct net_kind net_gru_attention, net_linear;

#endif
