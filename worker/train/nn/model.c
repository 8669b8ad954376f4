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

struct model {
    struct model_config config;
    const struct net_kind *kind;
    const struct kernels *kernels;
    void *net;
    struct net_tensors tensors;
    float *parameters, *gradients;
    float *logits; /* (max_sequences, C) */
    size_t max_sequences;
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
    free(m);
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

double model_train(struct model *m, const struct batch *b, uint64_t seed, uint64_t step)
{
    assert(b->n_sequences > 0 && b->n_features == m->config.n_features);
    if (b->n_sequences > m->max_sequences) {
        free(m->logits);
        m->max_sequences = b->n_sequences;
        m->logits = buffer_new(m->max_sequences * m->config.n_classes);
    }
    struct dropout dropout;
    dropout_init(&dropout, m->config.dropout, seed, step, m->kernels);
    profile_enter(m->profile, PROFILE_OTHER);
    m->kind->forward(m->net, m->logits, m->parameters, b, m->config.dropout > 0 ? &dropout : NULL);
    double loss = loss_backward(m->logits, b->labels, b->n_sequences, m->config.n_classes);
    m->kind->backward(m->net, m->gradients, m->logits, m->parameters, b);
    return loss;
}

void model_predict(struct model *m, const struct batch *b, float *logits)
{
    assert(b->n_sequences > 0 && b->n_features == m->config.n_features);
    m->kind->forward(m->net, logits, m->parameters, b, NULL);
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
