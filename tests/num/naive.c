#include "tests/num/naive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "worker/train/nn/dropout.h"

static double *zeros(size_t n)
{
    return mem_zalloc(n + 1, sizeof(double));
}

static size_t row_of(const struct batch *b, size_t t, size_t i)
{
    return b->offsets[t] + i;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* One step of one sequence: next (H) from x (I) and h (H). w is the layer's slice: w_ih, w_hh, b_ih, b_hh. */
static void gru_step_naive(double *next, const double *x, const double *h, const double *w, size_t I, size_t H)
{
    const double *w_hh = w + 3 * H * I, *b_ih = w_hh + 3 * H * H, *b_hh = b_ih + 3 * H;
    for (size_t u = 0; u < H; u++) {
        double in[3], back[3];
        for (size_t gate = 0; gate < 3; gate++) {
            size_t row = gate * H + u;
            in[gate] = dot(w + row * I, x, I) + b_ih[row];
            back[gate] = dot(w_hh + row * H, h, H) + b_hh[row];
        }
        double r = sigmoid(in[0] + back[0]), z = sigmoid(in[1] + back[1]), n = tanh(in[2] + r * back[2]);
        next[u] = (1 - z) * n + z * h[u];
    }
}

/* All layers: states (N, H) of the last one. */
static void layers_naive(
    double *states, const struct model_config *c, const double *w, const struct batch *b, const struct naive_masks *m)
{
    size_t H = c->hidden_size, I = c->n_features;
    double *x = zeros(b->n_frames * (I > H ? I : H)), *start = zeros(H);
    for (size_t row = 0; row < b->n_frames; row++)
        for (size_t f = 0; f < I; f++)
            x[row * I + f] = (double)b->x[row * b->stride + f];
    for (size_t l = 0; l < c->num_layers; l++) {
        for (size_t i = 0; i < b->n_sequences; i++)
            for (size_t t = 0; t < b->lengths[i]; t++)
                gru_step_naive(states + row_of(b, t, i) * H, x + row_of(b, t, i) * I,
                    t ? states + row_of(b, t - 1, i) * H : start, w, I, H);
        w += 3 * H * I + 3 * H * H + 6 * H;
        I = H;
        for (size_t k = 0; k < b->n_frames * H; k++)
            x[k] = states[k] * (m && m->layers && l + 1 < c->num_layers ? m->layers[l * b->n_frames * H + k] : 1);
    }
    free(x);
    free(start);
}

/* y (H) = W (H, H) x + b, for block `part` of the input projection. */
static void project(double *y, const double *w, size_t part, const double *x, size_t H)
{
    for (size_t u = 0; u < H; u++)
        y[u] = dot(w + (part * H + u) * H, x, H) + w[3 * H * H + part * H + u];
}

/* The attention's output (H) for sequence i. */
static void attention_naive(double *out, const struct model_config *c, const double *w, const double *states,
    const struct batch *b, size_t i, const struct naive_masks *m)
{
    size_t H = c->hidden_size, d = H / c->num_heads, T = b->lengths[i];
    double *q = zeros(H), *keys = zeros(T * H), *values = zeros(T * H), *mixed = zeros(H), *scores = zeros(T);
    project(q, w, 0, states + row_of(b, T - 1, i) * H, H);
    for (size_t t = 0; t < T; t++) {
        project(keys + t * H, w, 1, states + row_of(b, t, i) * H, H);
        project(values + t * H, w, 2, states + row_of(b, t, i) * H, H);
    }
    for (size_t head = 0; head < c->num_heads; head++) {
        double total = 0;
        for (size_t t = 0; t < T; t++) {
            scores[t] = exp(dot(q + head * d, keys + t * H + head * d, d) / sqrt((double)d));
            total += scores[t];
        }
        for (size_t t = 0; t < T; t++) {
            double weight = scores[t] / total;
            if (m && m->attention)
                weight *= m->attention[head * b->n_frames + row_of(b, t, i)];
            for (size_t u = head * d; u < (head + 1) * d; u++)
                mixed[u] += weight * values[t * H + u];
        }
    }
    const double *out_weight = w + 3 * H * H + 3 * H;
    for (size_t u = 0; u < H; u++)
        out[u] = dot(out_weight + u * H, mixed, H) + out_weight[H * H + u];
    double *all[] = { q, keys, values, mixed, scores };
    for (size_t k = 0; k < 5; k++)
        free(all[k]);
}

static void gru_logits(double *logits, const struct model_config *c, const double *parameters, const struct batch *b,
    const struct naive_masks *m)
{
    size_t H = c->hidden_size, C = c->n_classes;
    double *states = zeros(b->n_frames * H), *attended = zeros(H);
    layers_naive(states, c, parameters, b, m);
    const double *w = parameters;
    for (size_t l = 0; l < c->num_layers; l++)
        w += 3 * H * (l ? H : c->n_features) + 3 * H * H + 6 * H;
    const double *classify = w + 4 * H * H + 4 * H;
    for (size_t i = 0; i < b->n_sequences; i++) {
        attention_naive(attended, c, w, states, b, i, m);
        for (size_t k = 0; k < C; k++)
            logits[i * C + k] = dot(classify + k * H, attended, H) + classify[C * H + k];
    }
    free(states);
    free(attended);
}

static void linear_logits(double *logits, const struct model_config *c, const double *parameters, const struct batch *b,
    const struct naive_masks *m)
{
    const size_t sizes[4] = { c->n_features, c->hidden_1, c->hidden_2, c->n_classes };
    double *x = zeros(c->n_features + c->hidden_1 + c->hidden_2), *y = zeros(c->hidden_1 + c->hidden_2 + c->n_classes);
    for (size_t i = 0; i < b->n_sequences; i++) {
        for (size_t f = 0; f < c->n_features; f++) {
            x[f] = 0;
            for (size_t t = 0; t < b->lengths[i]; t++)
                x[f] += (double)b->x[row_of(b, t, i) * b->stride + f] / b->lengths[i];
        }
        const double *w = parameters;
        for (size_t l = 0; l < 3; l++) {
            for (size_t u = 0; u < sizes[l + 1]; u++) {
                y[u] = dot(w + u * sizes[l], x, sizes[l]) + w[sizes[l + 1] * sizes[l] + u];
                if (l == 1 && m && m->units)
                    y[u] *= m->units[i * sizes[2] + u];
                if (l < 2 && y[u] < 0)
                    y[u] = 0;
            }
            memcpy(x, y, sizeof *x * (l < 2 ? sizes[l + 1] : 0));
            w += sizes[l + 1] * (sizes[l] + 1);
        }
        memcpy(logits + i * sizes[3], y, sizeof *y * sizes[3]);
    }
    free(x);
    free(y);
}

double naive_loss(const struct model_config *c, const double *parameters, const struct batch *b,
    const struct naive_masks *masks, double *logits)
{
    size_t B = b->n_sequences, C = c->n_classes;
    double *own = logits ? NULL : zeros(B * C), *use = logits ? logits : own, sum = 0;
    (c->kind == MODEL_LINEAR ? linear_logits : gru_logits)(use, c, parameters, b, masks);
    for (size_t i = 0; i < B; i++) {
        double total = 0;
        for (size_t k = 0; k < C; k++)
            total += exp(use[i * C + k]);
        sum += log(total) - use[i * C + b->labels[i]];
    }
    free(own);
    return sum / (double)B;
}

static double *draw(struct dropout *d, size_t rows, size_t columns, size_t row_bits)
{
    uint32_t *words = mem_zalloc(rows * row_bits / 32 + 32, sizeof *words);
    double *values = zeros(rows * columns);
    dropout_bits(d, words, rows * row_bits);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            size_t bit = i * row_bits + j;
            values[i * columns + j] = words[bit / 32] >> bit % 32 & 1 ? 1 / (1 - d->p) : 0;
        }
    free(words);
    return values;
}

void naive_masks_draw(
    struct naive_masks *m, const struct model_config *c, const struct batch *b, uint64_t seed, uint64_t step)
{
    *m = (struct naive_masks){ 0 };
    struct dropout d;
    dropout_init(&d, c->dropout, seed, step, kernels_choose(NULL));
    if (c->kind == MODEL_LINEAR) {
        m->units = draw(&d, b->n_sequences, c->hidden_2, c->hidden_2);
        return;
    }
    size_t N = b->n_frames, H = c->hidden_size;
    m->layers = zeros(c->num_layers * N * H);
    for (size_t l = 0; l + 1 < c->num_layers; l++) {
        double *layer = draw(&d, N, H, (H + 15) / 16 * 16);
        memcpy(m->layers + l * N * H, layer, sizeof *layer * N * H);
        free(layer);
    }
    m->attention = draw(&d, c->num_heads, N, N);
}

void naive_masks_free(struct naive_masks *m)
{
    free(m->layers);
    free(m->attention);
    free(m->units);
    *m = (struct naive_masks){ 0 };
}
