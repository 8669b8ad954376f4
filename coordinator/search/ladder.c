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
        standings_deinit(&l->rungs[k].results);
}

void ladder_result(struct ladder *l, uint32_t trial, int rung, double loss)
{
    assert(rung < l->n_rungs);
    l->rungs[rung].n_live++;
    if (isfinite(loss))
        standings_add(&l->rungs[rung].results, trial, loss, STANDING_WAITS);
}

void ladder_promoted(struct ladder *l, uint32_t trial, const struct trial_note *t)
{
    assert(t->place == PLACE_PAUSED && t->rung + 1 < l->n_rungs);
    l->rungs[t->rung].n_promoted++;
    standings_set(&l->rungs[t->rung].results, trial, t->loss, STANDING_PLACED);
}

void ladder_abandoned(struct ladder *l, uint32_t trial, const struct trial_note *t)
{
    for (int k = 0; k < t->rung; k++) {
        l->rungs[k].n_live--;
        l->rungs[k].n_promoted--;
        standings_set_trial(&l->rungs[k].results, trial, STANDING_NONE);
    }
    if (t->place == PLACE_RUNNING)
        return;
    l->rungs[t->rung].n_live--;
    standings_set_trial(&l->rungs[t->rung].results, trial, STANDING_NONE);
}

void ladder_retried(struct ladder *l, uint32_t trial, const struct trial_note *t)
{
    if (t->place == PLACE_FAILED) {
        l->rungs[t->rung].n_live--;
        return;
    }
    for (int k = 0; k < t->rung; k++) {
        l->rungs[k].n_live++;
        l->rungs[k].n_promoted++;
        standings_set_trial(&l->rungs[k].results, trial, STANDING_PLACED);
    }
    standings_remove_trial(&l->rungs[t->rung].results, trial); /* of one that was abandoned where it stood */
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

/* The first paused trial among the best places of rung k; the line is drawn behind the last of them. */
static bool promote_from(const struct ladder *l, int k, enum ladder_rule rule, struct search_decision *out)
{
    const struct standings *results = &l->rungs[k].results;
    int64_t n_places = places_of(l, &l->rungs[k], rule), place;
    struct standings_entry first;
    if (!standings_first_waiting(results, n_places, &first, &place))
        return false;
    out->trial = first.trial;
    out->rank = (int)place;
    out->loss = first.loss;
    out->line = standings_loss_at(results, n_places < results->n_placed ? n_places : results->n_placed);
    return true;
}

bool ladder_promote(const struct ladder *l, enum ladder_rule rule, struct search_decision *out)
{
    for (int k = l->n_rungs - 2; k >= 0; k--) {
        struct search_decision found = { .bracket = l->bracket, .rung = k + 1 };
        if (!promote_from(l, k, rule, &found))
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

int ladder_first(const struct ladder *l, int rung, uint32_t *trials, int n)
{
    return standings_first(&l->rungs[rung].results, trials, n);
}

bool ladder_has_finisher(const struct ladder *l)
{
    return l->rungs[l->n_rungs - 1].results.n_placed > 0;
}
