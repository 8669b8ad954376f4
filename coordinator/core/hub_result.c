#include "coordinator/core/hub_state.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "common/base/mutation.h"
#include "common/base/str.h"

/* What a RESULT or FAIL is worth. */
enum verdict { VERDICT_COUNTED, VERDICT_DUPLICATE, VERDICT_LATE, VERDICT_UNKNOWN, VERDICT_SEND_BLOB };

static const char *const verdict_names[] = { "counted", "duplicate", "late", "unknown", "send_blob" };

/* It came before, did not count, and has its row: a thousand repetitions need no thousand rows. */
static bool is_kept(const struct trial *t, const struct hub_outcome *o)
{
    return o->lease > 0 && o->lease == t->kept_lease && o->rung == t->kept_rung && o->failure == t->kept_failure;
}

/* It is the outcome that was counted last, once more. */
static bool was_counted(const struct trial *t, const struct hub_outcome *o)
{
    int rung = t->row.state == TRIAL_FAILED ? t->row.rung + 1 : trial_next_rung(t) - 1;
    return o->lease == t->counted_lease && o->rung == rung;
}

static enum verdict judge_result(const struct trial *t, const struct hub_outcome *o)
{
    int next = trial_next_rung(t);
    if (o->rung > next || o->lease == 0 || o->lease > t->row.lease)
        return VERDICT_UNKNOWN;
    bool awaits = t->row.state == TRIAL_RUNNING || t->row.state == TRIAL_QUEUED;
    if (mutation(NO_DEDUPE) && t->row.state == TRIAL_RUNNING && o->rung == next - 1 && o->lease == t->counted_lease)
        return VERDICT_COUNTED;
    if (mutation(LATE_TWICE) && t->row.state == TRIAL_RUNNING && o->rung == next - 1 && o->lease != t->counted_lease)
        return VERDICT_COUNTED;
    if (mutation(REFUSE_LATE) && o->lease != t->row.lease)
        return VERDICT_LATE;
    if (!awaits || o->rung < next)
        return was_counted(t, o) ? VERDICT_DUPLICATE : VERDICT_LATE;
    bool lacks_blob = *o->checkpoint && !o->checkpoint_is_stored && !mutation(NO_BLOB);
    return lacks_blob ? VERDICT_SEND_BLOB : VERDICT_COUNTED;
}

/* A failure acts only with the lease that is current. */
static enum verdict judge_failure(const struct trial *t, const struct hub_outcome *o)
{
    if (o->lease == 0 || o->lease > t->row.lease)
        return VERDICT_UNKNOWN;
    if (t->row.state == TRIAL_FAILED && was_counted(t, o))
        return VERDICT_DUPLICATE;
    if (t->row.state != TRIAL_RUNNING)
        return VERDICT_LATE;
    if ((o->lease != t->row.lease && !mutation(STALE_FAIL)) || o->rung != t->row.rung)
        return VERDICT_LATE;
    return *o->checkpoint && !o->checkpoint_is_stored ? VERDICT_SEND_BLOB : VERDICT_COUNTED;
}

void hub_end_attempt(const struct hub *h, const struct hub_event *e, struct effects *fx, const struct trial *t,
    uint64_t lease, int64_t worker, const char *outcome, const char *reason)
{
    struct attempt_row *row = &effects_save(fx, SAVE_ATTEMPT)->as.attempt;
    *row = (struct attempt_row){
        .trial = t->row.id,
        .lease = lease,
        .rung = t->row.rung,
        .worker = worker,
        .budget_from = t->row.budget,
        .budget_to = campaign_rung_budget(t->campaign, t->row.bracket, t->row.rung),
        .ended_ms = e->wall_ms,
        .outcome = outcome,
        .reason = effects_text(fx, "%s", reason),
    };
    if (e->kind == HUB_RESULT || e->kind == HUB_FAIL) {
        row->log_tail = e->as.outcome.log_tail;
        row->seconds = e->as.outcome.seconds;
    }
}

static void save_result(const struct hub *h, const struct hub_event *e, struct effects *fx, uint64_t seq,
    int64_t worker, bool is_counted, enum verdict verdict)
{
    const struct hub_outcome *o = &e->as.outcome;
    effects_save(fx, SAVE_RESULT)->as.result = (struct result_row){
        .seq = seq,
        .trial = o->trial,
        .rung = o->rung,
        .lease = o->lease,
        .worker = worker,
        .received_ms = e->wall_ms,
        .is_counted = is_counted,
        .verdict = verdict_names[verdict],
        .failure = o->failure,
        .value = o->failure < 0 ? o->value : NAN,
        .budget = o->budget,
        .seconds = o->seconds,
        .checkpoint = o->checkpoint,
        .kernel = o->kernel ? o->kernel : "",
        .curve = o->curve,
        .n_curve = o->n_curve,
    };
}

static struct event_row *log_outcome(struct hub *h, const struct hub_event *e, struct effects *fx, enum event_kind kind,
    const struct trial *t, int64_t worker)
{
    struct event_row *row = hub_log(h, e, fx, kind, t->campaign, t);
    row->rung = e->as.outcome.rung;
    row->lease = e->as.outcome.lease;
    row->worker = worker;
    return row;
}

static void take_checkpoint(struct effects *fx, struct trial *t, const struct hub_outcome *o)
{
    hub_spare_blob(fx, t->campaign, t->row.checkpoint);
    campaign_set_checkpoint(t->campaign, t, o->checkpoint, o->checkpoint_bytes, o->budget);
}

static void count_result(struct hub *h, const struct hub_event *e, struct effects *fx, struct trial *t, int64_t worker)
{
    const struct hub_outcome *o = &e->as.outcome;
    struct campaign *c = t->campaign;
    bool is_last = o->rung == campaign_n_rungs(c, t->row.bracket) - 1;
    struct event_row *row = log_outcome(h, e, fx, EVENT_COUNTED, t, worker);
    row->value = o->value;
    struct worker *w = roster_by_id(&h->roster, worker);
    if (w && roster_set_kernel(w, o->kernel))
        *effects_save_worker(fx) = w->row;
    hub_note_pace(e, t, w);
    save_result(h, e, fx, h->seq, worker, true, VERDICT_COUNTED);
    hub_end_attempt(h, e, fx, t, o->lease, worker, "reached", "");
    if (t->row.state == TRIAL_RUNNING) {
        if (t->row.lease != o->lease)
            hub_end_attempt(h, e, fx, t, t->row.lease, t->row.worker, "cancelled", "another attempt was first");
        hub_unlease(h, t);
    }
    c->n_results++;
    c->n_reached++;
    c->reached_by = worker;
    hub_worker_did_well(h, e, fx, w);
    c->budget_spent += campaign_rung_budget(c, t->row.bracket, o->rung) - (mutation(BUDGET_TWICE) ? 0 : t->row.reached);
    t->counted_lease = o->lease;
    t->row.value = o->value;
    t->row.reached = campaign_rung_budget(c, t->row.bracket, o->rung);
    trial_forget_breaks(t);
    take_checkpoint(fx, t, o);
    campaign_move_trial(c, t, is_last ? TRIAL_COMPLETED : TRIAL_PAUSED);
    effects_change_trial(fx, t);
    search_note_result(c->search, t->row.number, o->rung, campaign_spec_loss(c->spec, o->value));
    campaign_judge(c, t);
    if (c->best == t && o->n_curve > 0)
        campaign_note_metrics(c, o->curve[o->n_curve - 1].metrics);
    hub_watch_agreement(h, e, fx, c);
}

static void count_failure(struct hub *h, const struct hub_event *e, struct effects *fx, struct trial *t, int64_t worker)
{
    const struct hub_outcome *o = &e->as.outcome;
    struct campaign *c = t->campaign;
    const char *kind = failure_kind_names[o->failure];
    log_outcome(h, e, fx, EVENT_FAILED, t, worker)->text = effects_text(fx, "%s: %s", kind, o->text);
    save_result(h, e, fx, h->seq, worker, true, VERDICT_COUNTED);
    hub_end_attempt(h, e, fx, t, o->lease, worker, kind, o->text);
    hub_unlease(h, t);
    c->n_results++;
    t->counted_lease = o->lease;
    campaign_move_trial(c, t, TRIAL_FAILED);
    if (o->failure != FAILURE_DIVERGED)
        hub_worker_did_badly(h, e, fx, roster_by_id(&h->roster, worker), t, effects_text(fx, "%s: %s", kind, o->text));
    effects_change_trial(fx, t);
    search_note_failed(c->search, t->row.number, o->rung);
    if (c->n_reached == 0 && c->n_states[TRIAL_FAILED] >= HOPELESS_FAILURES)
        hub_finish(h, e, fx, c, CAMPAIGN_FAILED, effects_text(fx, "every trial failed; the last one: %s", o->text));
}

static void note_kept(struct trial *t, const struct hub_outcome *o)
{
    t->kept_lease = o->lease;
    t->kept_rung = o->rung;
    t->kept_failure = o->failure;
}

/* Handed back, stuck or lost by its agent's own word: again, from the newest checkpoint. */
static void hand_back(struct hub *h, const struct hub_event *e, struct effects *fx, struct trial *t, int64_t worker)
{
    const struct hub_outcome *o = &e->as.outcome;
    if (*o->checkpoint && o->budget > t->row.budget)
        take_checkpoint(fx, t, o);
    hub_lose(h, e, fx, t, o->start_is_lost ? FAILURE_PREEMPTED : (enum failure_kind)o->failure, o->text);
    if (o->start_is_lost && !*o->checkpoint)
        take_checkpoint(fx, t, o); /* none: from the beginning again */
    save_result(h, e, fx, h->seq, worker, false, VERDICT_COUNTED);
    note_kept(t, o);
}

static void keep_uncounted(
    struct hub *h, const struct hub_event *e, struct effects *fx, struct trial *t, int64_t worker, enum verdict verdict)
{
    log_outcome(h, e, fx, EVENT_LATE, t, worker)->text = effects_text(fx, "%s: %s",
        verdict == VERDICT_UNKNOWN ? "a lease or a configuration that was never given" : "it does not count any more",
        e->as.outcome.failure < 0 ? "result" : failure_kind_names[e->as.outcome.failure]);
    save_result(h, e, fx, h->seq, worker, false, verdict);
    note_kept(t, &e->as.outcome);
}

static enum verdict settle(struct hub *h, const struct hub_event *e, struct effects *fx, struct trial *t)
{
    const struct hub_outcome *o = &e->as.outcome;
    const struct worker *w = roster_by_key(&h->roster, o->key);
    int64_t worker = w ? w->row.id : 0;
    bool is_failure = o->failure >= 0;
    bool is_foreign = o->config_id && o->config_id != t->config_id && !mutation(FOREIGN);
    enum verdict verdict = is_foreign ? VERDICT_UNKNOWN : is_failure ? judge_failure(t, o) : judge_result(t, o);
    if (campaign_is_over(t->campaign) && verdict == VERDICT_COUNTED)
        verdict = VERDICT_LATE;
    if ((verdict == VERDICT_LATE || verdict == VERDICT_UNKNOWN) && is_kept(t, o))
        verdict = VERDICT_DUPLICATE;
    if (verdict == VERDICT_LATE || verdict == VERDICT_UNKNOWN)
        keep_uncounted(h, e, fx, t, worker, verdict);
    else if (verdict == VERDICT_COUNTED && !is_failure)
        count_result(h, e, fx, t, worker);
    else if (verdict == VERDICT_COUNTED && failure_is_own((enum failure_kind)o->failure))
        count_failure(h, e, fx, t, worker);
    else if (verdict == VERDICT_COUNTED)
        hand_back(h, e, fx, t, worker);
    if (verdict != VERDICT_SEND_BLOB && strcmp(o->checkpoint, t->row.checkpoint) != 0)
        hub_spare_blob(fx, t->campaign, o->checkpoint); /* it lies on the disk, and was not taken */
    return verdict;
}

void hub_outcome(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    const struct hub_outcome *o = &e->as.outcome;
    struct trial *t = (struct trial *)(uintptr_t)hub_find_trial(h, o->trial);
    /* A trial of a campaign that was over when we started is not in memory, and counts no more. */
    enum verdict absent = o->trial >= 1 && o->trial <= h->last_trial ? VERDICT_LATE : VERDICT_UNKNOWN;
    enum verdict verdict = t ? settle(h, e, fx, t) : absent;
    struct send *s = effects_send(fx, SEND_RESULT_ACK, e->peer);
    s->ack_trial = o->trial;
    s->ack_rung = o->rung;
    s->ack_lease = o->lease;
    s->text = verdict_names[verdict];
}

void hub_forget_checkpoint(struct hub *h, int64_t trial)
{
    struct trial *t = (struct trial *)(uintptr_t)hub_find_trial(h, trial);
    if (!t)
        return;
    assert(!trial_is_open(t));
    t->row.checkpoint[0] = '\0';
    t->row.checkpoint_bytes = t->row.budget = 0;
}

/* Who holds a lease that began with it may still reach the rung; whoever comes next begins at 0. */
void hub_lose_checkpoint(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    for (size_t i = 0; i < h->n_by_id; i++) {
        struct trial *t = h->by_id[i];
        if (!trial_is_open(t) || strcmp(t->row.checkpoint, e->as.blob.hash) != 0)
            continue;
        campaign_set_checkpoint(t->campaign, t, "", 0, 0);
        effects_change_trial(fx, t);
        struct event_row *row = hub_log(h, e, fx, EVENT_CAMPAIGN, t->campaign, t);
        row->lease = t->row.lease;
        row->text =
            effects_text(fx, "the checkpoint of trial %u is missing or damaged: it begins again", t->row.number);
    }
}
