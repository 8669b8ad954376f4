/* expect.c: what an outcome, a beat and a tick must do, said from outside of the core. */
#include "tests/sim/invariants.h"

#include <inttypes.h>
#include <string.h>

#include "tests/sim/truth.h"

/* ---- outcomes ---- */

static void expect_result(
    const struct world *w, const struct trial *t, const struct hub_outcome *o, struct expectation *x)
{
    const struct trial_row *row = &t->row;
    bool is_awaited = row->state == TRIAL_QUEUED || row->state == TRIAL_RUNNING;
    bool is_valid = !campaign_is_over(t->campaign) && is_awaited && o->rung == row->rung && o->lease >= 1 &&
                    o->lease <= row->lease && (!*o->checkpoint || o->checkpoint_is_stored);
    x->result = is_valid ? EXPECT_COUNTED : EXPECT_NOT_COUNTED;
}

static void expect_failure(const struct trial *t, const struct hub_outcome *o, struct expectation *x)
{
    const struct trial_row *row = &t->row;
    bool is_current = !campaign_is_over(t->campaign) && row->state == TRIAL_RUNNING && o->lease == row->lease &&
                      o->rung == row->rung && (!*o->checkpoint || o->checkpoint_is_stored);
    bool is_own = failure_is_own((enum failure_kind)o->failure);
    x->result = is_current && is_own ? EXPECT_COUNTED : EXPECT_NOT_COUNTED;
    x->changes_nothing = !is_current;
}

void expectation_form(const struct world *w, const struct hub_event *e, struct expectation *x)
{
    *x = (struct expectation){ EXPECT_ANYTHING, false, false };
    if (e->kind == HUB_HELLO) {
        const struct worker *worker = roster_by_key(hub_roster(w->coordinator.hub), e->as.hello.key);
        x->is_known = worker && worker->row.session == e->session;
    }
    if (e->kind != HUB_RESULT && e->kind != HUB_FAIL)
        return;
    const struct hub_outcome *o = &e->as.outcome;
    const struct trial *t = hub_find_trial(w->coordinator.hub, o->trial);
    x->result = EXPECT_NOT_COUNTED;
    if (t && o->config_id && o->config_id != t->config_id)
        x->changes_nothing = true;
    else if (t && o->failure < 0)
        expect_result(w, t, o, x);
    else if (t)
        expect_failure(t, o, x);
}

static bool is_counted_here(const struct effects *fx, int64_t trial)
{
    for (size_t i = 0; i < fx->n_saves; i++)
        if (fx->saves[i].kind == SAVE_RESULT && fx->saves[i].as.result.is_counted &&
            fx->saves[i].as.result.trial == trial)
            return true;
    return false;
}

static void check_truth(struct world *w, const struct hub_outcome *o)
{
    const struct trial *t = hub_find_trial(w->coordinator.hub, o->trial);
    if (w->coordinator.taking && w->coordinator.taking->is_forged) {
        w->counts.faults[FAULT_LIE_COUNTED]++;
        return;
    }
    if (o->failure < 0 && !truth_allows(truth_config(t->campaign->spec, t->row.x), o->value))
        world_fail(w, "a result belongs to its configuration",
            "trial %" PRId64 " rung %d lease %" PRIu64 " was counted with the value of another configuration, %.17g",
            o->trial, o->rung, o->lease, o->value);
}

static void check_outcome(struct world *w, const struct hub_event *e, const struct expectation *x)
{
    const struct effects *fx = &w->coordinator.effects;
    const struct hub_outcome *o = &e->as.outcome;
    bool is_counted = is_counted_here(fx, o->trial);
    for (size_t i = 0; i < fx->n_sends; i++)
        if (fx->sends[i].kind == SEND_RESULT_ACK)
            counts_verdict(&w->counts, fx->sends[i].text);
    if (is_counted && x->result == EXPECT_NOT_COUNTED)
        world_fail(w, "only a valid and first outcome counts", "trial %" PRId64 " rung %d lease %" PRIu64, o->trial,
            o->rung, o->lease);
    if (!is_counted && x->result == EXPECT_COUNTED)
        world_fail(w, "the first valid outcome counts", "trial %" PRId64 " rung %d lease %" PRIu64, o->trial, o->rung,
            o->lease);
    for (size_t i = 0; x->changes_nothing && i < fx->n_saves; i++) {
        const struct event_row *row = &fx->saves[i].as.event;
        if (fx->saves[i].kind == SAVE_EVENT && row->trial == o->trial &&
            (row->kind == EVENT_REQUEUED || row->kind == EVENT_FAILED || row->kind == EVENT_ABANDONED))
            world_fail(w, "a failure acts with the current lease alone", "trial %" PRId64 " lease %" PRIu64, o->trial,
                o->lease);
    }
    if (is_counted)
        check_truth(w, o);
}

/* ---- leases that a worker lists ---- */

static const struct send *find_send(const struct effects *fx, enum send_kind kind)
{
    for (size_t i = 0; i < fx->n_sends; i++)
        if (fx->sends[i].kind == kind)
            return &fx->sends[i];
    return NULL;
}

static bool names(const struct send *s, const struct lease_ref *ref)
{
    for (int i = 0; i < s->n_refs; i++)
        if (s->refs[i].trial == ref->trial && s->refs[i].lease == ref->lease)
            return true;
    return false;
}

/* An older store may give, in this very step, the number that a worker still has from the one that is gone. */
static bool is_granted_here(const struct effects *fx, const struct lease_ref *ref)
{
    for (size_t i = 0; i < fx->n_saves; i++) {
        const struct event_row *row = &fx->saves[i].as.event;
        if (fx->saves[i].kind == SAVE_EVENT && row->kind == EVENT_GRANTED && row->trial == ref->trial &&
            row->lease == ref->lease)
            return true;
    }
    return false;
}

/* Those that it holds by right last longer now; of the others it is told. */
static void check_held(
    struct world *w, const struct worker *worker, const struct lease_ref *held, int n, const struct send *s)
{
    const struct hub *h = w->coordinator.hub;
    for (int i = 0; s && worker && i < n; i++) {
        const struct trial *t = hub_find_trial(h, held[i].trial);
        bool is_right =
            t && t->row.state == TRIAL_RUNNING && t->row.lease == held[i].lease && t->row.worker == worker->row.id;
        if (is_right == names(s, &held[i]) && !is_granted_here(&w->coordinator.effects, &held[i]))
            world_fail(w, "a worker is told which leases have ended", "trial %" PRId64 " lease %" PRIu64 " is %s",
                held[i].trial, held[i].lease, is_right ? "taken from who holds it" : "nobody's, and it is not told");
        if (is_right) {
            ledger_make_room(&w->ledger, held[i].trial);
            w->ledger.heard_ms[held[i].trial] = w->now_ms;
        }
    }
}

/* A worker that says HELLO without a lease does not have it any more. */
static void check_hello(struct world *w, const struct hub_event *e)
{
    const struct hub *h = w->coordinator.hub;
    const struct worker *worker = roster_by_key(hub_roster(h), e->as.hello.key);
    for (size_t i = 0; i < hub_n_running(h) && worker; i++) {
        const struct trial *t = hub_running(h, i);
        bool is_listed = false;
        for (int k = 0; k < e->as.hello.n_held; k++)
            is_listed |= e->as.hello.held[k].trial == t->row.id && e->as.hello.held[k].lease == t->row.lease;
        if (t->row.worker == worker->row.id && !is_listed && t->session != e->session)
            world_fail(w, "a lease that a new process does not list is lost at once", "trial %" PRId64, t->row.id);
    }
}

/* ---- the journal ---- */

static void check_requeued(struct world *w, const struct hub_event *e, const struct event_row *row)
{
    int64_t heard_ms = (size_t)row->trial < w->ledger.n_granted ? w->ledger.heard_ms[row->trial] : 0;
    const struct worker *worker = roster_by_id(hub_roster(w->coordinator.hub), row->worker);
    if (worker && !worker->is_here)
        return; /* its worker is gone, by whatever it was last heard to say */
    if (e->kind == HUB_TICK && w->now_ms - heard_ms < (int64_t)w->drawn.lease * 1000)
        world_fail(w, "a lease that is renewed lasts", "trial %" PRId64 " was heard of %" PRId64 " ms ago", row->trial,
            w->now_ms - heard_ms);
}

/* Nobody goes on from a checkpoint that is dropped, and it is not the best's. */
static void check_dropped(struct world *w, const struct event_row *row)
{
    const struct trial *t = hub_find_trial(w->coordinator.hub, row->trial);
    bool is_under_way = t->row.state == TRIAL_QUEUED || t->row.state == TRIAL_RUNNING;
    w->counts.dropped_checkpoints++;
    if (is_under_way || t->campaign->best == t)
        world_fail(w, "the quota drops what nobody waits for", "trial %" PRId64 ": %s", row->trial, row->text);
}

static void check_journal(struct world *w, const struct hub_event *e)
{
    const struct effects *fx = &w->coordinator.effects;
    for (size_t i = 0; i < fx->n_saves; i++) {
        const struct event_row *row = &fx->saves[i].as.event;
        if (fx->saves[i].kind != SAVE_EVENT)
            continue;
        if (row->kind == EVENT_REQUEUED)
            check_requeued(w, e, row);
        if (row->kind == EVENT_FAILED && !is_counted_here(fx, row->trial))
            world_fail(w, "only its own failure fails a trial", "trial %" PRId64 ": %s", row->trial, row->text);
        if (row->kind == EVENT_CAMPAIGN && row->trial > 0 && row->lease > 0)
            check_dropped(w, row);
        if (row->kind == EVENT_GRANTED) {
            ledger_make_room(&w->ledger, row->trial);
            w->ledger.heard_ms[row->trial] = w->now_ms;
        }
    }
}

void expectation_check(struct world *w, const struct hub_event *e, const struct expectation *x)
{
    const struct effects *fx = &w->coordinator.effects;
    const struct roster *roster = hub_roster(w->coordinator.hub);
    const struct hub_hello *hello = &e->as.hello;
    if (e->kind == HUB_RESULT || e->kind == HUB_FAIL)
        check_outcome(w, e, x);
    if (e->kind == HUB_BEAT)
        check_held(
            w, roster_by_session(roster, e->session), e->as.beat.held, e->as.beat.n_held, find_send(fx, SEND_BEAT_ACK));
    if (e->kind == HUB_HELLO) {
        check_held(w, roster_by_key(roster, hello->key), hello->held, hello->n_held, find_send(fx, SEND_WELCOME));
        if (!x->is_known)
            check_hello(w, e);
    }
    check_journal(w, e);
}
