#include "common/domain/spec.h"

#include <math.h>
#include <stdlib.h>

const char *const sampler_names[] = { [SAMPLER_TPE] = "tpe", [SAMPLER_RANDOM] = "random", [SAMPLER_GRID] = "grid" };

const char *const scheduler_names[] = {
    [SCHEDULER_HYPERBAND] = "hyperband",
    [SCHEDULER_SYNC_HYPERBAND] = "sync-hyperband",
    [SCHEDULER_NONE] = "none",
};

static void free_texts(char **texts, int n)
{
    for (int i = 0; i < n && texts; i++)
        free(texts[i]);
    free(texts);
}

void campaign_spec_deinit(struct campaign_spec *spec)
{
    if (!spec)
        return;
    free(spec->trial.program);
    free_texts(spec->trial.command, spec->trial.n_command);
    free(spec->trial.data);
    free(spec->trial.fixed);
    free_texts(spec->trial.files, spec->trial.n_files);
    free(spec->trial.blobs);
    free(spec->trial.directory);
    space_deinit(&spec->space);
    free_texts(spec->where, spec->n_where);
    free(spec->enqueue);
    *spec = (struct campaign_spec){ 0 };
}

double campaign_spec_loss(const struct campaign_spec *spec, double value)
{
    return spec->goal == GOAL_MAXIMIZE ? -value : value;
}

int campaign_spec_cores(const struct campaign_spec *spec)
{
    return spec->trial.cores > 1 ? (int)spec->trial.cores : 1;
}

int campaign_spec_slots(const struct campaign_spec *spec, int64_t n_slots, int64_t memory_bytes)
{
    int64_t share = n_slots > 0 ? memory_bytes / n_slots : 0;
    int64_t shares = share > 0 ? (spec->limits.trial_memory_bytes + share - 1) / share : 0;
    int filled = (int)(shares < n_slots ? shares : n_slots), cores = campaign_spec_cores(spec);
    return filled > cores ? filled : cores;
}

int64_t campaign_spec_weight(const struct campaign_spec *spec)
{
    return spec->weight > 1 ? spec->weight : 1;
}

uint64_t campaign_spec_trial_seed(const struct campaign_spec *spec, uint32_t number)
{
    struct rng r;
    rng_derive(&r, spec->seed, number, RNG_TRIAL, 0);
    return rng_u64(&r);
}

/* The max_budget that the campaign file has: an extension's lowest rung was added above it. */
static int64_t filed_max(const struct search_spec *spec)
{
    return spec->n_added ? spec->filed_max : spec->max_budget;
}

int search_spec_rungs(const struct search_spec *spec, int64_t rungs[LIMIT_RUNGS])
{
    int64_t down[LIMIT_RUNGS];
    int n = 0;
    double budget = (double)filed_max(spec);
    do {
        down[n++] = (int64_t)floor(budget + 0.5);
        budget /= spec->eta;
    } while (spec->scheduler != SCHEDULER_NONE && n < LIMIT_RUNGS && floor(budget + 0.5) >= (double)spec->min_budget &&
             (int64_t)floor(budget + 0.5) < down[n - 1]);
    for (int i = 0; i < n; i++)
        rungs[i] = down[n - 1 - i];
    for (int i = 0; i < spec->n_added; i++)
        rungs[n++] = spec->added[i];
    return n;
}

bool search_spec_extend(struct search_spec *spec, int64_t max_budget)
{
    int64_t down[LIMIT_RUNGS], rungs[LIMIT_RUNGS];
    double least = sqrt(spec->eta) * (double)spec->max_budget, budget = (double)max_budget;
    int n = 0, n_before = search_spec_rungs(spec, rungs);
    if (max_budget <= spec->max_budget || spec->scheduler == SCHEDULER_SYNC_HYPERBAND)
        return false;
    do {
        down[n++] = (int64_t)floor(budget + 0.5);
        budget /= spec->eta;
    } while (spec->scheduler != SCHEDULER_NONE && n < LIMIT_RUNGS && floor(budget + 0.5) >= least);
    if (n_before + n > LIMIT_RUNGS)
        return false;
    spec->filed_max = filed_max(spec);
    for (int i = 0; i < n; i++)
        spec->added[spec->n_added++] = down[n - 1 - i];
    spec->max_budget = max_budget;
    return true;
}

int64_t search_spec_default_min(int64_t max_budget)
{
    double min = floor(0.04 * (double)max_budget + 0.5);
    return min < 1 ? 1 : (int64_t)min;
}

bool campaign_spec_extend(struct campaign_spec *spec, int64_t n_trials, int64_t max_budget, int64_t wall_clock_ms)
{
    if (max_budget > 0 && !search_spec_extend(&spec->search, max_budget))
        return false;
    if (n_trials > 0)
        spec->search.n_trials = spec->limits.n_trials = n_trials;
    if (wall_clock_ms > 0)
        spec->limits.wall_clock_ms = wall_clock_ms;
    return true;
}
