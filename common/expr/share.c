#include "common/expr/share.h"

#include <math.h>

#include "common/base/rng.h"

void expr_feasible_share(struct expr *x, const struct campaign_spec *spec, uint64_t n_samples, struct share *out)
{
    struct rules rules = expr_rules(x);
    struct rng r;
    double values[LIMIT_PARAMS];
    uint64_t n_feasible = 0, n_rejected[LIMIT_EXPRESSIONS] = { 0 };
    rng_derive(&r, spec->seed, 0, RNG_FEASIBLE, 0);
    for (uint64_t n = 0; n < n_samples; n++) {
        for (int i = 0; i < spec->space.n_params; i++)
            values[i] = param_sample(&spec->space.params[i], &r);
        if (rules_resolve(&rules, values)) {
            n_feasible++;
            continue;
        }
        for (int i = expr_first_broken(x, values, 0); i >= 0; i = expr_first_broken(x, values, i + 1))
            n_rejected[i]++;
    }
    double n = n_samples ? (double)n_samples : 1, share = (double)n_feasible / n;
    *out = (struct share){ n_samples, share, sqrt(share * (1 - share) / n), { 0 } };
    for (int i = 0; i < LIMIT_EXPRESSIONS; i++)
        out->rejected[i] = (double)n_rejected[i] / n;
}
