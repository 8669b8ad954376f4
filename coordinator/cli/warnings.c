#include "coordinator/cli/warnings.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/rng.h"
#include "common/proto/json.h"
#include "coordinator/cli/setting.h"

double space_combinations(const struct space *space)
{
    double product = 1;
    for (int i = 0; i < space->n_params; i++)
        product *= param_cardinality(&space->params[i]);
    return product;
}

/* ---- attention heads that do not divide the hidden size ---- */

/* Draws configurations that every `where` allows, and counts those whose heads do not divide. */
static void find_heads(const struct campaign_spec *spec, struct expr *x, struct problems *warnings)
{
    enum { DRAWS = 4000 };
    if (!spec->trial.program || strcmp(spec->trial.program, "gru-attention") != 0)
        return;
    struct setting hidden, heads;
    setting_find(&hidden, spec, "hidden_size");
    setting_find(&heads, spec, "num_heads");
    struct rules rules = expr_rules(x);
    struct rng r;
    double values[LIMIT_PARAMS], bad_hidden = 0, bad_heads = 0;
    int n_allowed = 0, n_bad = 0;
    rng_derive(&r, spec->seed, 0, RNG_FEASIBLE, 1);
    for (int n = 0; n < DRAWS; n++) {
        for (int i = 0; i < spec->space.n_params; i++)
            values[i] = param_sample(&spec->space.params[i], &r);
        if (!rules_resolve(&rules, values))
            continue;
        n_allowed++;
        double h = setting_value(&hidden, values), k = setting_value(&heads, values);
        if (isnan(h) || isnan(k) || fmod(h, k) == 0)
            continue;
        n_bad++;
        bad_hidden = h;
        bad_heads = k;
    }
    if (n_bad == 0)
        return;
    problems_add(warnings, heads.param ? "/space/num_heads" : "/space/hidden_size",
        "hidden_size must be divisible by num_heads, and %.15g by %.15g is not: about %.0f %% of the trials would be "
        "refused. "
        "Add \"%s %% %s = 0\" to \"where\"",
        bad_hidden, bad_heads, ceil(100.0 * n_bad / n_allowed), hidden.text, heads.text);
}

/* ---- the others, one a function ---- */

static void find_direction(const struct campaign_spec *spec, struct problems *warnings)
{
    size_t len = strlen(spec->metric);
    bool is_loss = len >= 4 && strcmp(spec->metric + len - 4, "loss") == 0;
    bool is_accuracy = len >= 8 && strcmp(spec->metric + len - 8, "accuracy") == 0;
    if (is_loss && spec->goal == GOAL_MAXIMIZE)
        problems_add(warnings, "/objective/goal", "maximize %s: is minimize meant?", spec->metric);
    if (is_accuracy && spec->goal == GOAL_MINIMIZE)
        problems_add(warnings, "/objective/goal", "minimize %s: is maximize meant?", spec->metric);
    if (spec->trial.program && strcmp(spec->metric, "train_loss") == 0)
        problems_add(warnings, "/objective/metric",
            "train_loss chooses what fits the training data best: is validation_loss meant?");
}

/* Several powers of ten, drawn evenly: nine tenths of the draws lie in the last one. */
static void find_scales(const struct campaign_spec *spec, struct problems *warnings)
{
    for (int i = 0; i < spec->space.n_params; i++) {
        const struct param *p = &spec->space.params[i];
        struct str pointer = { 0 };
        str_addf(&pointer, "/space/%s", p->name);
        if (p->type != PARAM_CATEGORICAL && !p->is_log && p->low > 0 && p->high / p->low >= 1000 && p->step <= 1)
            problems_add(warnings, str_text(&pointer),
                "from %.15g to %.15g, drawn evenly, so that small values are rare: is \"log\": true meant?", p->low,
                p->high);
        str_deinit(&pointer);
    }
}

static void find_share(
    const struct campaign_spec *spec, struct expr *x, const struct share *share, struct problems *warnings)
{
    if (share->feasible == 0)
        problems_add(warnings, "/where", "none of %" PRIu64 " configurations drawn is allowed: nothing may ever start",
            share->n_samples);
    else if (share->feasible < 0.01)
        problems_add(warnings, "/where", "only %.2g %% of the space is allowed: draw from narrower ranges instead",
            100 * share->feasible);
    for (int i = 0; i < spec->n_where; i++) {
        char pointer[32];
        snprintf(pointer, sizeof pointer, "/where/%d", i);
        if (share->rejected[i] == 1)
            problems_add(warnings, pointer, "\"%.200s\" allowed none of %" PRIu64 " configurations drawn",
                spec->where[i], share->n_samples);
    }
    if (*expr_failure(x))
        problems_add(warnings, "/where", "an evaluation failed, and what fails does not hold: %s", expr_failure(x));
}

static void find_search(const struct campaign_spec *spec, struct problems *warnings)
{
    int64_t rungs[LIMIT_RUNGS], n_trials = spec->limits.n_trials;
    int n_rungs = search_spec_rungs(&spec->search, rungs);
    double combinations = space_combinations(&spec->space);
    if (spec->search.scheduler != SCHEDULER_NONE && n_rungs == 1 && spec->search.max_budget >= spec->search.eta)
        problems_add(warnings, "/search/min_budget",
            "the only rung is %" PRId64 ", so that no trial is stopped early: expected at most %" PRId64, rungs[0],
            spec->search.max_budget / spec->search.eta);
    if (n_trials && spec->n_enqueue > n_trials)
        problems_add(warnings, "/enqueue",
            "%d configurations, but limits.trials is %" PRId64 ": the last %" PRId64 " never start", spec->n_enqueue,
            n_trials, spec->n_enqueue - n_trials);
    if (spec->search.sampler == SAMPLER_GRID && n_trials && combinations > (double)n_trials && spec->n_where == 0)
        problems_add(warnings, "/limits/trials", "%" PRId64 " of the %.15g points of the grid", n_trials, combinations);
    if (spec->search.sampler != SAMPLER_GRID && n_trials && combinations < (double)n_trials)
        problems_add(warnings, "/limits/trials",
            "%" PRId64 ", but the space has only %.15g configurations: the campaign ends with them", n_trials,
            combinations);
}

void warnings_find(
    const struct campaign_spec *spec, struct expr *x, const struct share *share, struct problems *warnings)
{
    find_direction(spec, warnings);
    find_scales(spec, warnings);
    find_heads(spec, x, warnings);
    find_share(spec, x, share, warnings);
    find_search(spec, warnings);
}
