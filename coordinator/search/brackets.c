/* The ladders of rungs that a spec asks for: pure functions of it, for the schedulers, plans and views. */
#include <assert.h>

#include "coordinator/search/sync.h"

static int64_t power(int64_t base, int exponent)
{
    int64_t p = 1;
    while (exponent-- > 0)
        p *= base;
    return p;
}

/* Rungs of the longest bracket as published: the greatest n with min * eta^(n-1) <= max. In whole numbers, since the
 * published logarithms are wrong for some (1 to 6^12 by 6). */
static int n_published_rungs(const struct search_spec *spec)
{
    int n = 1;
    for (int64_t budget = spec->min_budget; n < LIMIT_RUNGS && budget <= spec->max_budget / spec->eta; n++)
        budget *= spec->eta;
    return n;
}

int search_n_brackets(const struct search_spec *spec)
{
    int64_t rungs[LIMIT_RUNGS];
    if (spec->scheduler == SCHEDULER_SYNC_HYPERBAND)
        return n_published_rungs(spec);
    return spec->scheduler == SCHEDULER_HYPERBAND ? search_spec_rungs(spec, rungs) : 1;
}

int search_n_planned_brackets(const struct search_spec *spec)
{
    return spec->scheduler == SCHEDULER_SYNC_HYPERBAND ? search_n_brackets(spec) : 1;
}

/* The spec's rungs from rung `bracket` on: a ladder that begins higher, and ends where all do. */
static int asynchronous_rungs(const struct search_spec *spec, int bracket, int64_t rungs[LIMIT_RUNGS])
{
    int n_all = search_spec_rungs(spec, rungs), skipped = bracket % n_all;
    for (int k = skipped; k < n_all; k++)
        rungs[k - skipped] = rungs[k];
    return n_all - skipped;
}

int search_bracket_rungs(const struct search_spec *spec, int bracket, int64_t rungs[LIMIT_RUNGS])
{
    assert(bracket >= 0);
    if (spec->scheduler != SCHEDULER_SYNC_HYPERBAND)
        return asynchronous_rungs(spec, bracket, rungs);
    int n_all = n_published_rungs(spec), n = n_all - bracket % n_all;
    for (int k = 0; k < n; k++) {
        int64_t divisor = power(spec->eta, n - 1 - k);
        rungs[k] = (spec->max_budget + divisor / 2) / divisor; /* rounded: a trial's unit is whole */
    }
    return n;
}

int64_t sync_n_slots(const struct search_spec *spec, int bracket, int stage)
{
    int n_all = n_published_rungs(spec), s = n_all - 1 - bracket % n_all;
    int64_t n = n_all / (s + 1) * power(spec->eta, s) / power(spec->eta, stage);
    return n > 1 ? n : 1;
}

/* Whole brackets, one kind after the other, until the trials are spent; the last may be cut. */
static void expect_sync(const struct search_spec *spec, int bracket, int64_t n_trials, int64_t *counts)
{
    int n_all = n_published_rungs(spec);
    for (int i = 0; n_trials > 0; i = (i + 1) % n_all) {
        int64_t planned = sync_n_slots(spec, i, 0), n = n_trials < planned ? n_trials : planned;
        n_trials -= n;
        for (int k = 0; i == bracket % n_all && k < n_all - i; k++) {
            counts[k] += n;
            int64_t slots = sync_n_slots(spec, i, k + 1), share = n / spec->eta > 1 ? n / spec->eta : 1;
            n = n < sync_n_slots(spec, i, k) && share < slots ? share : slots < n ? slots : n;
        }
    }
}

void search_expected_counts(const struct search_spec *spec, int bracket, int64_t counts[LIMIT_RUNGS])
{
    int64_t rungs[LIMIT_RUNGS], n = spec->n_trials;
    int n_rungs = search_bracket_rungs(spec, bracket, rungs);
    for (int k = 0; k < n_rungs; k++)
        counts[k] = 0;
    if (spec->scheduler == SCHEDULER_SYNC_HYPERBAND) {
        expect_sync(spec, bracket, n, counts);
        return;
    }
    if (bracket % search_n_brackets(spec) > 0)
        return;
    for (int k = 0; k < n_rungs && n > 0; k++) {
        counts[k] = n;
        if (spec->scheduler != SCHEDULER_NONE)
            n = n / spec->eta > 1 ? n / spec->eta : 1;
    }
}
