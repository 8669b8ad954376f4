#include "worker/train/nn/adam.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "worker/train/nn/buffer.h"
#include "worker/train/nn/kernels.h"

static const double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;

void adam_init(struct adam *a, size_t n, double weight_decay, double clip_norm)
{
    *a = (struct adam){
        .n = n, .first = buffer_new(n), .second = buffer_new(n), .weight_decay = weight_decay, .clip_norm = clip_norm
    };
}

void adam_deinit(struct adam *a)
{
    free(a->first);
    free(a->second);
    memset(a, 0, sizeof *a);
}

/* What the gradients are multiplied with so that their norm is at most clip_norm. */
static double clip_scale(const struct adam *a, const float *gradients)
{
    if (a->clip_norm <= 0)
        return 1;
    double sum = 0;
    for (size_t i = 0; i < a->n; i++)
        sum += (double)gradients[i] * (double)gradients[i];
    double norm = sqrt(sum);
    return norm > a->clip_norm ? a->clip_norm / norm : 1;
}

void adam_step(struct adam *a, float *parameters, float *gradients, double learning_rate)
{
    double t = (double)++a->step;
    struct adam_rates rates = { .beta1 = (float)beta1,
        .rest1 = (float)(1 - beta1),
        .beta2 = (float)beta2,
        .rest2 = (float)(1 - beta2),
        .rate = (float)(learning_rate / (1 - pow(beta1, t))),
        .root = (float)(1 / sqrt(1 - pow(beta2, t))),
        .epsilon = (float)epsilon,
        .weight_decay = (float)a->weight_decay,
        .gradient_scale = (float)clip_scale(a, gradients) };
    kernels_choose(NULL)->adam(&rates, parameters, gradients, a->first, a->second, a->n);
}
