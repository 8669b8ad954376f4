/* hub_trust.c: which workers are given work: one on which trial after trial breaks, while others do well, is set aside
 * for a while. */
#include "coordinator/core/hub_state.h"

#include <stdio.h>

#define ASIDE_MS 60000 /* for how long at first; doubles each time that it is set aside again without a success ... */
#define ASIDE_DOUBLINGS 4 /* ... so many times */

static bool is_usable(const struct worker *w)
{
    return w && w->is_here && !w->is_aside && !w->is_leaving;
}

static bool has_broken_on(const struct trial *t, int64_t worker)
{
    for (int i = 0; i < BREAKS_ON_WORKERS; i++)
        if (t->row.broke_on[i] == worker)
            return true;
    return false;
}

bool hub_prefers_another(const struct hub *h, const struct trial *t, const struct worker *w)
{
    if (!has_broken_on(t, w->row.id))
        return false;
    for (size_t i = 0; i < h->roster.n; i++)
        if (is_usable(h->roster.workers[i]) && !has_broken_on(t, h->roster.workers[i]->row.id))
            return true;
    return false;
}

/* Whether another worker shows that trials of this campaign can succeed: it was the last that reached a rung, or it has
 * one under way that reports. Without such a one the fault may be the campaign's, and a lone worker is never blamed. */
static bool others_do_well(const struct hub *h, const struct worker *w, const struct campaign *c)
{
    const struct worker *last = roster_by_id(&h->roster, c->reached_by);
    if (last != w && is_usable(last) && last->row.n_bad == 0)
        return true;
    for (size_t i = 0; i < h->n_running; i++) {
        const struct trial *t = h->running[i];
        const struct worker *holder = roster_by_id(&h->roster, t->row.worker);
        if (t->campaign == c && holder != w && is_usable(holder) && holder->row.n_bad == 0 && t->step > t->row.budget)
            return true;
    }
    return false;
}

static void wait_aside(const struct hub *h, struct worker *w, int64_t now_ms)
{
    int doublings = w->row.n_set_aside - 1 < ASIDE_DOUBLINGS ? w->row.n_set_aside - 1 : ASIDE_DOUBLINGS;
    w->back_at_ms = now_ms + ((int64_t)ASIDE_MS << doublings);
}

static void set_aside(struct hub *h, const struct hub_event *e, struct effects *fx, struct worker *w, const char *why)
{
    w->is_aside = true;
    roster_set_state(w);
    w->row.n_set_aside++;
    wait_aside(h, w, e->now_ms);
    snprintf(w->row.why, sizeof w->row.why, "%d trials in a row broke on it while others did well; the last: %.240s",
        BAD_TRIALS, why);
    struct event_row *row = hub_log(h, e, fx, EVENT_LEFT, NULL, NULL);
    row->worker = w->row.id;
    row->text = effects_text(fx, "set aside: %s", w->row.why);
}

void hub_worker_did_badly(struct hub *h, const struct hub_event *e, struct effects *fx, struct worker *w,
    const struct trial *t, const char *why)
{
    bool was_blamed = w && w->blamed_step == h->n_steps; /* what a machine takes with it is one accident */
    if (!w || w->is_aside || w->is_leaving || was_blamed)
        return;
    w->blamed_step = h->n_steps;
    bool is_new = true;
    for (int i = 0; i < w->row.n_bad; i++)
        is_new &= w->row.bad_on[i] != t->row.id;
    if (is_new && w->row.n_bad < BAD_TRIALS)
        w->row.bad_on[w->row.n_bad++] = t->row.id;
    else if (w->row.n_bad < BAD_TRIALS)
        return;
    if (w->row.n_bad == BAD_TRIALS && others_do_well(h, w, t->campaign))
        set_aside(h, e, fx, w, why);
    *effects_save_worker(fx) = w->row;
}

static void let_back(struct hub *h, const struct hub_event *e, struct effects *fx, struct worker *w, const char *why)
{
    w->is_aside = false;
    roster_set_state(w);
    w->row.n_bad = BAD_TRIALS - 1; /* on probation: one more is enough */
    w->row.bad_on[BAD_TRIALS - 1] = 0;
    *effects_save_worker(fx) = w->row;
    struct event_row *row = hub_log(h, e, fx, EVENT_JOINED, NULL, NULL);
    row->worker = w->row.id;
    row->text = effects_text(fx, "given work again: %s", why);
}

void hub_worker_did_well(struct hub *h, const struct hub_event *e, struct effects *fx, struct worker *w)
{
    if (!w || (w->row.n_bad == 0 && w->row.n_set_aside == 0))
        return;
    if (w->is_aside)
        let_back(h, e, fx, w, "it reached a rung");
    w->row.n_bad = w->row.n_set_aside = 0;
    for (int i = 0; i < BAD_TRIALS; i++)
        w->row.bad_on[i] = 0;
    w->row.why[0] = 0;
    *effects_save_worker(fx) = w->row;
}

void hub_worker_restarted(struct hub *h, const struct hub_event *e, struct effects *fx, struct worker *w)
{
    if (w->is_aside && w->row.n_set_aside == 1)
        let_back(h, e, fx, w, "it was started anew");
}

void hub_reconsider(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    bool has_usable = false;
    for (size_t i = 0; i < h->roster.n; i++)
        has_usable |= is_usable(h->roster.workers[i]);
    for (size_t i = 0; i < h->roster.n; i++) {
        struct worker *w = h->roster.workers[i];
        if (w->is_aside && w->is_here && (!has_usable || w->back_at_ms <= e->now_ms))
            let_back(h, e, fx, w, has_usable ? "its time is over" : "no other worker is here");
    }
}

void hub_start_trust(struct hub *h, int64_t now_ms)
{
    for (size_t i = 0; i < h->roster.n; i++)
        if (h->roster.workers[i]->is_aside)
            wait_aside(h, h->roster.workers[i], now_ms);
}
