#include "coordinator/search/sync.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "common/base/mem.h"

void sync_init(struct sync *s, const struct search_spec *spec)
{
    *s = (struct sync){ .spec = spec };
}

void sync_deinit(struct sync *s)
{
    for (size_t i = 0; i < s->n_brackets; i++) {
        ranking_deinit(&s->brackets[i].results);
        ranking_deinit(&s->brackets[i].below);
    }
    free(s->brackets);
    *s = (struct sync){ 0 };
}

static int64_t n_finite(struct ranking *r)
{
    const struct ranked *order = ranking_order(r);
    int64_t n = (int64_t)r->n;
    while (n > 0 && !isfinite(order[n - 1].loss))
        n--;
    return n;
}

/* How many of the present rung go up when it is closed now, complete or not. */
static int64_t count_up(const struct sync *s, int number, struct sync_bracket *b)
{
    int64_t n = n_finite(&b->results), slots = sync_n_slots(s->spec, number, b->rung + 1);
    int64_t share = (int64_t)b->results.n / s->spec->eta;
    if (b->n_filled < b->n_slots && slots > share)
        slots = share > 1 ? share : 1;
    return n < slots ? n : slots;
}

static void close_rung(struct sync *s, int number, struct sync_bracket *b)
{
    b->n_up = b->rung + 1 < b->n_rungs ? count_up(s, number, b) : 0;
    ranking_deinit(&b->below);
    b->below = b->results;
    b->results = (struct ranking){ 0 };
    b->n_taken = 0;
    b->n_filled = b->n_up;
    b->rung++;
    b->n_slots = b->rung < b->n_rungs ? sync_n_slots(s->spec, number, b->rung) : 0;
}

static bool is_idle(const struct sync_bracket *b)
{
    return b->rung < b->n_rungs && b->n_running == 0 && b->n_taken == b->n_up;
}

static void close_if_complete(struct sync *s, int number)
{
    struct sync_bracket *b = &s->brackets[number];
    if (is_idle(b) && b->n_filled == b->n_slots)
        close_rung(s, number, b);
    while (s->first_open < s->n_brackets && s->brackets[s->first_open].rung == s->brackets[s->first_open].n_rungs)
        s->first_open++;
}

/* The figures of the promotion of place `i` among `results` to `rung`. */
static void fill_promotion(
    struct search_decision *out, int number, int rung, struct ranking *results, int64_t i, int64_t n_up)
{
    const struct ranked *order = ranking_order(results);
    *out = (struct search_decision){ .move = SEARCH_PROMOTE, .origin = SEARCH_RUNG_COMPLETE, .note = "" };
    out->trial = order[i].trial;
    out->bracket = number;
    out->rung = rung;
    out->rank = (int)i + 1;
    out->n_at_rung = (int)results->n;
    out->n_promoted = (int)i;
    out->loss = order[i].loss;
    out->line = order[n_up - 1].loss;
    out->model_rung = -1;
}

static bool next_of(struct sync *s, int number, bool may_start, struct search_decision *out)
{
    struct sync_bracket *b = &s->brackets[number];
    if (b->rung == b->n_rungs)
        return false;
    if (b->n_taken < b->n_up) {
        fill_promotion(out, number, b->rung, &b->below, b->n_taken, b->n_up);
        return true;
    }
    if (b->n_filled < b->n_slots && may_start) {
        *out = (struct search_decision){ .move = SEARCH_START, .bracket = number, .rung = b->rung };
        return true;
    }
    if (!is_idle(b) || b->rung + 1 == b->n_rungs || may_start)
        return false;
    int64_t n_up = count_up(s, number, b);
    if (n_up > 0) {
        fill_promotion(out, number, b->rung + 1, &b->results, 0, n_up);
        out->note = "no new trial is allowed, so the rung is closed before it is full";
    }
    return n_up > 0;
}

void sync_next(struct sync *s, bool may_start, struct search_decision *out)
{
    for (size_t i = s->first_open; i < s->n_brackets; i++)
        if (next_of(s, (int)i, may_start, out))
            return;
    *out = (struct search_decision){ .move = may_start ? SEARCH_START : SEARCH_WAIT, .bracket = (int)s->n_brackets };
}

void sync_first(struct sync *s, int bracket, int rung, const struct history *h, struct search_list *out)
{
    struct sync_bracket *b = &s->brackets[bracket];
    struct ranking *results = b->rung == rung ? &b->below : &b->results;
    const struct ranked *order = ranking_order(results);
    out->n = 0;
    for (size_t i = 0; i < results->n && isfinite(order[i].loss) && out->n < SEARCH_LISTED; i++)
        if (history_trial(h, order[i].trial)->place != PLACE_ABANDONED)
            out->trials[out->n++] = order[i].trial;
}

int sync_started(struct sync *s, int bracket)
{
    assert(bracket >= 0 && (size_t)bracket <= s->n_brackets);
    if ((size_t)bracket == s->n_brackets) {
        int64_t rungs[LIMIT_RUNGS];
        s->brackets = mem_grow(s->brackets, s->n_brackets, &s->cap_brackets, sizeof *s->brackets);
        s->brackets[s->n_brackets++] = (struct sync_bracket){ .n_rungs = search_bracket_rungs(s->spec, bracket, rungs),
            .n_slots = sync_n_slots(s->spec, bracket, 0) };
    }
    struct sync_bracket *b = &s->brackets[bracket];
    assert(b->n_filled < b->n_slots);
    b->n_filled++;
    b->n_running++;
    return b->rung;
}

void sync_promoted(struct sync *s, uint32_t trial, int bracket, int rung)
{
    struct sync_bracket *b = &s->brackets[bracket];
    if (b->rung == rung - 1)
        close_rung(s, bracket, b); /* before it was full: no new trial is allowed */
    assert(b->rung == rung && b->n_taken < b->n_up && ranking_order(&b->below)[b->n_taken].trial == trial);
    b->n_taken++;
    b->n_running++;
}

void sync_result(struct sync *s, uint32_t trial, int bracket, double loss)
{
    struct sync_bracket *b = &s->brackets[bracket];
    assert(b->n_running > 0);
    ranking_add(&b->results, trial, loss);
    b->n_running--;
    close_if_complete(s, bracket);
}

/* A trial that waits for its promotion frees its place there; one that stays behind has none any more. */
static void abandon_paused(struct sync_bracket *b, uint32_t trial)
{
    if (ranking_remove(&b->results, trial)) {
        b->n_filled--;
        return;
    }
    const struct ranked *order = ranking_order(&b->below);
    for (int64_t i = b->n_taken; i < b->n_up; i++)
        if (order[i].trial == trial) {
            ranking_remove(&b->below, trial);
            b->n_up--;
            b->n_filled--;
            return;
        }
}

void sync_abandoned(struct sync *s, uint32_t trial, const struct trial_note *t)
{
    struct sync_bracket *b = &s->brackets[t->bracket];
    if (t->place == PLACE_RUNNING) {
        b->n_running--;
        b->n_filled--;
    } else {
        abandon_paused(b, trial);
    }
    close_if_complete(s, t->bracket);
}

bool sync_may_retry(struct sync *s, const struct trial_note *t)
{
    const struct sync_bracket *b = &s->brackets[t->bracket];
    return b->rung == t->rung && (t->place == PLACE_FAILED || b->n_filled < b->n_slots);
}

void sync_retried(struct sync *s, uint32_t trial, const struct trial_note *t)
{
    struct sync_bracket *b = &s->brackets[t->bracket];
    if (!ranking_remove(&b->results, trial))
        b->n_filled++;
    b->n_running++;
}
