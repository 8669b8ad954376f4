/* hub_pace.c: which machines are slow. What lasts long waits for a faster one, where that is sooner: a slow machine has
 * begun the last step of the best trial often enough, and everybody waited for it. */
#include "coordinator/core/hub_state.h"

#include <math.h>

#include "coordinator/core/fit.h"

#define PACE_SHARE 0.25 /* of the newest result in the moving means */
#define PACE_RESULTS 3  /* below so many nothing is said about a machine */
#define PACE_SLOW 0.5   /* in log2: 1.4 times as slow as is usual ... */
#define PACE_FASTER 1   /* ... and another one is twice as fast */

static void move(double *mean, int *n, double value)
{
    *mean = *n == 0 ? value : *mean + fmax(PACE_SHARE, 1.0 / (*n + 1)) * (value - *mean);
    *n += *n < PACE_RESULTS;
}

void hub_note_pace(const struct hub_event *e, const struct trial *t, struct worker *w)
{
    struct campaign *c = t->campaign;
    const struct hub_outcome *o = &e->as.outcome;
    double seconds = fmin(o->seconds, (double)(e->now_ms - t->granted_ms) / 1000); /* nobody took longer than that */
    if (!w || !(seconds > 0) || o->budget <= t->row.budget || t->row.state != TRIAL_RUNNING || t->row.lease != o->lease)
        return;
    double pace = log2(seconds / (double)(o->budget - t->row.budget));
    if (c->n_paces > 0)
        move(&w->pace, &w->n_paces, pace - c->pace);
    move(&c->pace, &c->n_paces, pace);
}

int hub_slots_of_faster(const struct hub *h, const struct campaign *c, const struct worker *w)
{
    int64_t n = 0;
    if (w->n_paces < PACE_RESULTS || w->pace < PACE_SLOW)
        return 0;
    for (size_t i = 0; i < h->roster.n; i++) {
        const struct worker *other = h->roster.workers[i];
        bool is_usable = other->is_here && !other->is_aside && !other->is_leaving && fit_of(c, other) == FIT_GOOD;
        if (is_usable && other->n_paces >= PACE_RESULTS && other->pace + PACE_FASTER <= w->pace)
            n += other->row.slots;
    }
    return (int)fmin((double)n, 1e6);
}

bool hub_waits_for_faster(
    const struct hub_event *e, struct trial *t, const struct worker *w, int n_faster, int n_before)
{
    const struct campaign *c = t->campaign;
    int64_t left = campaign_rung_budget(c, t->row.bracket, t->row.rung) - t->row.budget;
    if (n_before >= n_faster || left <= campaign_rung_budget(c, t->row.bracket, 0))
        return false;
    if (!t->waits_until_ms) { /* when a usual machine that took it then would end as late as this one */
        double gained_s = (double)left * exp2(c->pace) * (exp2(w->pace) - 1);
        t->waits_until_ms = e->now_ms + (int64_t)fmin(1000 * gained_s, 1e15);
    }
    return e->now_ms < t->waits_until_ms;
}
