#include "worker/train/nn/gru.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "worker/train/nn/buffer.h"

enum { CHUNK_ROWS = 256 }; /* rows that are multiplied at once, beside the steps that make or use them */

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
    g->gradient_stride = buffer_stride(3 * g->Hp);
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
    g->input_gradient = buffer_new(g->Ip * g->gradient_stride);
    g->recurrent_gradient = buffer_new(g->Hp * g->gradient_stride);
}

void gru_deinit(struct gru *g)
{
    float *all[] = { g->plain_forward, g->plain_backward, g->plain_recurrent, g->input_forward, g->input_backward,
        g->recurrent_forward, g->recurrent_backward, g->bias, g->bias_gradient, g->input_gradient,
        g->recurrent_gradient, g->tape, g->previous, g->state_gradient };
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

/* The input's products of rows first..last-1, into the tape. */
static void multiply_input(struct gru *g, const float *x, size_t x_stride, size_t first, size_t last)
{
    profile_enter(g->profile, PROFILE_PRODUCTS);
    struct product input = { .M = last - first,
        .N = 3 * g->Hp,
        .K = g->I,
        .c = g->tape + first * g->tape_stride,
        .c_stride = g->tape_stride,
        .a = x + first * x_stride,
        .a_stride = x_stride,
        .b = g->input_forward };
    g->kernels->product_rows(&input);
    profile_enter(g->profile, PROFILE_RECURRENT);
}

static void step_forward(struct gru *g, float *out, const struct batch *b, size_t t, struct gru_dropout dropout)
{
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

void gru_forward(
    struct gru *g, float *out, const float *x, size_t x_stride, const struct batch *b, struct gru_dropout dropout)
{
    size_t n_ready = 0; /* rows whose input's products are in the tape: some steps ahead, while they are in the cache */
    for (size_t t = 0; t < b->n_steps; t++) {
        size_t end = b->offsets[t] + b->batch_sizes[t];
        if (n_ready < end) {
            size_t more = n_ready + CHUNK_ROWS < b->n_frames ? n_ready + CHUNK_ROWS : b->n_frames;
            more = more > end ? more : end;
            multiply_input(g, x, x_stride, n_ready, more);
            n_ready = more;
        }
        step_forward(g, out, b, t, dropout);
    }
    profile_enter(g->profile, PROFILE_OTHER);
}

/* What backward was given, for its parts. */
struct backward {
    float *dx;
    size_t dx_stride;
    const float *dout, *x;
    size_t x_stride;
    const struct batch *batch;
    struct gru_dropout dropout;
};

static void step_backward(struct gru *g, const struct backward *w, size_t t)
{
    size_t row = w->batch->offsets[t];
    struct gru_back step = { .H = g->H,
        .Hp = g->Hp,
        .rows = w->batch->batch_sizes[t],
        .tape = g->tape + row * g->tape_stride,
        .tape_stride = g->tape_stride,
        .state_stride = g->state_stride,
        .previous = t ? g->previous + row * g->state_stride : NULL,
        .out = w->dout + row * g->state_stride,
        .state = g->state_gradient,
        .mask = mask_row(g, w->dropout, row),
        .scale = w->dropout.scale,
        .bias = g->bias_gradient };
    profile_enter(g->profile, PROFILE_GATES);
    g->kernels->gru_backward_gates(&step);
    profile_enter(g->profile, PROFILE_PRODUCTS);
    if (t == 0)
        return;
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

/* += what rows first..last-1 met (columns wide) times their derivatives by the gates, blocks of the tape from `block`
 * on. The three gates are whole tiles side by side, however few columns there are. */
static void add_outer(struct gru *g, float *sums, size_t columns, size_t block, const float *x, size_t x_stride,
    size_t first, size_t last)
{
    struct product outer = { .M = columns,
        .N = 3 * g->Hp,
        .K = last - first,
        .c = sums,
        .c_stride = g->gradient_stride,
        .a = x + first * x_stride,
        .a_stride = x_stride,
        .b = g->tape + first * g->tape_stride + block * g->Hp,
        .b_stride = g->tape_stride,
        .adds = true };
    g->kernels->product_outer(&outer);
}

/* All that follows from the derivatives of rows first..last-1, while they are in the cache: dx, and their share of the
 * gradients of the weights. The state before the first step is zero and gives none. */
static void use_rows(struct gru *g, const struct backward *w, size_t first, size_t last)
{
    if (w->dx) {
        struct product input = { .M = last - first,
            .N = g->Ip,
            .K = 3 * g->Hp,
            .c = w->dx + first * w->dx_stride,
            .c_stride = w->dx_stride,
            .a = g->tape + first * g->tape_stride,
            .a_stride = g->tape_stride,
            .b = g->input_backward };
        g->kernels->product_rows(&input);
    }
    add_outer(g, g->input_gradient, g->Ip, 0, w->x, w->x_stride, first, last);
    size_t start = w->batch->batch_sizes[0] > first ? w->batch->batch_sizes[0] : first;
    if (start < last)
        add_outer(g, g->recurrent_gradient, g->Hp, 1, g->previous, g->state_stride, start, last);
}

/* Moves a gradient by gate, rows of what the weights met, to PyTorch's shape; place[gate] is the block of that gate. */
static void collect_weights(const struct gru *g, float *to, float *from, size_t columns, const size_t *place)
{
    enum { BLOCK = 64 }; /* columns at once: a line of `to`, and lines of `from` that stay near for the next units */
    for (size_t gate = 0; gate < 3; gate++)
        for (size_t first = 0; first < columns; first += BLOCK) {
            size_t last = first + BLOCK < columns ? first + BLOCK : columns;
            for (size_t unit = 0; unit < g->H; unit++)
                for (size_t i = first; i < last; i++)
                    to[(gate * g->H + unit) * columns + i] += from[i * g->gradient_stride + place[gate] * g->Hp + unit];
        }
    memset(from, 0, sizeof *from * columns * g->gradient_stride);
}

static void collect_biases(const struct gru *g, const struct gru_tensors *gradients)
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
    memset(g->bias_gradient, 0, sizeof(float) * 4 * g->Hp);
}

void gru_backward(struct gru *g, float *dx, size_t dx_stride, const float *dout, const float *x, size_t x_stride,
    const struct batch *b, struct gru_dropout dropout)
{
    const struct backward w = { dx, dx_stride, dout, x, x_stride, b, dropout };
    profile_enter(g->profile, PROFILE_PRODUCTS);
    memset(g->state_gradient, 0, sizeof(float) * b->n_sequences * g->state_stride);
    size_t n_left = b->n_frames; /* rows from here on are used already */
    for (size_t t = b->n_steps; t-- > 0;) {
        step_backward(g, &w, t);
        if (t == 0 || n_left - b->offsets[t] >= CHUNK_ROWS) {
            use_rows(g, &w, b->offsets[t], n_left);
            n_left = b->offsets[t];
        }
    }
    profile_enter(g->profile, PROFILE_OTHER);
}

void gru_collect(struct gru *g, const struct gru_tensors *gradients)
{
    collect_weights(g, gradients->w_ih, g->input_gradient, g->I, tape_place);
    collect_weights(g, gradients->w_hh, g->recurrent_gradient, g->H, recurrent_place);
    collect_biases(g, gradients);
}
