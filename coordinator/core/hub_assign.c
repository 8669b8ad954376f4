#include "coordinator/core/hub_state.h"

#include <math.h>

#include "common/base/mem.h"
#include "coordinator/core/fit.h"

static void save_decision(
    struct hub *h, struct effects *fx, const struct trial *t, const struct search_decision *d, uint64_t saw)
{
    struct decision_row *row = &effects_save(fx, SAVE_DECISION)->as.decision;
    row->seq = h->seq;
    row->saw = saw;
    row->campaign = t->campaign->row.id;
    row->trial = t->row.id;
    row->decision = *d;
    row->decision.x = t->row.x;
}

static struct trial *start_trial(
    struct hub *h, const struct hub_event *e, struct effects *fx, struct campaign *c, const struct search_decision *d)
{
    uint64_t saw = h->seq;
    struct trial_row row = {
        .id = h->last_trial + 1,
        .campaign = c->row.id,
        .number = d->trial,
        .state = TRIAL_QUEUED,
        .x = d->x,
        .bracket = d->bracket,
        .rung = d->rung,
        .value = NAN,
    };
    struct trial *t = campaign_add_trial(c, &row);
    hub_index_trial(h, t);
    hub_log(h, e, fx, EVENT_STARTED, c, t)->rung = d->bracket;
    save_decision(h, fx, t, d, saw);
    search_note_started(c->search, t->row.number, t->row.x, t->row.bracket);
    effects_change_trial(fx, t);
    return t;
}

static struct trial *promote_trial(
    struct hub *h, const struct hub_event *e, struct effects *fx, struct campaign *c, const struct search_decision *d)
{
    uint64_t saw = h->seq;
    struct trial *t = c->trials[d->trial - 1];
    campaign_move_trial(c, t, TRIAL_QUEUED);
    t->row.rung = d->rung;
    hub_log(h, e, fx, EVENT_PROMOTED, c, t)->rung = d->rung;
    save_decision(h, fx, t, d, saw);
    search_note_promoted(c->search, t->row.number, d->rung);
    effects_change_trial(fx, t);
    return t;
}

/* ---- which campaign, and what of it ---- */

static bool has_room(const struct worker *w, const struct campaign *c)
{
    int n_slots = fit_slots(c, w);
    return w->free >= n_slots && w->n_running + n_slots <= w->row.slots;
}

/* The first queued trial that is not left to faster workers; of those that broke on w only where is_any. */
static struct trial *first_queued(const struct hub *h, const struct hub_event *e, struct campaign *c,
    const struct worker *w, bool is_any, int n_faster, int *n_left)
{
    *n_left = 0;
    for (struct trial *t = campaign_next_queued(c, NULL, e->now_ms); t; t = campaign_next_queued(c, t, e->now_ms))
        if (hub_waits_for_faster(e, t, w, n_faster, *n_left))
            ++*n_left;
        else if (is_any || !hub_prefers_another(h, t, w))
            return t;
    return NULL;
}

/* Something for free slots of w from this campaign, queued and ready to be leased, or NULL. A trial that broke on w is
 * for others, as long as there is anything else to do. */
static struct trial *work_of(
    struct hub *h, const struct hub_event *e, struct effects *fx, struct campaign *c, const struct worker *w)
{
    struct search_decision d;
    int n_left, n_faster = hub_slots_of_faster(h, c, w);
    struct trial *t = first_queued(h, e, c, w, false, n_faster, &n_left);
    if (t)
        return t;
    for (search_next(c->search, &d); d.move == SEARCH_PROMOTE; search_next(c->search, &d)) {
        t = promote_trial(h, e, fx, c, &d);
        if (!hub_waits_for_faster(e, t, w, n_faster, n_left++))
            return t;
    }
    return d.move == SEARCH_START ? start_trial(h, e, fx, c, &d) : first_queued(h, e, c, w, true, n_faster, &n_left);
}

static bool has_work(const struct hub_event *e, struct campaign *c)
{
    struct search_decision d;
    search_next(c->search, &d);
    return d.move == SEARCH_START || d.move == SEARCH_PROMOTE || campaign_next_queued(c, NULL, e->now_ms);
}

static bool has_less(const struct campaign *a, const struct campaign *b)
{
    return a->n_slots * campaign_spec_weight(b->spec) < b->n_slots * campaign_spec_weight(a->spec);
}

/* Of the campaigns that w can run, and that this look has not seen, the one that holds the fewest slots for its
 * weight; of equals the next in turn. n_campaigns: none is left. */
static size_t least_served(const struct hub *h, const struct worker *w)
{
    size_t best = h->n_campaigns;
    for (size_t i = 0; i < h->n_campaigns; i++) {
        size_t at = (h->next_campaign + i) % h->n_campaigns;
        const struct campaign *c = h->campaigns[at];
        if (c->row.state != CAMPAIGN_RUNNING || c->n_looks == h->n_looks || fit_of(c, w) != FIT_GOOD)
            continue;
        if (best == h->n_campaigns || has_less(c, h->campaigns[best]))
            best = at;
    }
    return best;
}

/* Where the campaign whose turn it is needs more slots than are free, those are kept for it: others would take each one
 * as it comes free, and it would wait for ever. */
static struct trial *find_work(struct hub *h, const struct hub_event *e, struct effects *fx, const struct worker *w)
{
    size_t at;
    h->n_looks++;
    while ((at = least_served(h, w)) < h->n_campaigns) {
        struct campaign *c = h->campaigns[at];
        c->n_looks = h->n_looks;
        bool is_roomy = has_room(w, c), is_held = !is_roomy && has_work(e, c);
        struct trial *t = is_roomy ? work_of(h, e, fx, c, w) : NULL;
        if (!t && !is_held)
            continue;
        h->next_campaign = is_held ? at : (at + 1) % h->n_campaigns; /* who waits keeps its turn */
        return t;
    }
    return NULL;
}

static void tell_nowork(struct hub *h, struct effects *fx)
{
    for (size_t i = 0; i < h->roster.n_waiting; i++) {
        struct worker *w = h->roster.waiting[i];
        if (w->was_told)
            continue;
        w->was_told = true;
        effects_send(fx, SEND_NOWORK, w->peer)->text =
            w->is_aside ? "this worker is set aside: rung workers says why" : "nothing to do at this moment";
    }
}

void hub_finish(struct hub *h, const struct hub_event *e, struct effects *fx, struct campaign *c,
    enum campaign_state state, const char *why)
{
    for (size_t i = 0; i < c->n_trials; i++) {
        struct trial *t = c->trials[i];
        if (!trial_is_open(t))
            continue;
        if (t->row.state == TRIAL_RUNNING) {
            hub_end_attempt(h, e, fx, t, t->row.lease, t->row.worker, "cancelled", "the campaign ended");
            hub_unlease(h, t);
        }
        campaign_move_trial(c, t, TRIAL_STOPPED);
        effects_change_trial(fx, t);
    }
    c->row.state = state;
    c->row.ended_ms = e->wall_ms;
    effects_change_campaign(fx, c);
    hub_log(h, e, fx, EVENT_CAMPAIGN, c, NULL)->text = effects_text(fx, "%s: %s", campaign_state_names[state], why);
}

/* Nothing runs, nothing waits, and the search says that nothing can come: the campaign is over. */
static void finish_if_over(struct hub *h, const struct hub_event *e, struct effects *fx, struct campaign *c)
{
    struct search_decision d;
    if (c->row.state != CAMPAIGN_RUNNING || c->n_states[TRIAL_RUNNING] || c->n_states[TRIAL_QUEUED])
        return;
    search_next(c->search, &d);
    if (d.move != SEARCH_END && d.move != SEARCH_WAIT)
        return;
    if (c->n_reached == 0)
        hub_finish(h, e, fx, c, CAMPAIGN_FAILED, "no trial reached a rung");
    else
        hub_finish(h, e, fx, c, CAMPAIGN_DONE, *d.note ? d.note : "every trial and every promotion is through");
}

/* Where every campaign fits the worker and each free slot, leaves nothing to faster ones, and has nothing for it, it
 * has nothing for anybody. */
static bool speaks_for_all(const struct hub *h, const struct worker *w)
{
    for (size_t i = 0; i < h->n_campaigns; i++) {
        const struct campaign *c = h->campaigns[i];
        bool is_for_any = fit_of(c, w) == FIT_GOOD && fit_slots(c, w) == 1 && hub_slots_of_faster(h, c, w) == 0;
        if (c->row.state == CAMPAIGN_RUNNING && !is_for_any)
            return false;
    }
    return true;
}

/* Who has waited longest is served first, with all that fits it. */
void hub_assign(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    for (size_t i = 0; i < h->roster.n_waiting;) {
        struct worker *w = h->roster.waiting[i];
        struct trial *t = roster_may_work(w) ? find_work(h, e, fx, w) : NULL;
        if (t)
            hub_lease(h, e, fx, t, w); /* without a free slot it waits no more, and the next one stands here */
        else if (roster_may_work(w) && speaks_for_all(h, w))
            break;
        else
            i++;
    }
    tell_nowork(h, fx);
    for (size_t i = 0; i < h->n_campaigns; i++)
        finish_if_over(h, e, fx, h->campaigns[i]);
}
