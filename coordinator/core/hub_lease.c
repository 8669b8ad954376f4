#include "coordinator/core/hub_state.h"

#include <assert.h>
#include <math.h>

#include "common/base/mem.h"
#include "common/base/mutation.h"
#include "coordinator/core/fit.h"

void hub_list_running(struct hub *h, struct trial *t)
{
    struct worker *w = roster_by_id(&h->roster, t->row.worker);
    h->running = mem_grow(h->running, h->n_running, &h->cap_running, sizeof *h->running);
    t->running_index = h->n_running;
    h->running[h->n_running++] = t;
    t->n_slots = w ? fit_slots(t->campaign, w) : campaign_spec_cores(t->campaign->spec);
    t->campaign->n_slots += t->n_slots;
    if (w)
        w->n_running += t->n_slots;
}

void hub_lease(struct hub *h, const struct hub_event *e, struct effects *fx, struct trial *t, struct worker *w)
{
    struct campaign *c = t->campaign;
    campaign_move_trial(c, t, TRIAL_RUNNING);
    t->row.lease++;
    t->row.n_attempts++;
    t->row.worker = w->row.id;
    t->session = w->session;
    t->granted_ms = e->now_ms;
    t->deadline_ms = (mutation(WALL_CLOCK) ? e->wall_ms : e->now_ms) + h->settings.lease_ms;
    t->n_unlisted = 0;
    t->waits_until_ms = 0;
    t->step = t->row.budget;
    t->live_value = NAN;
    hub_list_running(h, t);
    roster_set_free(&h->roster, w, w->free - t->n_slots);
    effects_change_trial(fx, t);

    struct event_row *row = hub_log(h, e, fx, EVENT_GRANTED, c, t);
    row->rung = t->row.rung;
    row->lease = t->row.lease;
    row->worker = w->row.id;
    effects_save(fx, SAVE_ATTEMPT)->as.attempt = (struct attempt_row){
        .trial = t->row.id,
        .lease = t->row.lease,
        .rung = t->row.rung,
        .worker = w->row.id,
        .budget_from = t->row.budget,
        .budget_to = campaign_rung_budget(c, t->row.bracket, t->row.rung),
        .granted_ms = e->wall_ms,
        .outcome = "",
        .reason = "",
    };
    struct send *s = effects_send(fx, SEND_GRANT, w->peer);
    s->campaign = c;
    s->trial = t;
}

void hub_unlease(struct hub *h, struct trial *t)
{
    assert(t->row.state == TRIAL_RUNNING && t->running_index < h->n_running && h->running[t->running_index] == t);
    struct trial *last = h->running[--h->n_running];
    h->running[t->running_index] = last;
    last->running_index = t->running_index;
    struct worker *w = roster_by_id(&h->roster, t->row.worker);
    t->campaign->n_slots -= t->n_slots;
    if (w)
        w->n_running -= w->n_running < t->n_slots ? w->n_running : t->n_slots;
    t->row.worker = 0;
    t->session = 0;
    hub_forget_live(t);
}

/* Remembers that t broke on this worker; true when that was once too often. */
static bool is_poison(struct trial *t, int64_t worker)
{
    int n_workers = 0;
    t->row.n_broken++;
    for (; n_workers < BREAKS_ON_WORKERS && t->row.broke_on[n_workers]; n_workers++)
        if (t->row.broke_on[n_workers] == worker)
            return t->row.n_broken >= BREAKS_MAX;
    if (n_workers < BREAKS_ON_WORKERS)
        t->row.broke_on[n_workers++] = worker;
    return n_workers >= BREAKS_ON_WORKERS || t->row.n_broken >= BREAKS_MAX;
}

void hub_lose(struct hub *h, const struct hub_event *e, struct effects *fx, struct trial *t, enum failure_kind kind,
    const char *why)
{
    struct campaign *c = t->campaign;
    int64_t worker = t->row.worker;
    hub_end_attempt(h, e, fx, t, t->row.lease, worker, failure_kind_names[kind], why);
    struct event_row *row = hub_log(h, e, fx, EVENT_REQUEUED, c, t);
    row->rung = t->row.rung;
    row->lease = t->row.lease;
    row->worker = worker;
    const char *text = row->text = effects_text(fx, "%s: %s", failure_kind_names[kind], why);
    hub_unlease(h, t);
    if (!mutation(UNMARKED))
        effects_change_trial(fx, t);
    if (mutation(LOST_COUNTS) && kind == FAILURE_LOST) {
        int rung = row->rung;
        campaign_move_trial(c, t, TRIAL_QUEUED);
        campaign_move_trial(c, t, TRIAL_SET_ASIDE);
        search_note_failed(c->search, t->row.number, rung);
        hub_log(h, e, fx, EVENT_FAILED, c, t)->rung = rung;
        return;
    }
    if (kind != FAILURE_PREEMPTED)
        hub_worker_did_badly(h, e, fx, roster_by_id(&h->roster, worker), t, text);
    if (kind != FAILURE_PREEMPTED && is_poison(t, worker)) {
        campaign_move_trial(c, t, TRIAL_SET_ASIDE);
        search_note_abandoned(c->search, t->row.number);
        hub_log(h, e, fx, EVENT_ABANDONED, c, t)->text = effects_text(fx, "set aside: %s", why);
        return;
    }
    campaign_move_trial(c, t, TRIAL_QUEUED);
    int doublings = t->row.n_broken < 6 ? t->row.n_broken : 6;
    t->retry_at_ms = kind == FAILURE_PREEMPTED || doublings < 2 ? 0 : e->now_ms + (RETRY_MS << (doublings - 2));
}

void hub_worker_gone(struct hub *h, const struct hub_event *e, struct effects *fx, struct worker *w, const char *why)
{
    for (size_t i = h->n_running; i-- > 0;)
        if (h->running[i]->row.worker == w->row.id)
            hub_lose(h, e, fx, h->running[i], FAILURE_LOST, why);
    w->is_here = w->is_leaving = false;
    roster_set_free(&h->roster, w, 0);
    roster_set_state(w);
    w->row.last_seen_ms = e->wall_ms;
    *effects_save_worker(fx) = w->row;
    struct event_row *row = hub_log(h, e, fx, EVENT_LEFT, NULL, NULL);
    row->worker = w->row.id;
    row->text = effects_text(fx, "%s", why);
}

void hub_expire(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    if (mutation(NO_EXPIRY))
        return;
    for (size_t i = 0; i < h->roster.n; i++) {
        struct worker *w = h->roster.workers[i];
        if (w->is_here && e->now_ms - w->heard_ms >= h->settings.lease_ms)
            hub_worker_gone(h, e, fx, w, "nothing was heard of its machine");
    }
    for (size_t i = h->n_running; i-- > 0;)
        if (h->running[i]->deadline_ms <= (mutation(WALL_CLOCK) ? e->wall_ms : e->now_ms))
            hub_lose(h, e, fx, h->running[i], FAILURE_LOST, "its lease ended: nothing was heard of it");
}
