/* plan_cost.h: what a campaign would cost, as numbers.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_CLI_PLAN_COST_H
#define RUNG_COORDINATOR_CLI_PLAN_COST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/domain/spec.h"

struct plan_bracket {
    int n_rungs;
    int64_t budgets[LIMIT_RUNGS]; /* ascending */
    int64_t counts[LIMIT_RUNGS];  /* trials that reach each, if none fails */
};

struct plan_cost {
    int64_t n_trials;
    bool is_assumed; /* the campaign names no number of trials */
    bool is_all;     /* the space has no more configurations than that */
    int n_brackets;
    struct plan_bracket brackets[LIMIT_RUNGS];
    double budget;            /* all training, from checkpoints */
    double budget_from_zero;  /* the same when each rung began at 0 */
    double budget_to_the_end; /* all trials to max_budget */
    double work_seconds;      /* of one worker for all of it; 0: unknown */
    double least_seconds;     /* with all workers busy, and never less than the longest trial takes */
    double most_seconds;      /* all workers busy, then one trial from beginning to end; 0 where rungs are waited for */
    double checkpoint_bytes;  /* of the largest model, without its first and last layer's share; 0: unknown */
};

/* For as many trials as the campaign names, else `assumed_trials`. epoch_seconds may be 0; n_workers is at least 1. */
void plan_cost_of(const struct campaign_spec *spec, int64_t assumed_trials, double epoch_seconds, int n_workers,
    struct plan_cost *out);

#endif
