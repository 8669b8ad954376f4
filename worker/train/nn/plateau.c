#include "worker/train/nn/plateau.h"

#include <math.h>

void plateau_init(struct plateau *p, double factor, uint32_t patience)
{
    *p = (struct plateau){ .factor = factor, .threshold = 1e-4, .patience = patience, .best = INFINITY };
}

double plateau_step(struct plateau *p, double loss, double rate)
{
    if (loss < p->best * (1 - p->threshold)) {
        p->best = loss;
        p->n_bad = 0;
        return rate;
    }
    if (++p->n_bad <= p->patience)
        return rate;
    p->n_bad = 0;
    double lower = rate * p->factor;
    return rate - lower > 1e-8 ? lower : rate; /* PyTorch's eps: a smaller fall is not worth making */
}
