#include "coordinator/search/ladder.h"

#include <assert.h>
#include <math.h>

void ladder_init(struct ladder *l, int bracket, int n_rungs, int eta)
{
    *l = (struct ladder){ .bracket = bracket, .n_rungs = n_rungs, .eta = eta };
}

void ladder_deinit(struct ladder *l)
{
    for (int k = 0; k < l->n_rungs; k++)
        ranking_deinit(&l->rungs[k].results);
}

void ladder_result(struct ladder *l, uint32_t trial, int rung, double loss)
{
    assert(rung < l->n_rungs);
    ranking_add(&l->rungs[rung].results, trial, loss);
    l->rungs[rung].n_live++;
}

void ladder_promoted(struct ladder *l, int rung)
{
    assert(rung > 0 && rung < l->n_rungs);
    l->rungs[rung - 1].n_promoted++;
}

void ladder_abandoned(struct ladder *l, const struct trial_note *t)
{
    for (int k = 0; k < t->rung; k++) {
        l->rungs[k].n_live--;
        l->rungs[k].n_promoted--;
    }
    if (t->place != PLACE_RUNNING)
        l->rungs[t->rung].n_live--;
}

void ladder_retried(struct ladder *l, uint32_t trial, const struct trial_note *t)
{
    if (t->place == PLACE_FAILED) {
        ranking_remove(&l->rungs[t->rung].results, trial);
        l->rungs[t->rung].n_live--;
        return;
    }
    for (int k = 0; k < t->rung; k++) {
        l->rungs[k].n_live++;
        l->rungs[k].n_promoted++;
    }
}

/* How many of the rung's best places the rule lets go up. */
static int64_t places_of(const struct ladder *l, const struct ladder_rung *rung, enum ladder_rule rule)
{
    int64_t share = rung->n_live / l->eta;
    switch (rule) {
    case LADDER_QUOTA:
        return rung->n_promoted + 1 <= share ? share : 0;
    case LADDER_ENDGAME:
        return share > 1 ? share : 1;
    case LADDER_RESCUE:
    case LADDER_ALL:
        break;
    }
    return rung->n_live;
}

/* Looks through the best places of rung k for the first paused trial; the line is drawn behind the last of them. */
static bool promote_from(
    struct ladder *l, const struct history *h, int k, enum ladder_rule rule, struct search_decision *out)
{
    struct ladder_rung *rung = &l->rungs[k];
    int64_t n_places = places_of(l, rung, rule), place = 0;
    const struct ranked *order = ranking_order(&rung->results);
    bool is_found = false;
    for (size_t i = 0; i < rung->results.n && place < n_places && isfinite(order[i].loss); i++) {
        const struct trial_note *t = history_trial(h, order[i].trial);
        if (t->place == PLACE_ABANDONED)
            continue;
        place++;
        if (!is_found && t->rung == k && t->place == PLACE_PAUSED) {
            is_found = true;
            out->trial = order[i].trial;
            out->rank = (int)place;
            out->loss = order[i].loss;
        }
        out->line = order[i].loss;
    }
    return is_found;
}

bool ladder_promote(struct ladder *l, const struct history *h, enum ladder_rule rule, struct search_decision *out)
{
    for (int k = l->n_rungs - 2; k >= 0; k--) {
        struct search_decision found = { .bracket = l->bracket, .rung = k + 1 };
        if (!promote_from(l, h, k, rule, &found))
            continue;
        found.move = SEARCH_PROMOTE;
        found.origin = rule == LADDER_QUOTA ? SEARCH_QUOTA : SEARCH_ENDGAME;
        found.note = rule == LADDER_RESCUE ? "every trial that was promoted broke, and none came to the top"
                     : rule == LADDER_ALL  ? "max_budget was raised, and without a scheduler every trial goes to it"
                                           : "";
        found.n_at_rung = (int)l->rungs[k].n_live;
        found.n_promoted = (int)l->rungs[k].n_promoted;
        found.model_rung = -1;
        *out = found;
        return true;
    }
    return false;
}

bool ladder_has_finisher(struct ladder *l, const struct history *h)
{
    struct ranking *top = &l->rungs[l->n_rungs - 1].results;
    const struct ranked *order = ranking_order(top);
    for (size_t i = 0; i < top->n && isfinite(order[i].loss); i++)
        if (history_trial(h, order[i].trial)->place != PLACE_ABANDONED)
            return true;
    return false;
}
