#include "worker/train/nn/average.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

void average_init(struct average *a, const float *parameters, size_t n, double steps)
{
    *a = (struct average){ 0 };
    if (steps <= 0)
        return;
    a->n = n;
    a->decay = steps > 1 ? 1 - 1 / steps : 0;
    a->weights = mem_alloc(n * sizeof *a->weights);
    memcpy(a->weights, parameters, n * sizeof *a->weights);
}

void average_deinit(struct average *a)
{
    free(a->weights);
    *a = (struct average){ 0 };
}

void average_step(struct average *a, const float *parameters, uint64_t step)
{
    double most = (1 + (double)step) / (10 + (double)step), decay = a->decay < most ? a->decay : most;
    float share = (float)(1 - decay);
    for (size_t i = 0; i < a->n; i++)
        a->weights[i] += share * (parameters[i] - a->weights[i]);
}

void average_swap(struct average *a, float *parameters)
{
    for (size_t i = 0; i < a->n; i++) {
        float weight = a->weights[i];
        a->weights[i] = parameters[i];
        parameters[i] = weight;
    }
}
