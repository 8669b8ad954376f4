#include "worker/train/nn/attention.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "worker/train/nn/blas.h"
#include "worker/train/nn/buffer.h"
#include "worker/train/nn/linear.h"

void attention_init(struct attention *a, size_t units, size_t heads, const struct kernels *kernels)
{
    memset(a, 0, sizeof *a);
    a->H = units;
    a->Hp = buffer_columns(units);
    a->state_stride = buffer_stride(a->Hp);
    a->heads = heads;
    a->kernels = kernels;
}

static void free_by_sequence(struct attention *a)
{
    float *all[] = { a->last, a->dlast, a->query, a->dquery, a->folded, a->dfolded, a->contexts, a->dcontexts, a->sums,
        a->dsums, a->balances, a->values, a->dvalues, a->maxima, a->totals };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void free_by_frame(struct attention *a)
{
    free(a->softmax);
    free(a->weights);
    free(a->kept);
    free(a->mask);
}

void attention_deinit(struct attention *a)
{
    free_by_sequence(a);
    free_by_frame(a);
    memset(a, 0, sizeof *a);
}

static void reserve_sequences(struct attention *a, size_t B)
{
    free_by_sequence(a);
    float **units[] = { &a->last, &a->dlast, &a->query, &a->dquery, &a->values, &a->dvalues };
    float **padded[] = { &a->folded, &a->dfolded, &a->contexts, &a->dcontexts };
    float **by_head[] = { &a->sums, &a->dsums, &a->balances };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        *units[i] = buffer_new(B * a->H);
    for (size_t i = 0; i < sizeof padded / sizeof *padded; i++)
        *padded[i] = buffer_new(B * a->heads * a->Hp);
    for (size_t i = 0; i < sizeof by_head / sizeof *by_head; i++)
        *by_head[i] = buffer_new(B * a->heads);
    a->maxima = buffer_new(B);
    a->totals = buffer_new(B);
    a->max_sequences = B;
}

void attention_reserve(struct attention *a, size_t max_frames, size_t max_sequences)
{
    if (max_sequences > a->max_sequences)
        reserve_sequences(a, max_sequences);
    if (max_frames > a->max_frames) {
        free_by_frame(a);
        size_t n = a->heads * max_frames;
        a->softmax = buffer_new(n);
        a->weights = buffer_new(n);
        a->kept = buffer_new(n);
        a->mask = (uint32_t *)buffer_new(n / 32 + 32);
        a->max_frames = max_frames;
    }
}

/* The row of sequence i's last valid step. */
static size_t last_row(const struct batch *b, size_t i)
{
    return b->offsets[b->lengths[i] - 1] + i;
}

static struct attend_step step_of(const struct attention *a, const float *states, const struct batch *b, size_t t)
{
    return (struct attend_step){ .Hp = a->Hp,
        .heads = a->heads,
        .rows = b->batch_sizes[t],
        .states = states + b->offsets[t] * a->state_stride,
        .state_stride = a->state_stride,
        .queries = a->folded,
        .contexts = a->contexts,
        .score_stride = b->n_frames };
}

/* One head's scores (N) to weights: softmax over the steps of each sequence, side by side. */
static void softmax_forward(struct attention *a, size_t head, const struct batch *b)
{
    float *scores = a->softmax + head * b->n_frames, *weights = a->weights + head * b->n_frames;
    const float *kept = a->kept + head * b->n_frames;
    memcpy(a->maxima, scores, sizeof *scores * b->n_sequences);
    for (size_t t = 1; t < b->n_steps; t++)
        for (size_t i = 0; i < b->batch_sizes[t]; i++) {
            float score = scores[b->offsets[t] + i];
            a->maxima[i] = score > a->maxima[i] ? score : a->maxima[i];
        }
    memset(a->totals, 0, sizeof *scores * b->n_sequences);
    for (size_t t = 0; t < b->n_steps; t++) {
        float *row = scores + b->offsets[t];
        a->kernels->exp_shifted(row, row, a->maxima, b->batch_sizes[t]);
        for (size_t i = 0; i < b->batch_sizes[t]; i++)
            a->totals[i] += row[i];
    }
    for (size_t i = 0; i < b->n_sequences; i++) {
        a->totals[i] = 1 / a->totals[i];
        a->sums[i * a->heads + head] = 0;
    }
    for (size_t t = 0; t < b->n_steps; t++)
        for (size_t i = 0; i < b->batch_sizes[t]; i++) {
            size_t row = b->offsets[t] + i;
            scores[row] *= a->totals[i];
            weights[row] = scores[row] * kept[row];
            a->sums[i * a->heads + head] += weights[row];
        }
}

static void attend_forward(struct attention *a, const float *states, const struct batch *b)
{
    for (size_t t = 0; t < b->n_steps; t++) {
        struct attend_step step = step_of(a, states, b, t);
        step.scores = a->softmax + b->offsets[t];
        a->kernels->attend_scores(&step);
    }
    for (size_t head = 0; head < a->heads; head++)
        softmax_forward(a, head, b);
    memset(a->contexts, 0, sizeof(float) * b->n_sequences * a->heads * a->Hp);
    for (size_t t = 0; t < b->n_steps; t++) {
        struct attend_step step = step_of(a, states, b, t);
        step.scores = a->weights + b->offsets[t];
        a->kernels->attend_contexts(&step);
    }
}

void attention_forward(struct attention *a, float *out, const struct attention_tensors *p, const float *states,
    const struct batch *b, struct dropout *dropout)
{
    size_t B = b->n_sequences, H = a->H, d = H / a->heads, n = a->heads * b->n_frames;
    if (dropout)
        dropout_values(dropout, a->kept, a->mask, n);
    else
        for (size_t i = 0; i < n; i++)
            a->kept[i] = 1;
    for (size_t i = 0; i < B; i++)
        memcpy(a->last + i * H, states + last_row(b, i) * a->state_stride, sizeof *out * H);
    linear_forward(a->query, a->last, p->in_weight, p->in_bias, B, H, H);
    for (size_t head = 0; head < a->heads; head++)
        blas_multiply(a->folded + head * a->Hp, a->heads * a->Hp, blas_plain(a->query + head * d, H),
            blas_plain(p->in_weight + (H + head * d) * H, H), B, H, d, 1 / sqrtf((float)d), 0);
    attend_forward(a, states, b);
    for (size_t i = 0; i < B; i++)
        for (size_t j = 0; j < H; j++)
            a->values[i * H + j] = a->sums[i * a->heads + j / d] * p->in_bias[2 * H + j];
    for (size_t head = 0; head < a->heads; head++)
        blas_multiply(a->values + head * d, H, blas_plain(a->contexts + head * a->Hp, a->heads * a->Hp),
            blas_transposed(p->in_weight + (2 * H + head * d) * H, H), B, d, H, 1, 1);
    linear_forward(out, a->values, p->out_weight, p->out_bias, B, H, H);
}

/* dvalues to dcontexts and dsums, and the gradients of the value projection. */
static void values_backward(
    struct attention *a, const struct attention_tensors *g, const struct attention_tensors *p, size_t B)
{
    size_t H = a->H, d = H / a->heads, stride = a->heads * a->Hp;
    memset(a->dsums, 0, sizeof(float) * B * a->heads);
    for (size_t i = 0; i < B; i++)
        for (size_t j = 0; j < H; j++) {
            float dvalue = a->dvalues[i * H + j];
            a->dsums[i * a->heads + j / d] += dvalue * p->in_bias[2 * H + j];
            g->in_bias[2 * H + j] += dvalue * a->sums[i * a->heads + j / d];
        }
    for (size_t head = 0; head < a->heads; head++) {
        size_t row = (2 * H + head * d) * H;
        blas_multiply(a->dcontexts + head * a->Hp, stride, blas_plain(a->dvalues + head * d, H),
            blas_plain(p->in_weight + row, H), B, H, d, 1, 0);
        blas_multiply(g->in_weight + row, H, blas_transposed(a->dvalues + head * d, H),
            blas_plain(a->contexts + head * a->Hp, stride), d, H, B, 1, 1);
    }
}

/* The sum over the steps of weight times its derivative, which softmax's derivative subtracts, without a pass over
 * them: sum of w_t (dcontext . h_t + dsum) = dcontext . context + dsum * sum. */
static void find_balances(struct attention *a, size_t B)
{
    for (size_t i = 0; i < B * a->heads; i++) {
        float balance = a->dsums[i] * a->sums[i];
        for (size_t j = 0; j < a->H; j++)
            balance += a->dcontexts[i * a->Hp + j] * a->contexts[i * a->Hp + j];
        a->balances[i] = balance;
    }
}

static void attend_backward(struct attention *a, float *dstates, const float *states, const struct batch *b)
{
    memset(a->dfolded, 0, sizeof(float) * b->n_sequences * a->heads * a->Hp);
    for (size_t t = 0; t < b->n_steps; t++) {
        size_t row = b->offsets[t];
        struct attend_back step = { .Hp = a->Hp,
            .heads = a->heads,
            .rows = b->batch_sizes[t],
            .states = states + row * a->state_stride,
            .state_stride = a->state_stride,
            .queries = a->folded,
            .dcontexts = a->dcontexts,
            .dsums = a->dsums,
            .balances = a->balances,
            .weights = a->weights + row,
            .softmax = a->softmax + row,
            .kept = a->kept + row,
            .score_stride = b->n_frames,
            .dqueries = a->dfolded,
            .dstates = dstates + row * a->state_stride };
        a->kernels->attend_back(&step);
    }
}

/* dfolded to dquery, and the gradient of the key projection. Its bias has none: it moves all scores alike. */
static void folded_backward(
    struct attention *a, const struct attention_tensors *g, const struct attention_tensors *p, size_t B)
{
    size_t H = a->H, d = H / a->heads, stride = a->heads * a->Hp;
    float scale = 1 / sqrtf((float)d);
    for (size_t head = 0; head < a->heads; head++) {
        size_t row = (H + head * d) * H;
        blas_multiply(a->dquery + head * d, H, blas_plain(a->dfolded + head * a->Hp, stride),
            blas_transposed(p->in_weight + row, H), B, d, H, scale, 0);
        blas_multiply(g->in_weight + row, H, blas_transposed(a->query + head * d, H),
            blas_plain(a->dfolded + head * a->Hp, stride), d, H, B, scale, 1);
    }
}

void attention_backward(struct attention *a, const struct attention_tensors *g, float *dstates, const float *dout,
    const struct attention_tensors *p, const float *states, const struct batch *b)
{
    size_t B = b->n_sequences, H = a->H;
    linear_backward(a->dvalues, g->out_weight, g->out_bias, dout, a->values, p->out_weight, B, H, H);
    values_backward(a, g, p, B);
    find_balances(a, B);
    attend_backward(a, dstates, states, b);
    folded_backward(a, g, p, B);
    linear_backward(a->dlast, g->in_weight, g->in_bias, a->dquery, a->last, p->in_weight, B, H, H);
    for (size_t i = 0; i < B; i++)
        for (size_t j = 0; j < H; j++)
            dstates[last_row(b, i) * a->state_stride + j] += a->dlast[i * H + j];
}
