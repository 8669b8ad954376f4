#include "worker/train/nn/model.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/base/rng.h"
#include "worker/train/nn/blas.h"
#include "worker/train/nn/buffer.h"
#include "worker/train/nn/loss.h"
#include "worker/train/nn/net.h"

enum { SLICE_LEAST = 32 }; /* sequences: fewer leave the tiles of the kernels unfilled when some have ended */

struct model {
    struct model_config config;
    const struct net_kind *kind;
    const struct kernels *kernels;
    void *net;
    struct net_tensors tensors;
    float *parameters, *gradients;
    float *logits; /* (max_sequences, C) */
    size_t max_sequences;
    struct batch slice; /* the sequences that are worked on, where a batch is cut */
    struct profile *profile;
};

static const struct net_kind *const kinds[MODEL_N_KINDS] = {
    [MODEL_GRU_ATTENTION] = &net_gru_attention,
    [MODEL_LINEAR] = &net_linear,
};

const char *model_kind_name(enum model_kind kind)
{
    return kinds[kind]->name;
}

void net_add_tensor(struct net_tensors *t, size_t rows, size_t cols, double bound, const char *format, ...)
{
    t->list = mem_grow(t->list, t->n, &t->cap, sizeof *t->list);
    struct model_tensor *tensor = &t->list[t->n++];
    *tensor = (struct model_tensor){ .rows = rows, .cols = cols, .offset = t->n_parameters, .bound = bound };
    va_list args;
    va_start(args, format);
    vsnprintf(tensor->name, sizeof tensor->name, format, args);
    va_end(args);
    t->n_parameters += rows * (cols ? cols : 1);
}

static int check_config(const struct model_config *c, struct err *e)
{
    if (c->n_features < 1 || c->n_features > LIMIT_FEATURES)
        return err_set(e, ERR_INVALID, "a frame has %zu features: 1 to %d can be taken", c->n_features, LIMIT_FEATURES);
    if (c->n_classes < 2 || c->n_classes > LIMIT_CLASSES)
        return err_set(e, ERR_INVALID, "there are %zu classes: 2 to %d can be told apart", c->n_classes, LIMIT_CLASSES);
    if (!(c->dropout >= 0 && c->dropout < 1))
        return err_set(e, ERR_INVALID, "dropout is %g: it must be at least 0 and below 1", c->dropout);
    return kinds[c->kind]->check(c, e);
}

struct model *model_new(const struct model_config *config, struct err *e)
{
    if (check_config(config, e))
        return NULL;
    blas_use_one_thread();
    struct model *m = mem_zalloc(1, sizeof *m);
    m->config = *config;
    m->kind = kinds[config->kind];
    m->kernels = kernels_choose(NULL);
    m->kind->list(config, &m->tensors);
    m->parameters = buffer_new(m->tensors.n_parameters);
    m->gradients = buffer_new(m->tensors.n_parameters);
    m->net = m->kind->new (config, m->kernels);
    return m;
}

void model_free(struct model *m)
{
    if (!m)
        return;
    m->kind->free(m->net);
    free(m->tensors.list);
    free(m->parameters);
    free(m->gradients);
    free(m->logits);
    batch_deinit(&m->slice);
    free(m);
}

void model_name_arithmetic(char name[MODEL_ARITHMETIC_MAX + 1])
{
    snprintf(name, MODEL_ARITHMETIC_MAX + 1, "%s · openblas %s", kernels_choose(NULL)->name, blas_core_name());
}

const struct model_config *model_get_config(const struct model *m)
{
    return &m->config;
}

const struct model_tensor *model_tensors(const struct model *m, size_t *n)
{
    *n = m->tensors.n;
    return m->tensors.list;
}

size_t model_n_parameters(const struct model *m)
{
    return m->tensors.n_parameters;
}

float *model_parameters(struct model *m)
{
    return m->parameters;
}

float *model_gradients(struct model *m)
{
    return m->gradients;
}

void model_init_weights(struct model *m, uint64_t seed)
{
    for (size_t i = 0; i < m->tensors.n; i++) {
        const struct model_tensor *t = &m->tensors.list[i];
        struct rng r;
        rng_derive(&r, seed, 0, RNG_WEIGHTS, i);
        for (size_t k = 0; k < t->rows * (t->cols ? t->cols : 1); k++)
            m->parameters[t->offset + k] = (float)(t->bound * (2 * rng_double(&r) - 1));
    }
}

/* Sequences from `first` on that are worked on together. A few at the end are not left alone. */
static size_t slice_sequences(const struct model *m, const struct batch *b, size_t first)
{
    size_t wanted = m->kind->slice_frames(&m->config), frames = 0, n = 0;
    while (first + n < b->n_sequences && (frames < wanted || n < SLICE_LEAST))
        frames += b->lengths[first + n++];
    return first + n + SLICE_LEAST / 2 < b->n_sequences ? n : b->n_sequences - first;
}

/* Those sequences as a batch of their own: b itself where they are all. */
static const struct batch *take_slice(struct model *m, const struct batch *b, size_t first, size_t n)
{
    if (n == b->n_sequences)
        return b;
    struct batch *s = &m->slice;
    size_t frames = 0;
    for (size_t i = 0; i < n; i++)
        frames += b->lengths[first + i];
    if (n > s->max_sequences || frames > s->max_frames || b->n_steps > s->max_steps) {
        size_t old_n = s->max_sequences, old_frames = s->max_frames, old_steps = s->max_steps;
        batch_deinit(s);
        batch_init(s, n > old_n ? n : old_n, b->n_steps > old_steps ? b->n_steps : old_steps,
            frames > old_frames ? frames : old_frames, b->n_features);
    }
    profile_enter(m->profile, PROFILE_DATA);
    batch_slice(s, b, first, n);
    profile_enter(m->profile, PROFILE_OTHER);
    return s;
}

static void begin(struct model *m, const struct batch *b)
{
    assert(b->n_sequences > 0 && b->n_features == m->config.n_features);
    profile_enter(m->profile, PROFILE_OTHER);
    m->kind->load(m->net, m->parameters);
}

double model_train(struct model *m, const struct batch *b, uint64_t seed, uint64_t step)
{
    size_t B = b->n_sequences, C = m->config.n_classes;
    if (B > m->max_sequences) {
        free(m->logits);
        m->max_sequences = B;
        m->logits = buffer_new(B * C);
    }
    struct dropout dropout, *drop = m->config.dropout > 0 ? &dropout : NULL;
    dropout_init(&dropout, m->config.dropout, seed, step, m->kernels);
    begin(m, b);
    double loss = 0;
    for (size_t first = 0, n; first < B; first += n) {
        n = slice_sequences(m, b, first);
        const struct batch *slice = take_slice(m, b, first, n);
        m->kind->forward(m->net, m->logits, m->parameters, slice, drop);
        loss += loss_backward(m->logits, slice->labels, n, C, B);
        m->kind->backward(m->net, m->gradients, m->logits, m->parameters, slice);
    }
    if (m->kind->collect)
        m->kind->collect(m->net, m->gradients);
    return loss;
}

void model_predict(struct model *m, const struct batch *b, float *logits)
{
    begin(m, b);
    for (size_t first = 0, n; first < b->n_sequences; first += n) {
        n = slice_sequences(m, b, first);
        m->kind->forward(m->net, logits + first * m->config.n_classes, m->parameters, take_slice(m, b, first, n), NULL);
    }
}

double model_train_flops(const struct model *m, const struct batch *b)
{
    return m->kind->flops(&m->config, b);
}

void model_set_profile(struct model *m, struct profile *p)
{
    m->profile = p;
    m->kind->set_profile(m->net, p);
}
