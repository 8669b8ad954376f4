#include "tests/sim/invariants.h"

#include <inttypes.h>
#include <string.h>

#include "coordinator/core/fit.h"

#define TICK_MS 250
#define ATTEMPTS_MAX 500  /* of a trial, at all its rungs, whatever breaks */
#define FLIGHTS_MAX 20000 /* messages under way: far above what any run has */
#define RESTORE_MS 30000  /* an acknowledgement that left before a restore may still be under way for so long */

/* ---- the ledger ---- */

void ledger_hear_all(struct world *w)
{
    const struct hub *h = w->coordinator.hub;
    for (size_t i = 0; i < hub_n_running(h); i++) {
        ledger_make_room(&w->ledger, hub_running(h, i)->row.id);
        w->ledger.heard_ms[hub_running(h, i)->row.id] = w->now_ms;
    }
}

static bool is_same(const struct promise *a, const struct promise *b)
{
    return a->trial == b->trial && a->rung == b->rung && a->lease == b->lease;
}

void ledger_release(struct world *w, struct outcome_key key)
{
    struct promises *p = &w->ledger.spooled;
    struct promise promise = { .trial = (int64_t)key.trial, .rung = (int)key.rung, .lease = key.lease };
    for (size_t i = p->n; i-- > 0;)
        if (is_same(&p->list[i], &promise))
            p->list[i] = p->list[--p->n];
}

void ledger_go_back(struct world *w, struct ledger_mark mark)
{
    struct ledger *l = &w->ledger;
    size_t n = 0;
    for (size_t i = 0; i < l->spooled.n; i++) {
        bool was_acknowledged = false;
        for (size_t k = mark.n_acknowledged; k < l->acknowledged.n; k++)
            was_acknowledged |= is_same(&l->spooled.list[i], &l->acknowledged.list[k]);
        if (!was_acknowledged)
            l->spooled.list[n++] = l->spooled.list[i];
    }
    l->spooled.n = n;
    l->acknowledged.n = mark.n_acknowledged;
    if (l->n_granted)
        memset(l->granted, 0, l->n_granted * sizeof *l->granted);
    w->restored_ms = w->now_ms;
}

/* ---- what is said ---- */

static void check_grant(struct world *w, const struct message_grant *grant)
{
    const struct memory_store *s = &w->coordinator.store;
    const struct kept_attempt *a = memory_attempt(s, (int64_t)grant->trial, grant->lease);
    if (!a || !memory_is_committed_attempt(s, a))
        world_fail(
            w, "stored before it is said", "GRANT of trial %" PRIu64 " lease %" PRIu64, grant->trial, grant->lease);
    ledger_make_room(&w->ledger, (int64_t)grant->trial);
    if (grant->lease <= w->ledger.granted[grant->trial])
        world_fail(w, "lease numbers grow", "trial %" PRIu64 " is granted under lease %" PRIu64 " after %" PRIu64,
            grant->trial, grant->lease, w->ledger.granted[grant->trial]);
    w->ledger.granted[grant->trial] = grant->lease;
    if (grant->lease > ATTEMPTS_MAX)
        world_fail(w, "a trial is not tried for ever", "trial %" PRIu64 " lease %" PRIu64, grant->trial, grant->lease);
}

static void check_acknowledgement(struct world *w, const struct message_result_ack *ack)
{
    const struct memory_store *s = &w->coordinator.store;
    const struct kept_result *r = memory_result(s, (int64_t)ack->trial, (int)ack->rung, ack->lease);
    if (strcmp(ack->verdict, "send_blob") == 0)
        return;
    struct promise promise = { .trial = (int64_t)ack->trial, .rung = (int)ack->rung, .lease = ack->lease };
    if (!r && strcmp(ack->verdict, "unknown") == 0) { /* its trial was of a store that is gone */
        ledger_release(w, (struct outcome_key){ .trial = ack->trial, .rung = ack->rung, .lease = ack->lease });
        promises_add(&w->ledger.disowned, promise);
        return;
    }
    if (!r || !memory_is_committed_result(s, r))
        world_fail(w, "stored before it is acknowledged",
            "trial %" PRIu64 " rung %" PRId64 " lease %" PRIu64 ": %s, and no row has it", ack->trial, ack->rung,
            ack->lease, ack->verdict);
    promises_add(&w->ledger.acknowledged, promise);
}

void invariants_sent(struct world *w, const struct parcel *p)
{
    if (p->message.type == MESSAGE_GRANT)
        check_grant(w, &p->message.as.grant);
    if (p->message.type == MESSAGE_RESULT_ACK)
        check_acknowledgement(w, &p->message.as.result_ack);
}

/* ---- what is forgotten ---- */

static bool is_kept(const struct world *w, int64_t trial, int rung, uint64_t lease)
{
    return !memory_trial(&w->coordinator.store, trial) || memory_result(&w->coordinator.store, trial, rung, lease);
}

void invariants_forgotten(struct world *w, int a, struct outcome_key key)
{
    if (w->restored_ms && w->now_ms - w->restored_ms < RESTORE_MS)
        return;
    struct promise promise = { .trial = (int64_t)key.trial, .rung = (int)key.rung, .lease = key.lease };
    for (size_t i = 0; i < w->ledger.disowned.n; i++) /* here, not in the real store, its number may be given again */
        if (is_same(&w->ledger.disowned.list[i], &promise))
            return;
    if (!is_kept(w, (int64_t)key.trial, (int)key.rung, key.lease))
        world_fail(w, "what was acknowledged is there",
            "worker %d lets go of trial %" PRIu64 " rung %" PRId64 " lease %" PRIu64 ", which no row has", a, key.trial,
            key.rung, key.lease);
}

static void check_promises(struct world *w, const struct promises *p, const char *invariant)
{
    for (size_t i = 0; i < p->n; i++)
        if (!is_kept(w, p->list[i].trial, p->list[i].rung, p->list[i].lease))
            world_fail(w, invariant, "trial %" PRId64 " rung %d lease %" PRIu64 " is in no row", p->list[i].trial,
                p->list[i].rung, p->list[i].lease);
}

/* ---- bounds ---- */

void invariants_agent(struct world *w, int a)
{
    const struct agent *g = &w->agents[a];
    int n = 0;
    for (int i = 0; i < g->n_spool; i++)
        n += !g->spool[i].is_forgotten;
    if (n > LIMIT_SLOTS)
        world_fail(w, "bounded memory", "worker %d has %d outcomes in its spool", a, n);
}

/* ---- progress ---- */

static bool has_work(struct world *w, const struct campaign *c, int64_t now_ms)
{
    struct search_decision d;
    if (c->row.state != CAMPAIGN_RUNNING)
        return false;
    for (const struct trial *t = campaign_next_queued(c, NULL, now_ms); t; t = campaign_next_queued(c, t, now_ms))
        if (t->waits_until_ms <= now_ms)
            return true;
    search_next(c->search, &d);
    if (d.move == SEARCH_START || d.move == SEARCH_PROMOTE)
        return true;
    if (c->n_states[TRIAL_RUNNING] + c->n_states[TRIAL_QUEUED] == 0)
        world_fail(w, "a campaign with nothing to do is over", "%s is %s, and waits for nothing", c->spec->name,
            campaign_state_names[c->row.state]);
    return false;
}

/* It could begin a trial of any campaign that runs and fits it: with fewer free slots these may be kept for one that
 * needs more. */
static bool is_hungry(const struct hub *h, const struct worker *worker)
{
    int most = 1;
    for (size_t i = 0; i < hub_n_campaigns(h); i++) {
        const struct campaign *c = hub_campaign(h, i);
        int n_slots = fit_slots(c, worker);
        if (c->row.state == CAMPAIGN_RUNNING && fit_of(c, worker) == FIT_GOOD && n_slots > most)
            most = n_slots;
    }
    return worker->is_here && !worker->is_aside && !worker->is_leaving && worker->free >= most &&
           worker->n_running + most <= worker->row.slots;
}

void invariants_turn(struct world *w)
{
    const struct coordinator *c = &w->coordinator;
    const struct roster *roster = hub_roster(c->hub);
    if (c->is_full || c->has_begun)
        return;
    for (size_t i = 0; i < hub_n_campaigns(c->hub); i++) {
        const struct campaign *campaign = hub_campaign(c->hub, i);
        bool is_wanted = false; /* a liar may have said that a worker runs no commands */
        for (size_t k = 0; k < roster->n; k++)
            is_wanted |= fit_of(campaign, roster->workers[k]) == FIT_GOOD && is_hungry(c->hub, roster->workers[k]);
        if (is_wanted && has_work(w, campaign, w->now_ms + c->mortal.clock_ms - TICK_MS - 50))
            world_fail(w, "a free slot gets work", "%s has some, and a slot waits", campaign->spec->name);
    }
}

static void check_leases(struct world *w)
{
    const struct coordinator *c = &w->coordinator;
    int64_t most_ms = (int64_t)w->drawn.lease * 1000 + 2 * TICK_MS;
    for (size_t i = 0; i < hub_n_running(c->hub); i++) {
        const struct trial *t = hub_running(c->hub, i);
        if (w->now_ms - w->ledger.heard_ms[t->row.id] > most_ms)
            world_fail(w, "a lease that nobody renews ends", "trial %" PRId64 " was heard of %" PRId64 " ms ago",
                t->row.id, w->now_ms - w->ledger.heard_ms[t->row.id]);
    }
}

static void check_loads(struct world *w)
{
    const struct hub *h = w->coordinator.hub;
    int counts[64] = { 0 };
    for (size_t i = 0; i < hub_n_running(h); i++)
        counts[hub_running(h, i)->row.worker % 64] += hub_running(h, i)->n_slots;
    for (size_t i = 0; i < hub_roster(h)->n; i++) {
        const struct worker *worker = hub_roster(h)->workers[i];
        if (worker->n_running != counts[worker->row.id % 64])
            world_fail(w, "slots add up", "worker %" PRId64 " is said to run %d, and runs %d", worker->row.id,
                worker->n_running, counts[worker->row.id % 64]);
    }
}

void invariants_now(struct world *w)
{
    if (w->coordinator.is_full)
        return;
    check_leases(w);
    check_loads(w);
    if (w->agenda.n > FLIGHTS_MAX)
        world_fail(w, "bounded memory", "%zu things are under way", w->agenda.n);
}

/* ---- the end ---- */

/* A campaign that ended by itself has used up what it was allowed. */
static void check_spent(struct world *w, const struct campaign *c)
{
    bool may_stop_early =
        c->row.state != CAMPAIGN_DONE || c->spec->limits.wall_clock_ms > 0 || c->spec->search.sampler == SAMPLER_GRID;
    if (!may_stop_early && (int64_t)c->n_trials != c->spec->limits.n_trials)
        world_fail(w, "no budget is left over", "%s is done after %zu of %" PRId64 " trials", c->spec->name,
            c->n_trials, c->spec->limits.n_trials);
}

void invariants_end(struct world *w)
{
    const struct coordinator *c = &w->coordinator;
    check_promises(w, &w->ledger.acknowledged, "what was acknowledged is there");
    check_promises(w, &w->ledger.spooled, "what was spooled arrives");
    for (size_t i = 0; i < c->store.now.n_attempts; i++)
        if (c->store.now.attempts[i].is_open)
            world_fail(w, "every attempt ends", "trial %" PRId64 " lease %" PRIu64, c->store.now.attempts[i].trial,
                c->store.now.attempts[i].lease);
    for (size_t i = 0; i < hub_n_campaigns(c->hub); i++) {
        check_spent(w, hub_campaign(c->hub, i));
        w->counts.ended[hub_campaign(c->hub, i)->row.state]++;
    }
}
