#include "coordinator/cli/plan_cost.h"

#include <math.h>
#include <string.h>

#include "coordinator/cli/setting.h"
#include "coordinator/cli/warnings.h"
#include "coordinator/search/search.h"

static void count_trials(const struct campaign_spec *spec, int64_t assumed_trials, struct plan_cost *out)
{
    double combinations = space_combinations(&spec->space);
    out->is_assumed = spec->limits.n_trials == 0;
    out->n_trials = out->is_assumed ? assumed_trials : spec->limits.n_trials;
    if (combinations <= (double)out->n_trials) {
        out->is_all = true;
        out->n_trials = (int64_t)combinations;
    }
}

static void add_bracket(const struct search_spec *search, int b, struct plan_cost *out)
{
    struct plan_bracket *bracket = &out->brackets[b];
    bracket->n_rungs = search_bracket_rungs(search, b, bracket->budgets);
    search_expected_counts(search, b, bracket->counts);
    for (int k = 0; k < bracket->n_rungs; k++) {
        int64_t before = k > 0 ? bracket->budgets[k - 1] : 0;
        out->budget += (double)bracket->counts[k] * (double)(bracket->budgets[k] - before);
        out->budget_from_zero += (double)bracket->counts[k] * (double)bracket->budgets[k];
    }
    out->budget_to_the_end += (double)bracket->counts[0] * (double)search->max_budget;
}

static double highest(const struct campaign_spec *spec, const char *name)
{
    struct setting s;
    setting_find(&s, spec, name);
    return setting_highest(&s);
}

#define BYTES_A_WEIGHT 16 /* a weight, Adam's two moments, and the average: four bytes each */

/* Weights of the largest model, with what training keeps of each. What depends on the data (features and
 * classes) is left out: it is the smaller part, and not known here. */
static double checkpoint_bytes(const struct campaign_spec *spec)
{
    if (!spec->trial.program)
        return 0;
    if (strcmp(spec->trial.program, "linear") == 0)
        return BYTES_A_WEIGHT * (highest(spec, "hidden_1") + 1) * (highest(spec, "hidden_2") + 1);
    double H = highest(spec, "hidden_size"), L = highest(spec, "num_layers");
    double gru = 3 * (H * H + 2 * H) + (L - 1) * 3 * (2 * H * H + 2 * H);
    return BYTES_A_WEIGHT * (gru + 4 * (H * H + H));
}

static void estimate_time(const struct campaign_spec *spec, double epoch_seconds, int n_workers, struct plan_cost *out)
{
    double longest = (double)spec->search.max_budget * epoch_seconds;
    out->work_seconds = out->budget * epoch_seconds;
    double shared = out->work_seconds / n_workers;
    out->least_seconds = fmax(shared, fmin(longest, out->work_seconds));
    bool waits = spec->search.scheduler == SCHEDULER_SYNC_HYPERBAND;
    out->most_seconds = waits ? 0 : fmin(shared + longest, out->work_seconds);
}

void plan_cost_of(const struct campaign_spec *spec, int64_t assumed_trials, double epoch_seconds, int n_workers,
    struct plan_cost *out)
{
    *out = (struct plan_cost){ 0 };
    count_trials(spec, assumed_trials, out);
    struct search_spec search = spec->search;
    search.n_trials = out->n_trials;
    out->n_brackets = search_n_planned_brackets(&search);
    for (int b = 0; b < out->n_brackets; b++)
        add_bracket(&search, b, out);
    out->checkpoint_bytes = checkpoint_bytes(spec);
    estimate_time(spec, epoch_seconds, n_workers, out);
}
