#include "worker/train/nn/gru.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "worker/train/nn/buffer.h"

/* Gates in PyTorch's order, and where each stands in a row of the tape: n, r, z, recurrent part of n. */
enum { GATE_R, GATE_Z, GATE_N };
static const size_t tape_place[3] = { [GATE_R] = 1, [GATE_Z] = 2, [GATE_N] = 0 };
/* The same for the three blocks from r on, which the recurrent weights meet: r, z, recurrent part of n. */
static const size_t recurrent_place[3] = { [GATE_R] = 0, [GATE_Z] = 1, [GATE_N] = 2 };

void gru_init(struct gru *g, size_t inputs, size_t units, const struct kernels *kernels)
{
    memset(g, 0, sizeof *g);
    g->I = inputs;
    g->H = units;
    g->Hp = buffer_columns(units);
    g->tape_stride = buffer_stride(4 * g->Hp);
    g->state_stride = buffer_stride(g->Hp);
    g->Ip = buffer_columns(inputs);
    g->kernels = kernels;
    g->plain_forward = buffer_new(inputs * 3 * g->Hp);
    g->plain_backward = buffer_new(3 * g->Hp * g->Ip);
    g->plain_recurrent = buffer_new(3 * g->Hp * g->Hp);
    g->input_forward = buffer_new(inputs * 3 * g->Hp);
    g->input_backward = buffer_new(3 * g->Hp * g->Ip);
    g->recurrent_forward = buffer_new(3 * g->Hp * g->Hp);
    g->recurrent_backward = buffer_new(3 * g->Hp * g->Hp);
    g->bias = buffer_new(4 * g->Hp);
    g->bias_gradient = buffer_new(4 * g->Hp);
    g->weight_gradient = buffer_new(3 * g->Hp * (g->Ip > g->Hp ? g->Ip : g->Hp));
}

void gru_deinit(struct gru *g)
{
    float *all[] = { g->plain_forward, g->plain_backward, g->plain_recurrent, g->input_forward, g->input_backward,
        g->recurrent_forward, g->recurrent_backward, g->bias, g->bias_gradient, g->weight_gradient, g->tape,
        g->previous, g->state_gradient };
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

/* Rows of w (3H, columns) to where their gate has its block of Hp rows. */
static void place_rows(
    const struct gru *g, float *to, size_t stride, const float *w, size_t columns, const size_t *place)
{
    for (size_t gate = 0; gate < 3; gate++)
        for (size_t unit = 0; unit < g->H; unit++)
            memcpy(to + (place[gate] * g->Hp + unit) * stride, w + (gate * g->H + unit) * columns, sizeof *w * columns);
}

static void transpose(float *to, const float *from, size_t rows, size_t columns, size_t from_stride)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            to[j * rows + i] = from[i * from_stride + j];
}

void gru_load(struct gru *g, const struct gru_tensors *p)
{
    const struct kernels *k = g->kernels;
    place_rows(g, g->plain_backward, g->Ip, p->w_ih, g->I, tape_place);
    place_rows(g, g->plain_recurrent, g->Hp, p->w_hh, g->H, recurrent_place);
    transpose(g->plain_forward, g->plain_backward, 3 * g->Hp, g->I, g->Ip);
    k->product_pack(g->input_forward, g->plain_forward, 3 * g->Hp, g->I, 3 * g->Hp);
    k->product_pack(g->input_backward, g->plain_backward, g->Ip, 3 * g->Hp, g->Ip);
    k->product_pack(g->recurrent_backward, g->plain_recurrent, g->Hp, 3 * g->Hp, g->Hp);
    k->gru_pack_forward(g->recurrent_forward, p->w_hh, g->H, g->Hp);
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
    struct product input = { .M = b->n_frames,
        .N = 3 * g->Hp,
        .K = g->I,
        .c = g->tape,
        .c_stride = g->tape_stride,
        .a = x,
        .a_stride = x_stride,
        .b = g->input_forward };
    g->kernels->product_rows(&input);
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
            .bias = g->bias_gradient };
        g->kernels->gru_backward_gates(&step);
        if (t == 0)
            break;
        struct product product = { .M = step.rows,
            .N = g->Hp,
            .K = 3 * g->Hp,
            .c = step.state,
            .c_stride = g->state_stride,
            .a = step.tape + g->Hp,
            .a_stride = g->tape_stride,
            .b = g->recurrent_backward,
            .adds = true };
        g->kernels->product_rows(&product);
    }
}

/* += the gradient of weights (3H, columns): the sum over the frames of derivatives by the gates times what the weights
 * met. place[gate] is the block of Hp columns where the derivatives by that gate stand. */
static void add_weight_gradient(const struct gru *g, float *to, size_t columns, const float *dgates, const float *x,
    size_t x_stride, size_t frames, const size_t *place)
{
    size_t padded = buffer_columns(columns);
    struct product outer = { .M = 3 * g->Hp,
        .N = padded,
        .K = frames,
        .c = g->weight_gradient,
        .c_stride = padded,
        .a = dgates,
        .a_stride = g->tape_stride,
        .b = x,
        .b_stride = x_stride };
    g->kernels->product_outer(&outer);
    for (size_t gate = 0; gate < 3; gate++)
        for (size_t unit = 0; unit < g->H; unit++) {
            const float *from = g->weight_gradient + (place[gate] * g->Hp + unit) * padded;
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
    profile_enter(g->profile, PROFILE_RECURRENCE);
    backward_steps(g, dout, b, dropout);
    profile_enter(g->profile, PROFILE_PRODUCTS);
    if (dx) {
        struct product input = { .M = b->n_frames,
            .N = g->Ip,
            .K = 3 * g->Hp,
            .c = dx,
            .c_stride = dx_stride,
            .a = g->tape,
            .a_stride = g->tape_stride,
            .b = g->input_backward };
        g->kernels->product_rows(&input);
    }
    add_weight_gradient(g, gradients->w_ih, g->I, g->tape, x, x_stride, b->n_frames, tape_place);
    size_t first = b->batch_sizes[0]; /* the state before the first step is zero */
    add_weight_gradient(g, gradients->w_hh, g->H, g->tape + first * g->tape_stride + g->Hp,
        g->previous + first * g->state_stride, g->state_stride, b->n_frames - first, recurrent_place);
    add_bias_gradients(g, gradients);
    profile_enter(g->profile, PROFILE_OTHER);
}
