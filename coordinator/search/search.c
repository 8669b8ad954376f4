#include "coordinator/search/search.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "coordinator/search/agreement.h"
#include "coordinator/search/ladder.h"
#include "coordinator/search/proposer.h"
#include "coordinator/search/sync.h"

enum { FIRST_COMPARED = 30 }; /* trials */
#define LOW_AGREEMENT 0.2

struct search {
    struct search_spec spec; /* the file's, and what it was extended by */
    int64_t max_trials;
    bool is_sync;
    struct ladder ladders[LIMIT_RUNGS]; /* of the asynchronous schedulers, by bracket */
    int n_ladders;
    int first_bracket;                 /* where new trials begin: as low as the order of a rung says something */
    int64_t n_pairs[LIMIT_RUNGS];      /* by level: results there of trials that have one at the level below */
    struct search_agreement agreement; /* what the last result made it look at; n 0: nothing */
    struct search_agreement low;       /* the last low one; n 0: none, or it is none any more */
    struct sync sync;                  /* of SCHEDULER_SYNC_HYPERBAND */
    struct history history;
    struct proposer proposer;
    bool is_decided; /* `decision` is what follows from the notes so far */
    struct search_decision decision;
};

/* Every ladder ends at the same budget, and begins a rung higher than the one before. */
static void raise_ladders(struct search *s, int n_rungs)
{
    s->n_ladders = s->is_sync ? 1 : search_n_brackets(&s->spec);
    for (int b = 0; b < s->n_ladders; b++)
        s->ladders[b].n_rungs = n_rungs - b;
}

struct search *search_new(const struct search_inputs *in)
{
    struct search *s = mem_zalloc(1, sizeof *s);
    int64_t rungs[LIMIT_RUNGS];
    struct search_inputs own = *in;
    int n_rungs = search_bracket_rungs(in->spec, 0, rungs);
    s->spec = *in->spec;
    own.spec = &s->spec;
    s->max_trials = in->spec->n_trials > 0 ? in->spec->n_trials : LIMIT_TRIALS;
    s->is_sync = in->spec->scheduler == SCHEDULER_SYNC_HYPERBAND;
    for (int b = 0; b < LIMIT_RUNGS; b++)
        ladder_init(&s->ladders[b], b, 0, in->spec->eta);
    raise_ladders(s, n_rungs);
    sync_init(&s->sync, &s->spec);
    history_init(&s->history, in->space, n_rungs);
    proposer_init(&s->proposer, &own);
    return s;
}

void search_free(struct search *s)
{
    if (!s)
        return;
    for (int b = 0; b < s->n_ladders; b++)
        ladder_deinit(&s->ladders[b]);
    sync_deinit(&s->sync);
    history_deinit(&s->history);
    proposer_deinit(&s->proposer);
    free(s);
}

static bool may_start(const struct search *s)
{
    return s->history.n_trials < s->max_trials;
}

/* Fills *out with a start on that rung, or the note why there is none. */
static bool decide_start(struct search *s, int bracket, int rung, struct search_decision *out)
{
    *out = (struct search_decision){ .move = SEARCH_START, .bracket = bracket, .rung = rung };
    out->trial = s->history.n_trials + 1;
    return proposer_next(&s->proposer, &s->history, out);
}

/* True when neither a result nor a failure nor a trial's abandonment can bring anything more. */
static bool is_over(const struct search *s)
{
    const struct history *h = &s->history;
    if (h->n_running == 0)
        return true;
    if (s->is_sync || (may_start(s) && !s->proposer.exhausted))
        return false;
    for (uint32_t number = 1; number <= h->n_trials; number++) {
        const struct trial_note *t = history_trial(h, number);
        if (t->rung + 1 < s->ladders[t->bracket].n_rungs && (t->place == PLACE_RUNNING || t->place == PLACE_PAUSED))
            return false;
    }
    return true;
}

static void decide_nothing(struct search *s, const char *note, struct search_decision *out)
{
    bool is_end = is_over(s);
    *out = (struct search_decision){ .move = is_end ? SEARCH_END : SEARCH_WAIT, .origin = SEARCH_NO_ORIGIN };
    out->model_rung = -1;
    if (note[0])
        out->note = note;
    else
        out->note = is_end ? "all trials were started, and the best went to the end"
                           : "all trials were started, and what goes on depends on those that run";
}

/* The promotion to the highest budget that the rule allows on any ladder, the longest one first. */
static bool promote(const struct search *s, enum ladder_rule rule, struct search_decision *out)
{
    bool is_found = false;
    for (int b = 0; b < s->n_ladders; b++) {
        struct search_decision d = { .note = "" };
        if (!ladder_promote(&s->ladders[b], rule, &d) || (is_found && d.bracket + d.rung <= out->bracket + out->rung))
            continue;
        *out = d;
        is_found = true;
    }
    return is_found;
}

static bool has_finisher(const struct search *s)
{
    for (int b = 0; b < s->n_ladders; b++)
        if (ladder_has_finisher(&s->ladders[b]))
            return true;
    return false;
}

static void decide_async(struct search *s, struct search_decision *out)
{
    const char *note = "";
    if (promote(s, LADDER_QUOTA, out))
        return;
    if (s->spec.scheduler == SCHEDULER_NONE && promote(s, LADDER_ALL, out))
        return;
    if (may_start(s)) {
        if (decide_start(s, s->first_bracket, 0, out)) {
            if (s->first_bracket > 0 && !out->note[0])
                out->note = "lower budgets said little about this one";
            return;
        }
        note = out->note;
    }
    if (promote(s, LADDER_ENDGAME, out))
        return;
    if (s->history.n_running == 0 && !has_finisher(s) && promote(s, LADDER_RESCUE, out))
        return;
    decide_nothing(s, note, out);
}

static void decide_sync(struct search *s, struct search_decision *out)
{
    const char *note = "";
    sync_next(&s->sync, may_start(s), out);
    if (out->move == SEARCH_START && !decide_start(s, out->bracket, out->rung, out)) {
        note = out->note;
        sync_next(&s->sync, false, out);
    }
    if (out->move == SEARCH_WAIT)
        decide_nothing(s, note, out);
}

/* What else was so when it was decided. */
static void note_moment(struct search *s, struct search_decision *d)
{
    const struct history *h = &s->history;
    d->n_running = (int)h->n_running;
    for (size_t i = 0; i < h->n_running && i < SEARCH_LISTED; i++)
        d->running.trials[d->running.n++] = h->running[i];
    if (d->move != SEARCH_PROMOTE)
        return;
    if (s->is_sync)
        sync_first(&s->sync, d->bracket, d->rung, h, &d->best_first);
    else
        d->best_first.n = ladder_first(&s->ladders[d->bracket], d->rung - 1, d->best_first.trials, SEARCH_LISTED);
}

void search_next(struct search *s, struct search_decision *out)
{
    if (!s->is_decided) {
        struct search_decision *d = &s->decision;
        int64_t rungs[LIMIT_RUNGS];
        *d = (struct search_decision){ .note = "" };
        if (s->is_sync)
            decide_sync(s, d);
        else
            decide_async(s, d);
        search_bracket_rungs(&s->spec, d->bracket, rungs);
        if (d->move == SEARCH_START || d->move == SEARCH_PROMOTE)
            d->budget = rungs[d->rung];
        note_moment(s, d);
        s->is_decided = true;
    }
    *out = s->decision;
}

void search_note_started(struct search *s, uint32_t trial, const double *x, int bracket)
{
    int rung = s->is_sync ? sync_started(&s->sync, bracket) : 0;
    history_start(&s->history, trial, x, bracket, rung);
    s->is_decided = false;
}

void search_note_promoted(struct search *s, uint32_t trial, int rung)
{
    const struct trial_note *t = history_trial(&s->history, trial);
    assert(t->place == PLACE_PAUSED && rung == t->rung + 1);
    if (s->is_sync)
        sync_promoted(&s->sync, trial, t->bracket, rung);
    else
        ladder_promoted(&s->ladders[t->bracket], trial, t);
    history_place(&s->history, trial, rung, PLACE_RUNNING);
    s->is_decided = false;
}

static void note_end(struct search *s, uint32_t trial, int rung, double loss, enum trial_place place)
{
    const struct trial_note *t = history_trial(&s->history, trial);
    assert(t->place == PLACE_RUNNING && t->rung == rung);
    if (s->is_sync)
        sync_result(&s->sync, trial, t->bracket, loss);
    else
        ladder_result(&s->ladders[t->bracket], trial, rung, loss);
    history_place(&s->history, trial, rung, place);
    history_result(&s->history, trial, loss);
    s->is_decided = false;
}

/* At 30 trials, and whenever there are twice as many. */
static bool is_time_to_compare(int64_t n)
{
    int64_t look = FIRST_COMPARED;
    while (look < n)
        look *= 2;
    return look == n;
}

/* A trial has results at this level and at the one below: where new trials begin, their order should say something. */
static void compare_levels(struct search *s, int level)
{
    struct search_agreement *a = &s->agreement;
    int64_t rungs[LIMIT_RUNGS];
    int n_rungs = search_bracket_rungs(&s->spec, 0, rungs);
    s->n_pairs[level]++;
    if (level - 1 != s->first_bracket || !is_time_to_compare(s->n_pairs[level]))
        return;
    a->lower = rungs[level - 1];
    a->upper = rungs[level];
    a->correlation = agreement_find(&s->history, level - 1, level, &a->n);
    a->is_low = a->correlation < LOW_AGREEMENT;
    a->turned = a->is_low && s->spec.scheduler == SCHEDULER_HYPERBAND && level + 1 < n_rungs;
    if (a->turned)
        s->first_bracket = level;
    if (a->is_low)
        s->low = *a;
    else if (s->low.lower == a->lower)
        s->low.n = 0;
}

void search_note_result(struct search *s, uint32_t trial, int rung, double loss)
{
    assert(isfinite(loss));
    note_end(s, trial, rung, loss, PLACE_PAUSED);
    s->agreement = (struct search_agreement){ 0 };
    if (rung > 0)
        compare_levels(s, history_level(&s->history, trial));
}

void search_note_failed(struct search *s, uint32_t trial, int rung)
{
    note_end(s, trial, rung, INFINITY, PLACE_FAILED);
}

void search_note_abandoned(struct search *s, uint32_t trial)
{
    const struct trial_note *t = history_trial(&s->history, trial);
    if (t->place == PLACE_ABANDONED)
        return;
    if (s->is_sync)
        sync_abandoned(&s->sync, trial, t);
    else
        ladder_abandoned(&s->ladders[t->bracket], trial, t);
    history_place(&s->history, trial, t->rung, PLACE_ABANDONED);
    s->is_decided = false;
}

bool search_note_imported(struct search *s, int64_t *budget, const double *x, double loss)
{
    int64_t rungs[LIMIT_RUNGS];
    int level = search_bracket_rungs(&s->spec, 0, rungs) - 1;
    while (level >= 0 && rungs[level] > *budget)
        level--;
    *budget = level < 0 ? 0 : rungs[level];
    if (level < 0 || !history_import(&s->history, x, level, loss))
        return false;
    s->is_decided = false;
    return true;
}

void search_note_extended(struct search *s, int64_t n_trials, int64_t max_budget)
{
    int64_t rungs[LIMIT_RUNGS];
    if (n_trials > 0)
        s->spec.n_trials = s->max_trials = n_trials;
    if (max_budget > 0) {
        bool is_extended = search_spec_extend(&s->spec, max_budget);
        assert(is_extended);
        (void)is_extended;
        s->history.n_levels = search_bracket_rungs(&s->spec, 0, rungs);
        raise_ladders(s, s->history.n_levels);
    }
    s->is_decided = false;
}

void search_note_enqueued(struct search *s, const double *x)
{
    proposer_enqueue(&s->proposer, x);
    s->is_decided = false;
}

bool search_may_retry(struct search *s, uint32_t trial)
{
    const struct trial_note *t = history_trial(&s->history, trial);
    bool is_broken = t->place == PLACE_FAILED || t->place == PLACE_ABANDONED;
    return is_broken && (!s->is_sync || sync_may_retry(&s->sync, t));
}

void search_note_retried(struct search *s, uint32_t trial)
{
    const struct trial_note *t = history_trial(&s->history, trial);
    assert(search_may_retry(s, trial));
    if (s->is_sync)
        sync_retried(&s->sync, trial, t);
    else
        ladder_retried(&s->ladders[t->bracket], trial, t);
    if (t->place == PLACE_FAILED)
        history_forget_failure(&s->history, trial);
    history_place(&s->history, trial, t->rung, PLACE_RUNNING);
    s->is_decided = false;
}

bool search_has_tried(const struct search *s, const double *x)
{
    return history_has(&s->history, x);
}

bool search_is_waiting(const struct search *s, const double *x)
{
    return !search_has_tried(s, x) && proposer_has_waiting(&s->proposer, x);
}

bool search_is_under_way(const struct search *s, uint32_t trial, int *rung)
{
    const struct trial_note *t = history_trial(&s->history, trial);
    *rung = t->rung;
    return t->place == PLACE_RUNNING;
}

bool search_has_failed(const struct search *s, uint32_t trial)
{
    return history_trial(&s->history, trial)->place == PLACE_FAILED;
}

uint32_t search_n_started(const struct search *s)
{
    return s->history.n_trials;
}

int64_t search_n_waiting(const struct search *s)
{
    return proposer_n_waiting(&s->proposer, &s->history);
}

int64_t search_n_results(const struct search *s, int rung)
{
    return (int64_t)s->history.levels[rung].n;
}

bool search_has_compared(const struct search *s, struct search_agreement *out)
{
    *out = s->agreement;
    return s->agreement.n > 0;
}

bool search_has_low_agreement(const struct search *s, struct search_agreement *out)
{
    *out = s->low;
    return s->low.n > 0;
}
