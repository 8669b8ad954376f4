/* The linear baseline: mean over the valid frames, three linear layers. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "worker/train/nn/buffer.h"
#include "worker/train/nn/linear.h"
#include "worker/train/nn/net.h"

enum { LAYERS = 3, MAX_UNITS = 65536 };

struct linear_net {
    size_t sizes[LAYERS + 1]; /* F, h1, h2, C */
    float *values[LAYERS];    /* (B, sizes[i]): what each layer reads */
    float *slopes[LAYERS];    /* (B, sizes[i]): the derivatives by it */
    float *kept;              /* (B, h2): dropout's factors */
    uint32_t *mask;
    bool has_dropout;
    size_t max_sequences;
};

static int check(const struct model_config *c, struct err *e)
{
    if (c->hidden_1 < 1 || c->hidden_1 > MAX_UNITS)
        return err_set(e, ERR_INVALID, "hidden_1 is %zu: it must be from 1 to %d", c->hidden_1, MAX_UNITS);
    if (c->hidden_2 < 1 || c->hidden_2 > MAX_UNITS)
        return err_set(e, ERR_INVALID, "hidden_2 is %zu: it must be from 1 to %d", c->hidden_2, MAX_UNITS);
    return 0;
}

static void list(const struct model_config *c, struct net_tensors *out)
{
    const size_t sizes[LAYERS + 1] = { c->n_features, c->hidden_1, c->hidden_2, c->n_classes };
    for (size_t l = 0; l < LAYERS; l++) {
        double bound = 1 / sqrt((double)sizes[l]);
        net_add_tensor(out, sizes[l + 1], sizes[l], bound, "linear%zu.weight", l + 1);
        net_add_tensor(out, sizes[l + 1], 0, bound, "linear%zu.bias", l + 1);
    }
}

static void *new (const struct model_config *c, const struct kernels *k)
{
    struct linear_net *n = mem_zalloc(1, sizeof *n);
    const size_t sizes[LAYERS + 1] = { c->n_features, c->hidden_1, c->hidden_2, c->n_classes };
    memcpy(n->sizes, sizes, sizeof sizes);
    return n;
}

static void free_buffers(struct linear_net *n)
{
    for (size_t l = 0; l < LAYERS; l++) {
        free(n->values[l]);
        free(n->slopes[l]);
    }
    free(n->kept);
    free(n->mask);
}

static void net_free(void *net)
{
    free_buffers(net);
    free(net);
}

static void set_profile(void *net, struct profile *p) {}

static void reserve(struct linear_net *n, size_t B)
{
    if (B <= n->max_sequences)
        return;
    free_buffers(n);
    for (size_t l = 0; l < LAYERS; l++) {
        n->values[l] = buffer_new(B * n->sizes[l]);
        n->slopes[l] = buffer_new(B * n->sizes[l]);
    }
    n->kept = buffer_new(B * n->sizes[2]);
    n->mask = (uint32_t *)buffer_new(B * n->sizes[2] / 32 + 32);
    n->max_sequences = B;
}

static void load(void *net, const float *parameters) {}

/* What this model keeps is small: a batch is not cut. */
static size_t slice_frames(const struct model_config *c)
{
    return SIZE_MAX;
}

/* means (B, F) over the frames of each sequence. */
static void mean_frames(float *means, const struct batch *b)
{
    size_t F = b->n_features;
    memset(means, 0, sizeof *means * b->n_sequences * F);
    for (size_t t = 0; t < b->n_steps; t++)
        for (size_t i = 0; i < b->batch_sizes[t]; i++)
            for (size_t f = 0; f < F; f++)
                means[i * F + f] += b->x[(b->offsets[t] + i) * b->stride + f];
    for (size_t i = 0; i < b->n_sequences; i++)
        for (size_t f = 0; f < F; f++)
            means[i * F + f] /= (float)b->lengths[i];
}

static size_t layer_floats(const struct linear_net *n, size_t l)
{
    return n->sizes[l + 1] * n->sizes[l] + n->sizes[l + 1];
}

static void forward(void *net, float *logits, const float *parameters, const struct batch *b, struct dropout *dropout)
{
    struct linear_net *n = net;
    size_t B = b->n_sequences;
    reserve(n, B);
    mean_frames(n->values[0], b);
    n->has_dropout = dropout != NULL;
    for (size_t l = 0; l < LAYERS; l++) {
        size_t I = n->sizes[l], O = n->sizes[l + 1];
        float *out = l + 1 < LAYERS ? n->values[l + 1] : logits;
        linear_forward(out, n->values[l], parameters, parameters + O * I, B, I, O);
        parameters += layer_floats(n, l);
        if (l == 1 && dropout) {
            dropout_values(dropout, n->kept, n->mask, B * O);
            for (size_t i = 0; i < B * O; i++)
                out[i] *= n->kept[i];
        }
        if (l + 1 < LAYERS)
            relu_forward(out, B * O);
    }
}

static void backward(void *net, float *gradients, const float *dlogits, const float *parameters, const struct batch *b)
{
    struct linear_net *n = net;
    size_t B = b->n_sequences, at = layer_floats(n, 0) + layer_floats(n, 1);
    const float *dy = dlogits;
    for (size_t l = LAYERS; l-- > 0;) {
        size_t I = n->sizes[l], O = n->sizes[l + 1];
        float *dx = l ? n->slopes[l] : NULL;
        linear_backward(dx, gradients + at, gradients + at + O * I, dy, n->values[l], parameters + at, B, I, O);
        if (l == 0)
            break;
        relu_backward(dx, n->values[l], B * I);
        for (size_t i = 0; l == 2 && n->has_dropout && i < B * I; i++)
            dx[i] *= n->kept[i];
        dy = dx;
        at -= layer_floats(n, l - 1);
    }
}

static double flops(const struct model_config *c, const struct batch *b)
{
    double h1 = (double)c->hidden_1, h2 = (double)c->hidden_2;
    double products = 2 * (double)c->n_features * h1 + 3 * h1 * h2 + 3 * h2 * (double)c->n_classes;
    return 2 * (double)b->n_sequences * products;
}

const struct net_kind net_linear = { "linear", check, list, new, net_free, set_profile, load, slice_frames, forward,
    backward, NULL, flops };
