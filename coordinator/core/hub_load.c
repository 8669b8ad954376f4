#include "coordinator/core/hub_state.h"

#include <math.h>

#include "common/base/mem.h"
#include "common/base/mutation.h"

int hub_load_worker(struct hub *h, const struct worker_row *row, struct err *e)
{
    if (row->id != (int64_t)h->roster.n + 1)
        return err_set(e, ERR_CORRUPT, "worker %lld stands where %zu is expected", (long long)row->id, h->roster.n + 1);
    roster_load(&h->roster, row);
    return 0;
}

int hub_load_campaign(
    struct hub *h, const struct campaign_row *row, struct campaign_spec *spec, struct rules rules, struct err *e)
{
    if (row->id <= (h->n_campaigns ? h->campaigns[h->n_campaigns - 1]->row.id : 0))
        return err_set(e, ERR_CORRUPT, "campaign %lld is out of order", (long long)row->id);
    h->campaigns = mem_grow(h->campaigns, h->n_campaigns, &h->cap_campaigns, sizeof *h->campaigns);
    h->campaigns[h->n_campaigns++] = campaign_new(row, spec, rules);
    return 0;
}

int hub_load_trial(struct hub *h, const struct trial_row *row, struct err *e)
{
    struct campaign *c = (struct campaign *)(uintptr_t)hub_campaign_of(h, row->campaign);
    if (!c)
        return err_set(e, ERR_CORRUPT, "trial %lld belongs to no campaign", (long long)row->id);
    if (row->number != c->n_trials + 1 || row->id <= h->last_trial)
        return err_set(
            e, ERR_CORRUPT, "trial %lld (number %u of its campaign) is out of order", (long long)row->id, row->number);
    if (row->rung >= campaign_n_rungs(c, row->bracket))
        return err_set(
            e, ERR_CORRUPT, "trial %lld is on rung %d, which its bracket does not have", (long long)row->id, row->rung);
    struct trial *t = campaign_add_trial(c, row);
    hub_index_trial(h, t);
    if (mutation(LEASE_RESTARTS) && row->state != TRIAL_RUNNING)
        t->row.lease = 0;
    if (mutation(FORGET_QUEUED) && row->state == TRIAL_QUEUED)
        c->n_queue = 0;
    if (row->state == TRIAL_RUNNING && !mutation(FORGET_RUNNING))
        hub_list_running(h, t);
    c->budget_spent += row->reached;
    campaign_judge(c, t);
    return 0;
}

static struct campaign *steered(struct hub *h, const struct steer_row *row, struct err *e)
{
    struct campaign *c = (struct campaign *)(uintptr_t)hub_campaign_of(h, row->campaign);
    if (!c)
        err_set(e, ERR_CORRUPT, "steer %llu names a campaign that is not there", (unsigned long long)row->seq);
    return c;
}

int hub_load_limits(struct hub *h, const struct steer_row *row, struct err *e)
{
    struct campaign *c = steered(h, row, e);
    if (!c)
        return -1;
    if (!campaign_spec_extend(c->spec, row->n_trials, row->max_budget, row->wall_clock_ms))
        return err_set(e, ERR_CORRUPT, "steer %llu extends to what cannot be", (unsigned long long)row->seq);
    return 0;
}

void hub_load_metrics(struct hub *h, int64_t campaign, const char *metrics)
{
    campaign_note_metrics((struct campaign *)(uintptr_t)hub_campaign_of(h, campaign), metrics);
}

void hub_load_counts(struct hub *h, int64_t campaign, int64_t n_results, int64_t n_reached)
{
    struct campaign *c = (struct campaign *)(uintptr_t)hub_campaign_of(h, campaign);
    c->n_results = n_results;
    c->n_reached = n_reached;
}

void hub_open_search(struct hub *h, int64_t campaign)
{
    campaign_open_search((struct campaign *)(uintptr_t)hub_campaign_of(h, campaign));
}

/* A trial that is retried has failed, unless it was set aside: then its failure counts no more. */
static int load_retry(struct hub *h, struct campaign *c, const struct steer_row *row, struct err *e)
{
    const struct trial *t = hub_find_trial(h, row->trial);
    if (!t || t->campaign != c || t->row.number > search_n_started(c->search) ||
        !search_may_retry(c->search, t->row.number))
        return err_set(e, ERR_CORRUPT, "steer %llu retries a trial that did not fail", (unsigned long long)row->seq);
    c->n_results -= search_has_failed(c->search, t->row.number);
    search_note_retried(c->search, t->row.number);
    return 0;
}

int hub_load_steer(struct hub *h, const struct steer_row *row, struct err *e)
{
    struct campaign *c = steered(h, row, e);
    if (!c)
        return -1;
    hub_remember_steer(h, row->request, row->campaign, row->text);
    if (!c->search)
        return 0;
    if (row->action == STEER_EXTEND || row->action == STEER_ENQUEUE)
        search_note_extended(c->search, row->n_trials, row->max_budget);
    if (row->action == STEER_ENQUEUE && row->n_x != c->spec->space.n_params)
        return err_set(e, ERR_CORRUPT, "steer %llu enqueues %d values where the space has %d",
            (unsigned long long)row->seq, row->n_x, c->spec->space.n_params);
    if (row->action == STEER_ENQUEUE)
        search_note_enqueued(c->search, row->x);
    return row->action == STEER_RETRY ? load_retry(h, c, row, e) : 0;
}

/* Does the note follow from those before it? */
static bool may_follow(const struct campaign *c, const struct event_row *row, uint32_t number)
{
    int rung;
    if (row->kind == EVENT_STARTED)
        return number == search_n_started(c->search) + 1;
    if (number > search_n_started(c->search))
        return false;
    bool is_under_way = search_is_under_way(c->search, number, &rung);
    if (row->kind == EVENT_PROMOTED)
        return !is_under_way && row->rung == rung + 1;
    return row->kind == EVENT_ABANDONED || (is_under_way && row->rung == rung);
}

int hub_load_note(struct hub *h, const struct event_row *row, struct err *e)
{
    const struct trial *t = hub_find_trial(h, row->trial);
    if (!t)
        return err_set(e, ERR_CORRUPT, "event %llu names trial %lld, which is not there", (unsigned long long)row->seq,
            (long long)row->trial);
    struct campaign *c = t->campaign;
    uint32_t number = t->row.number;
    if (!c->search)
        return err_set(e, ERR_CORRUPT, "event %llu is about a campaign that was over", (unsigned long long)row->seq);
    if (row->kind <= EVENT_ABANDONED && !may_follow(c, row, number))
        return err_set(e, ERR_CORRUPT, "event %llu, that trial %u was %s, does not follow from those before it",
            (unsigned long long)row->seq, number, event_kind_names[row->kind]);
    switch (row->kind) {
    case EVENT_STARTED:
        search_note_started(c->search, number, t->row.x, t->row.bracket);
        return 0;
    case EVENT_PROMOTED:
        search_note_promoted(c->search, number, row->rung);
        return 0;
    case EVENT_COUNTED:
        c->n_results++;
        c->n_reached++;
        c->reached_by = row->worker;
        ((struct trial *)(uintptr_t)t)->counted_lease = row->lease;
        if (!mutation(FORGET_PAUSED))
            search_note_result(c->search, number, row->rung, campaign_spec_loss(c->spec, row->value));
        return 0;
    case EVENT_FAILED:
        c->n_results++;
        ((struct trial *)(uintptr_t)t)->counted_lease = row->lease;
        search_note_failed(c->search, number, row->rung);
        return 0;
    case EVENT_ABANDONED:
        search_note_abandoned(c->search, number);
        return 0;
    case EVENT_SUBMITTED:
    case EVENT_GRANTED:
    case EVENT_REQUEUED:
    case EVENT_LATE:
    case EVENT_CAMPAIGN:
    case EVENT_JOINED:
    case EVENT_LEFT:
    case EVENT_N_KINDS:
        break;
    }
    return err_set(e, ERR_CORRUPT, "event %llu is no note of a search", (unsigned long long)row->seq);
}

void hub_start(struct hub *h, uint64_t last_seq, int64_t last_trial, int64_t now_ms)
{
    h->seq = last_seq;
    hub_start_trust(h, now_ms);
    if (last_trial > h->last_trial)
        h->last_trial = last_trial;
    for (size_t i = 0; i < h->n_running; i++) {
        h->running[i]->deadline_ms = now_ms + h->settings.lease_ms;
        h->running[i]->granted_ms = now_ms;
        h->running[i]->step = h->running[i]->row.budget;
    }
}
