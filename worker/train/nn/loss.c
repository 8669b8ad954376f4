#include "worker/train/nn/loss.h"

#include <math.h>

/* log(sum(exp(logits))) of one row, by its maximum. */
static double log_sum_exp(const float *logits, size_t C)
{
    double max = logits[0], sum = 0;
    for (size_t c = 1; c < C; c++)
        max = (double)logits[c] > max ? (double)logits[c] : max;
    for (size_t c = 0; c < C; c++)
        sum += exp((double)logits[c] - max);
    return max + log(sum);
}

double loss_sum(const float *logits, const uint32_t *labels, size_t B, size_t C)
{
    double sum = 0;
    for (size_t i = 0; i < B; i++)
        sum += log_sum_exp(logits + i * C, C) - (double)logits[i * C + labels[i]];
    return sum;
}

double loss_backward(float *logits, const uint32_t *labels, size_t B, size_t C, size_t total)
{
    double sum = 0;
    for (size_t i = 0; i < B; i++) {
        float *row = logits + i * C;
        double log_sum = log_sum_exp(row, C);
        sum += log_sum - (double)row[labels[i]];
        for (size_t c = 0; c < C; c++)
            row[c] = (float)((exp((double)row[c] - log_sum) - (c == labels[i])) / (double)total);
    }
    return sum / (double)total;
}

size_t loss_argmax(const float *logits, size_t C)
{
    size_t best = 0;
    for (size_t c = 1; c < C; c++)
        if (logits[c] > logits[best])
            best = c;
    return best;
}
