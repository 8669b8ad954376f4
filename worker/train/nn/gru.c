#include "worker/train/nn/gru.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "worker/train/nn/blas.h"
#include "worker/train/nn/buffer.h"

/* Gates in PyTorch's order, and where each stands in a row of the tape: n, r, z, recurrent part of n. */
enum { GATE_R, GATE_Z, GATE_N };
static const size_t tape_place[3] = { [GATE_R] = 1, [GATE_Z] = 2, [GATE_N] = 0 };

void gru_init(struct gru *g, size_t inputs, size_t units, const struct kernels *kernels)
{
    memset(g, 0, sizeof *g);
    g->I = inputs;
    g->H = units;
    g->Hp = buffer_columns(units);
    g->tape_stride = buffer_stride(4 * g->Hp);
    g->state_stride = buffer_stride(g->Hp);
    g->input_stride = buffer_stride(inputs);
    g->kernels = kernels;
    g->input_by_input = buffer_new(inputs * buffer_stride(3 * g->Hp));
    g->input_by_gate = buffer_new(3 * g->Hp * g->input_stride);
    g->recurrent_forward = buffer_new(3 * g->Hp * g->Hp);
    g->recurrent_backward = buffer_new(3 * g->Hp * g->Hp);
    g->bias = buffer_new(4 * g->Hp);
    g->bias_gradient = buffer_new(4 * g->Hp);
    g->weight_gradient =
        buffer_new(3 * g->Hp * (g->input_stride > g->state_stride ? g->input_stride : g->state_stride));
}

void gru_deinit(struct gru *g)
{
    float *all[] = { g->input_by_input, g->input_by_gate, g->recurrent_forward, g->recurrent_backward, g->bias,
        g->bias_gradient, g->weight_gradient, g->tape, g->previous, g->state_gradient };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    memset(g, 0, sizeof *g);
}

void gru_reserve(struct gru *g, size_t max_frames, size_t max_sequences)
{
    if (max_frames > g->max_frames) {
        free(g->tape);
        free(g->previous);
        g->tape = buffer_new(max_frames * g->tape_stride);
        g->previous = buffer_new(max_frames * g->state_stride);
        g->max_frames = max_frames;
    }
    if (max_sequences > g->max_sequences) {
        free(g->state_gradient);
        g->state_gradient = buffer_new(max_sequences * g->state_stride);
        g->max_sequences = max_sequences;
    }
}

static void load_input_weights(struct gru *g, const float *w_ih)
{
    size_t stride = buffer_stride(3 * g->Hp);
    for (size_t gate = 0; gate < 3; gate++)
        for (size_t unit = 0; unit < g->H; unit++) {
            size_t place = tape_place[gate] * g->Hp + unit;
            const float *from = w_ih + (gate * g->H + unit) * g->I;
            memcpy(g->input_by_gate + place * g->input_stride, from, sizeof *from * g->I);
            for (size_t i = 0; i < g->I; i++)
                g->input_by_input[i * stride + place] = from[i];
        }
}

void gru_load(struct gru *g, const struct gru_tensors *p)
{
    load_input_weights(g, p->w_ih);
    g->kernels->gru_pack_forward(g->recurrent_forward, p->w_hh, g->H, g->Hp);
    g->kernels->gru_pack_backward(g->recurrent_backward, p->w_hh, g->H, g->Hp);
    for (size_t i = 0; i < g->H; i++) {
        g->bias[i] = p->b_ih[GATE_N * g->H + i];
        g->bias[g->Hp + i] = p->b_ih[i] + p->b_hh[i];
        g->bias[2 * g->Hp + i] = p->b_ih[GATE_Z * g->H + i] + p->b_hh[GATE_Z * g->H + i];
        g->bias[3 * g->Hp + i] = p->b_hh[GATE_N * g->H + i];
    }
}

/* Row i of a mask's words. */
static const uint16_t *mask_row(const struct gru *g, struct gru_dropout dropout, size_t row)
{
    return dropout.bits ? dropout.bits + row * (g->Hp / 16) : NULL;
}

void gru_forward(
    struct gru *g, float *out, const float *x, size_t x_stride, const struct batch *b, struct gru_dropout dropout)
{
    profile_enter(g->profile, PROFILE_PRODUCTS);
    blas_multiply(g->tape, g->tape_stride, blas_plain(x, x_stride),
        blas_plain(g->input_by_input, buffer_stride(3 * g->Hp)), b->n_frames, 3 * g->Hp, g->I, 1, 0);
    profile_enter(g->profile, PROFILE_RECURRENCE);
    for (size_t t = 0; t < b->n_steps; t++) {
        bool is_last = t + 1 == b->n_steps;
        size_t row = b->offsets[t];
        struct gru_step step = { .H = g->H,
            .Hp = g->Hp,
            .rows = b->batch_sizes[t],
            .tape = g->tape + row * g->tape_stride,
            .tape_stride = g->tape_stride,
            .state_stride = g->state_stride,
            .previous = t ? g->previous + row * g->state_stride : NULL,
            .next = is_last ? NULL : g->previous + b->offsets[t + 1] * g->state_stride,
            .rows_next = is_last ? 0 : b->batch_sizes[t + 1],
            .out = out + row * g->state_stride,
            .mask = mask_row(g, dropout, row),
            .scale = dropout.scale,
            .weights = g->recurrent_forward,
            .bias = g->bias };
        g->kernels->gru_forward_step(&step);
    }
    profile_enter(g->profile, PROFILE_OTHER);
}

static void backward_steps(struct gru *g, const float *dout, const struct batch *b, struct gru_dropout dropout)
{
    memset(g->state_gradient, 0, sizeof(float) * b->n_sequences * g->state_stride);
    memset(g->bias_gradient, 0, sizeof(float) * 4 * g->Hp);
    for (size_t t = b->n_steps; t-- > 0;) {
        size_t row = b->offsets[t];
        struct gru_back step = { .H = g->H,
            .Hp = g->Hp,
            .rows = b->batch_sizes[t],
            .tape = g->tape + row * g->tape_stride,
            .tape_stride = g->tape_stride,
            .state_stride = g->state_stride,
            .previous = t ? g->previous + row * g->state_stride : NULL,
            .out = dout + row * g->state_stride,
            .state = g->state_gradient,
            .mask = mask_row(g, dropout, row),
            .scale = dropout.scale,
            .weights = g->recurrent_backward,
            .bias = g->bias_gradient };
        g->kernels->gru_backward_gates(&step);
        if (t)
            g->kernels->gru_backward_product(&step);
    }
}

/* Adds a gradient by gate, as the products leave it, to PyTorch's shape: place[gate] is where that gate's Hp rows
 * begin. */
static void add_weight_gradient(const struct gru *g, float *to, size_t columns, size_t stride, const size_t *place)
{
    for (size_t gate = 0; gate < 3; gate++)
        for (size_t unit = 0; unit < g->H; unit++) {
            const float *from = g->weight_gradient + (place[gate] * g->Hp + unit) * stride;
            float *row = to + (gate * g->H + unit) * columns;
            for (size_t i = 0; i < columns; i++)
                row[i] += from[i];
        }
}

static void add_bias_gradients(const struct gru *g, const struct gru_tensors *gradients)
{
    for (size_t i = 0; i < g->H; i++) {
        float dn = g->bias_gradient[i], dr = g->bias_gradient[g->Hp + i], dz = g->bias_gradient[2 * g->Hp + i];
        gradients->b_ih[i] += dr;
        gradients->b_hh[i] += dr;
        gradients->b_ih[GATE_Z * g->H + i] += dz;
        gradients->b_hh[GATE_Z * g->H + i] += dz;
        gradients->b_ih[GATE_N * g->H + i] += dn;
        gradients->b_hh[GATE_N * g->H + i] += g->bias_gradient[3 * g->Hp + i];
    }
}

void gru_backward(struct gru *g, const struct gru_tensors *gradients, float *dx, size_t dx_stride, const float *dout,
    const float *x, size_t x_stride, const struct batch *b, struct gru_dropout dropout)
{
    static const size_t recurrent_place[3] = { [GATE_R] = 0, [GATE_Z] = 1, [GATE_N] = 2 };
    profile_enter(g->profile, PROFILE_RECURRENCE);
    backward_steps(g, dout, b, dropout);
    profile_enter(g->profile, PROFILE_PRODUCTS);
    if (dx)
        blas_multiply(dx, dx_stride, blas_plain(g->tape, g->tape_stride), blas_plain(g->input_by_gate, g->input_stride),
            b->n_frames, buffer_columns(g->I), 3 * g->Hp, 1, 0);
    blas_multiply(g->weight_gradient, g->input_stride, blas_transposed(g->tape, g->tape_stride),
        blas_plain(x, x_stride), 3 * g->Hp, g->I, b->n_frames, 1, 0);
    add_weight_gradient(g, gradients->w_ih, g->I, g->input_stride, tape_place);
    size_t first = b->batch_sizes[0]; /* the state before the first step is zero */
    blas_multiply(g->weight_gradient, g->state_stride,
        blas_transposed(g->tape + first * g->tape_stride + g->Hp, g->tape_stride),
        blas_plain(g->previous + first * g->state_stride, g->state_stride), 3 * g->Hp, g->Hp, b->n_frames - first, 1,
        0);
    add_weight_gradient(g, gradients->w_hh, g->H, g->state_stride, recurrent_place);
    add_bias_gradients(g, gradients);
    profile_enter(g->profile, PROFILE_OTHER);
}
