/* rows_match.c: the coordinator's memory says what its rows say: a sum of digests at every step, and everything one by
 * one when the core was made from the rows a second time. */
#include "tests/sim/invariants.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/sim/digest.h"

#define RAN_SAVE_MS 5000 /* running time is stored this often, as the core promises */

/* ---- at every step ---- */

static void touch(struct world *w, const struct trial *t)
{
    struct digests *d = &w->digests;
    size_t i = (size_t)t->row.id;
    if (i >= d->n) {
        d->trials = mem_resize(d->trials, i + 64, sizeof *d->trials);
        memset(d->trials + d->n, 0, (i + 64 - d->n) * sizeof *d->trials);
        d->n = i + 64;
    }
    uint64_t digest = digest_trial(&t->row, t->row.x, SIM_PARAMS);
    d->sum += digest - d->trials[i];
    d->trials[i] = digest;
}

/* All that this step can have changed: what it says that it changed, what runs, and one more in turn, so that what is
 * changed elsewhere is found soon. */
static void touch_changed(struct world *w)
{
    const struct coordinator *c = &w->coordinator;
    struct digests *d = &w->digests;
    if (!d->is_fresh) {
        if (d->n)
            memset(d->trials, 0, d->n * sizeof *d->trials);
        d->sum = 0;
        d->is_fresh = true;
        for (size_t i = 1; i <= c->store.now.n_trials; i++)
            touch(w, hub_find_trial(c->hub, (int64_t)i));
    }
    for (size_t i = 0; i < c->effects.n_trials; i++)
        touch(w, c->effects.trials[i]);
    for (size_t i = 0; i < hub_n_running(c->hub); i++)
        touch(w, hub_running(c->hub, i));
    if (c->store.now.n_trials > 0)
        touch(w, hub_find_trial(c->hub, 1 + (int64_t)(d->turn++ % c->store.now.n_trials)));
}

static void check_campaigns(struct world *w)
{
    const struct coordinator *c = &w->coordinator;
    uint64_t sum = 0;
    for (size_t i = 0; i < hub_n_campaigns(c->hub); i++) {
        const struct campaign *campaign = hub_campaign(c->hub, i);
        int64_t unsaved_ms = campaign->row.ran_ms - c->store.now.campaigns[i].row.ran_ms;
        sum += digest_campaign(&campaign->row);
        if (unsaved_ms < 0 || unsaved_ms > RAN_SAVE_MS)
            world_fail(w, "memory and rows agree", "%s ran %" PRId64 " ms more than its row says", campaign->spec->name,
                unsaved_ms);
    }
    if (sum != c->store.now.digest_campaigns)
        world_fail(w, "memory and rows agree", "the campaigns differ");
}

static void check_workers(struct world *w)
{
    const struct coordinator *c = &w->coordinator;
    const struct roster *roster = hub_roster(c->hub);
    uint64_t sum = 0;
    for (size_t i = 0; i < roster->n; i++)
        sum += digest_worker(&roster->workers[i]->row);
    if (sum != c->store.now.digest_workers)
        world_fail(w, "memory and rows agree", "the workers differ");
}

/* ---- books: what a trial's row may say beside its results ---- */

static int last_counted(const struct kept_trial *t)
{
    for (int k = SIM_RUNGS - 1; k >= 0; k--)
        if (t->is_counted[k])
            return k;
    return -1;
}

static void check_trial(struct world *w, const struct trial *t)
{
    const struct kept_trial *kept = memory_trial(&w->coordinator.store, t->row.id);
    const struct trial_row *row = &t->row;
    const struct kept_attempt *attempt = memory_attempt(&w->coordinator.store, row->id, row->lease);
    int last = last_counted(kept);
    bool is_under_way = row->state == TRIAL_QUEUED || row->state == TRIAL_RUNNING;
    bool ends_failed = row->state == TRIAL_FAILED;
    int reached = is_under_way || row->state == TRIAL_SET_ASIDE || row->state == TRIAL_STOPPED ? last
                  : ends_failed                                                                ? last - 1
                                                                                               : row->rung;
    if (is_under_way && last >= row->rung)
        world_fail(w, "the ladder", "trial %" PRId64 " is on its way to rung %d and has %d", row->id, row->rung, last);
    if (is_under_way && row->reached > 0 && last != row->rung - 1)
        world_fail(w, "the ladder", "trial %" PRId64 " is on its way to rung %d from %d", row->id, row->rung, last);
    if (ends_failed && last < 0)
        world_fail(w, "the ladder", "trial %" PRId64 " failed, and no failure was counted", row->id);
    if (row->reached > 0 && reached >= 0 && row->reached != campaign_rung_budget(t->campaign, row->bracket, reached))
        world_fail(w, "the ladder", "trial %" PRId64 " reached %" PRId64 ", and rung %d was counted", row->id,
            row->reached, reached);
    if (row->state == TRIAL_COMPLETED && row->rung != campaign_n_rungs(t->campaign, row->bracket) - 1)
        world_fail(w, "the ladder", "trial %" PRId64 " completed at rung %d", row->id, row->rung);
    if (row->lease > 0 && (!attempt || attempt->is_open != (row->state == TRIAL_RUNNING)))
        world_fail(w, "one open attempt a running trial", "trial %" PRId64 " lease %" PRIu64 " is %s", row->id,
            row->lease, trial_state_names[row->state]);
}

/* Beyond the quota there is nothing but what may not be dropped. */
static void check_quota(struct world *w, const struct campaign *c)
{
    int64_t quota = c->spec->limits.checkpoints_bytes, bytes = 0;
    size_t n_droppable = 0;
    for (size_t i = 0; i < c->n_trials; i++) {
        const struct trial *t = c->trials[i];
        bool must_stay = t == c->best || t->row.state == TRIAL_QUEUED || t->row.state == TRIAL_RUNNING;
        bytes += t->row.checkpoint_bytes;
        n_droppable += t->row.checkpoint[0] && !must_stay;
    }
    if (bytes != c->checkpoint_bytes)
        world_fail(w, "checkpoints add up", "%s has %" PRId64 " bytes, its trials %" PRId64, c->spec->name,
            c->checkpoint_bytes, bytes);
    if (quota && bytes > quota && n_droppable)
        world_fail(w, "the quota of checkpoints", "%s has %" PRId64 " bytes, and may have %" PRId64, c->spec->name,
            bytes, quota);
}

/* The campaign's sums, from its trials one by one. */
static void check_sums(struct world *w, const struct campaign *c)
{
    size_t states[TRIAL_SET_ASIDE + 1] = { 0 };
    int64_t spent = 0, n_results = 0, n_reached = 0;
    for (size_t i = 0; i < c->n_trials; i++) {
        const struct kept_trial *t = memory_trial(&w->coordinator.store, c->trials[i]->row.id);
        states[t->row.state]++;
        spent += t->row.reached;
        for (int k = 0; k < SIM_RUNGS; k++)
            n_results += t->is_counted[k];
        n_reached -= t->row.state == TRIAL_FAILED;
    }
    n_reached += n_results;
    if (spent != c->budget_spent)
        world_fail(
            w, "budgets add up", "%s spent %" PRId64 ", its trials %" PRId64, c->spec->name, c->budget_spent, spent);
    if (n_results != c->n_results || n_reached != c->n_reached)
        world_fail(w, "results add up", "%s has %" PRId64 " results, its rows %" PRId64, c->spec->name, c->n_results,
            n_results);
    if (memcmp(states, c->n_states, sizeof states) != 0)
        world_fail(w, "trials add up", "%s counts its trials' states wrongly", c->spec->name);
    if ((int64_t)c->n_trials > c->spec->limits.n_trials)
        world_fail(w, "no more trials than allowed", "%s has %zu", c->spec->name, c->n_trials);
}

void invariants_rows(struct world *w)
{
    const struct coordinator *c = &w->coordinator;
    const struct campaign *last = NULL;
    touch_changed(w);
    if (w->digests.sum != c->store.now.digest_trials)
        world_fail(w, "memory and rows agree", "the trials differ");
    check_campaigns(w);
    if (c->effects.n_workers > 0 || c->n_steps % 64 == 0)
        check_workers(w);
    if (hub_seq(c->hub) != c->store.now.seq)
        world_fail(w, "memory and rows agree", "event %" PRIu64 " in memory, %" PRIu64 " in the rows", hub_seq(c->hub),
            c->store.now.seq);
    for (size_t i = 0; i < c->effects.n_trials; i++) {
        check_trial(w, c->effects.trials[i]);
        if (c->effects.trials[i]->campaign == last)
            continue;
        check_sums(w, last = c->effects.trials[i]->campaign);
        check_quota(w, last);
    }
}

/* ---- once more from the rows ---- */

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void compare_decisions(struct world *w, const struct campaign *a, const struct campaign *b)
{
    struct search_decision x, y;
    search_next(a->search, &x);
    search_next(b->search, &y);
    bool is_same = x.move == y.move && x.origin == y.origin && x.trial == y.trial && x.bracket == y.bracket &&
                   x.rung == y.rung && x.budget == y.budget && x.rank == y.rank && x.n_at_rung == y.n_at_rung &&
                   x.n_promoted == y.n_promoted && same_number(x.score, y.score) && x.n_pending == y.n_pending;
    for (int i = 0; is_same && x.move == SEARCH_START && i < SIM_PARAMS; i++)
        is_same = same_number(x.x[i], y.x[i]);
    if (!is_same)
        world_fail(w, "a rebuilt search decides the same", "%s: %s of trial %u, and rebuilt %s of trial %u",
            a->spec->name, search_move_name(x.move), x.trial, search_move_name(y.move), y.trial);
}

static void compare_trials(struct world *w, const struct trial *a, const struct trial *b)
{
    if (digest_trial(&a->row, a->row.x, SIM_PARAMS) != digest_trial(&b->row, b->row.x, SIM_PARAMS))
        world_fail(w, "a rebuild from the rows is the same",
            "trial %" PRId64 " is %s, lease %" PRIu64 ", budget %" PRId64 ", value %.17g; rebuilt %s, %" PRIu64
            ", %" PRId64 ", %.17g",
            a->row.id, trial_state_names[a->row.state], a->row.lease, a->row.budget, a->row.value,
            trial_state_names[b->row.state], b->row.lease, b->row.budget, b->row.value);
    if (!campaign_is_over(a->campaign) && a->counted_lease != b->counted_lease)
        world_fail(
            w, "a rebuild from the rows is the same", "trial %" PRId64 " forgets which lease was counted", a->row.id);
}

static void compare_campaigns(struct world *w, const struct campaign *a, const struct campaign *b)
{
    bool is_same = a->row.state == b->row.state && a->n_trials == b->n_trials && a->n_queue == b->n_queue &&
                   a->budget_spent == b->budget_spent && memcmp(a->n_states, b->n_states, sizeof a->n_states) == 0;
    if (!campaign_is_over(a))
        is_same = is_same && a->n_results == b->n_results && a->n_reached == b->n_reached;
    if (!is_same)
        world_fail(w, "a rebuild from the rows is the same", "%s differs", a->spec->name);
    if (a->best && b->best &&
        (a->best->row.reached != b->best->row.reached || !same_number(a->best->row.value, b->best->row.value)))
        world_fail(w, "a rebuild from the rows is the same", "the best of %s differs", a->spec->name);
    for (size_t i = 0; i < a->n_trials; i++)
        compare_trials(w, a->trials[i], b->trials[i]);
    if (!campaign_is_over(a))
        compare_decisions(w, a, b);
}

void invariants_rebuilt(struct world *w, const struct hub *other)
{
    const struct hub *h = w->coordinator.hub;
    if (hub_n_campaigns(h) != hub_n_campaigns(other) || hub_n_running(h) != hub_n_running(other) ||
        hub_roster(h)->n != hub_roster(other)->n)
        world_fail(w, "a rebuild from the rows is the same", "%zu campaigns, %zu running; rebuilt %zu, %zu",
            hub_n_campaigns(h), hub_n_running(h), hub_n_campaigns(other), hub_n_running(other));
    for (size_t i = 0; i < hub_n_campaigns(h); i++)
        compare_campaigns(w, hub_campaign(h, i), hub_campaign(other, i));
}
