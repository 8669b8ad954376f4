/* Stacked GRU, attention asked by the last step, classifier. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "worker/train/nn/attention.h"
#include "worker/train/nn/blas.h"
#include "worker/train/nn/buffer.h"
#include "worker/train/nn/gru.h"
#include "worker/train/nn/linear.h"
#include "worker/train/nn/net.h"

enum { MAX_UNITS = 16384, MAX_LAYERS = 64 };

struct gru_net {
    struct model_config config;
    const struct kernels *kernels;
    struct profile *profile;
    struct gru *layers; /* [num_layers] */
    float **outputs;    /* [num_layers] (frames, stride): each layer's, after dropout */
    uint32_t **masks;   /* [num_layers] a bit a unit; the last layer has none */
    float *slopes[2];   /* (frames, stride): derivatives by a layer's output and input, in turns */
    struct attention attention;
    float *attended, *dattended; /* (sequences, H) */
    struct gru_dropout dropout;  /* scale, as forward used it; bits NULL when there is none */
    size_t stride, max_frames, max_sequences;
};

static int check(const struct model_config *c, struct err *e)
{
    if (c->hidden_size < 1 || c->hidden_size > MAX_UNITS)
        return err_set(e, ERR_INVALID, "hidden_size is %zu: it must be from 1 to %d", c->hidden_size, MAX_UNITS);
    if (c->num_layers < 1 || c->num_layers > MAX_LAYERS)
        return err_set(e, ERR_INVALID, "num_layers is %zu: it must be from 1 to %d", c->num_layers, MAX_LAYERS);
    if (c->num_heads < 1 || c->hidden_size % c->num_heads != 0)
        return err_set(e, ERR_INVALID,
            "hidden_size %zu is not divisible by num_heads %zu: each head attends to hidden_size / num_heads units",
            c->hidden_size, c->num_heads);
    return 0;
}

static void list(const struct model_config *c, struct net_tensors *out)
{
    size_t H = c->hidden_size, C = c->n_classes;
    double bound = 1 / sqrt((double)H);
    for (size_t l = 0; l < c->num_layers; l++) {
        net_add_tensor(out, 3 * H, l ? H : c->n_features, bound, "rnn.weight_ih_l%zu", l);
        net_add_tensor(out, 3 * H, H, bound, "rnn.weight_hh_l%zu", l);
        net_add_tensor(out, 3 * H, 0, bound, "rnn.bias_ih_l%zu", l);
        net_add_tensor(out, 3 * H, 0, bound, "rnn.bias_hh_l%zu", l);
    }
    net_add_tensor(out, 3 * H, H, sqrt(6.0 / (double)(4 * H)), "attention.in_proj_weight");
    net_add_tensor(out, 3 * H, 0, 0, "attention.in_proj_bias");
    net_add_tensor(out, H, H, bound, "attention.out_proj.weight");
    net_add_tensor(out, H, 0, 0, "attention.out_proj.bias");
    net_add_tensor(out, C, H, bound, "linear.weight");
    net_add_tensor(out, C, 0, bound, "linear.bias");
}

/* The flat array, cut as `list` lists it. */
struct slices {
    struct attention_tensors attention;
    float *weight, *bias; /* the classifier's */
};

static struct gru_tensors layer_slices(const struct model_config *c, float *flat, size_t layer, float **after)
{
    size_t H = c->hidden_size;
    struct gru_tensors t = { 0 };
    for (size_t l = 0; l <= layer; l++) {
        t.w_ih = flat;
        t.w_hh = t.w_ih + 3 * H * (l ? H : c->n_features);
        t.b_ih = t.w_hh + 3 * H * H;
        t.b_hh = t.b_ih + 3 * H;
        flat = t.b_hh + 3 * H;
    }
    *after = flat;
    return t;
}

static struct slices head_slices(const struct model_config *c, float *flat)
{
    size_t H = c->hidden_size;
    struct slices s;
    layer_slices(c, flat, c->num_layers - 1, &s.attention.in_weight);
    s.attention.in_bias = s.attention.in_weight + 3 * H * H;
    s.attention.out_weight = s.attention.in_bias + 3 * H;
    s.attention.out_bias = s.attention.out_weight + H * H;
    s.weight = s.attention.out_bias + H;
    s.bias = s.weight + c->n_classes * H;
    return s;
}

static void *new (const struct model_config *c, const struct kernels *k)
{
    struct gru_net *n = mem_zalloc(1, sizeof *n);
    n->config = *c;
    n->kernels = k;
    n->layers = mem_zalloc(c->num_layers, sizeof *n->layers);
    n->outputs = mem_zalloc(c->num_layers, sizeof *n->outputs);
    n->masks = mem_zalloc(c->num_layers, sizeof *n->masks);
    for (size_t l = 0; l < c->num_layers; l++)
        gru_init(&n->layers[l], l ? c->hidden_size : c->n_features, c->hidden_size, k);
    attention_init(&n->attention, c->hidden_size, c->num_heads, k);
    n->stride = n->layers[0].state_stride;
    return n;
}

static void free_by_frame(struct gru_net *n)
{
    for (size_t l = 0; l < n->config.num_layers; l++) {
        free(n->outputs[l]);
        free(n->masks[l]);
    }
    free(n->slopes[0]);
    free(n->slopes[1]);
}

static void net_free(void *net)
{
    struct gru_net *n = net;
    free_by_frame(n);
    for (size_t l = 0; l < n->config.num_layers; l++)
        gru_deinit(&n->layers[l]);
    attention_deinit(&n->attention);
    free(n->attended);
    free(n->dattended);
    free(n->layers);
    free(n->outputs);
    free(n->masks);
    free(n);
}

static void set_profile(void *net, struct profile *p)
{
    struct gru_net *n = net;
    n->profile = p;
    for (size_t l = 0; l < n->config.num_layers; l++)
        n->layers[l].profile = p;
}

/* Room for such batches; what is there is kept when it suffices, so a run that begins with its largest batch sizes all
 * once. */
static void reserve(struct gru_net *n, size_t frames, size_t sequences)
{
    for (size_t l = 0; l < n->config.num_layers; l++)
        gru_reserve(&n->layers[l], frames, sequences);
    attention_reserve(&n->attention, frames, sequences);
    if (frames > n->max_frames) {
        free_by_frame(n);
        for (size_t l = 0; l < n->config.num_layers; l++) {
            n->outputs[l] = buffer_new(frames * n->stride);
            n->masks[l] = (uint32_t *)buffer_new(frames * n->layers[0].Hp / 32 + 32);
        }
        n->slopes[0] = buffer_new(frames * n->stride);
        n->slopes[1] = buffer_new(frames * n->stride);
        n->max_frames = frames;
    }
    if (sequences > n->max_sequences) {
        free(n->attended);
        free(n->dattended);
        n->attended = buffer_new(sequences * n->config.hidden_size);
        n->dattended = buffer_new(sequences * n->config.hidden_size);
        n->max_sequences = sequences;
    }
}

/* Layer l's dropout: none behind the last. */
static struct gru_dropout dropout_of(const struct gru_net *n, size_t l)
{
    bool is_last = l + 1 == n->config.num_layers;
    return (struct gru_dropout){ is_last || n->dropout.scale == 0 ? NULL : (const uint16_t *)n->masks[l],
        n->dropout.scale };
}

static void draw_masks(struct gru_net *n, const struct batch *b, struct dropout *dropout)
{
    n->dropout.scale = dropout ? dropout_scale(dropout) : 0;
    profile_enter(n->profile, PROFILE_DATA);
    for (size_t l = 0; dropout && l + 1 < n->config.num_layers; l++)
        dropout_bits(dropout, n->masks[l], b->n_frames * n->layers[l].Hp);
    profile_enter(n->profile, PROFILE_OTHER);
}

static void load(void *net, const float *parameters)
{
    struct gru_net *n = net;
    float *after;
    for (size_t l = 0; l < n->config.num_layers; l++) {
        struct gru_tensors tensors =
            layer_slices(&n->config, (float *)(uintptr_t)parameters, l, &after); /* only read */
        gru_load(&n->layers[l], &tensors);
    }
}

static size_t slice_frames(const struct model_config *c)
{
    /* Measured: 4 MiB of what the layers keep; where even the fewest frames keep far more, fewer and longer slices. */
    enum { NEAR_FLOATS = 1 << 20, LEAST_FRAMES = 1280, WIDE_UNITS = 193, WIDE_FRAMES = 5120 };
    if (c->hidden_size >= WIDE_UNITS)
        return WIDE_FRAMES;
    size_t kept_floats = c->num_layers * 7 * buffer_columns(c->hidden_size), frames = NEAR_FLOATS / kept_floats;
    return frames > LEAST_FRAMES ? frames : LEAST_FRAMES;
}

static void forward(void *net, float *logits, const float *parameters, const struct batch *b, struct dropout *dropout)
{
    struct gru_net *n = net;
    const struct model_config *c = &n->config;
    reserve(n, b->n_frames, b->n_sequences);
    draw_masks(n, b, dropout);
    const float *x = b->x;
    size_t x_stride = b->stride;
    for (size_t l = 0; l < c->num_layers; l++) {
        gru_forward(&n->layers[l], n->outputs[l], x, x_stride, b, dropout_of(n, l));
        x = n->outputs[l];
        x_stride = n->stride;
    }
    struct slices s = head_slices(c, (float *)(uintptr_t)parameters); /* only read here */
    profile_enter(n->profile, PROFILE_ATTENTION);
    attention_forward(&n->attention, n->attended, &s.attention, x, b, dropout);
    profile_enter(n->profile, PROFILE_OTHER);
    linear_forward(logits, n->attended, s.weight, s.bias, b->n_sequences, c->hidden_size, c->n_classes);
}

static void backward(void *net, float *gradients, const float *dlogits, const float *parameters, const struct batch *b)
{
    struct gru_net *n = net;
    const struct model_config *c = &n->config;
    struct slices s = head_slices(c, (float *)(uintptr_t)parameters), g = head_slices(c, gradients);
    linear_backward(
        n->dattended, g.weight, g.bias, dlogits, n->attended, s.weight, b->n_sequences, c->hidden_size, c->n_classes);
    profile_enter(n->profile, PROFILE_ATTENTION);
    float *dout = n->slopes[0], *dx = n->slopes[1];
    attention_backward(&n->attention, &g.attention, dout, n->dattended, &s.attention, n->outputs[c->num_layers - 1], b);
    for (size_t l = c->num_layers; l-- > 0;) {
        gru_backward(&n->layers[l], l ? dx : NULL, n->stride, dout, l ? n->outputs[l - 1] : b->x,
            l ? n->stride : b->stride, b, dropout_of(n, l));
        float *swap = dout;
        dout = dx;
        dx = swap;
    }
}

static void collect(void *net, float *gradients)
{
    struct gru_net *n = net;
    float *after;
    for (size_t l = 0; l < n->config.num_layers; l++) {
        struct gru_tensors tensors = layer_slices(&n->config, gradients, l, &after);
        gru_collect(&n->layers[l], &tensors);
    }
}

static double flops(const struct model_config *c, const struct batch *b)
{
    double H = (double)c->hidden_size, N = (double)b->n_frames, B = (double)b->n_sequences, sum = 0;
    for (size_t l = 0; l < c->num_layers; l++)
        sum += (l ? 3 * N * 3 * H * H : 2 * N * 3 * H * (double)c->n_features) + 3 * (N - B) * 3 * H * H;
    sum += 3 * (4 * B * H * H + 2 * N * (double)c->num_heads * H + B * H * (double)c->n_classes);
    return 2 * sum;
}

const struct net_kind net_gru_attention = { "gru-attention", check, list, new, net_free, set_profile, load,
    slice_frames, forward, backward, collect, flops };
