#include "coordinator/rebuild/replay.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "coordinator/rebuild/rebuild.h"

struct replay {
    struct hub *hub;
    struct expr_list exprs;
    struct decision_row *kept; /* owned, with their notes: by seq */
    size_t n_kept, cap_kept, next;
    bool has_parted;
    replay_tick *tick;
    void *context;
    struct replay_report *out;
};

static int keep_decision(void *context, const struct decision_row *row, struct err *e)
{
    struct replay *r = context;
    r->kept = mem_grow(r->kept, r->n_kept, &r->cap_kept, sizeof *r->kept);
    struct decision_row *kept = &r->kept[r->n_kept++];
    *kept = *row;
    kept->decision.note = mem_strdup(row->decision.note);
    return 0;
}

static int take_trial(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    struct replay *r = context;
    return rebuild_trial(r->hub, row, n_x, e);
}

static int take_limits(void *context, const struct steer_row *row, struct err *e)
{
    struct replay *r = context;
    return hub_load_limits(r->hub, row, e);
}

static void part(struct replay *r, const char *what, const char *kept, const char *again)
{
    str_add(&r->out->difference.what, what);
    str_add(&r->out->difference.kept, kept);
    str_add(&r->out->difference.again, again);
    r->has_parted = true;
}

/* The kept decision that became this event, if that is the next one; else the two have parted. */
static struct decision_row *match(struct replay *r, const struct event_row *note, const struct trial *t)
{
    struct decision_row *kept = r->next < r->n_kept ? &r->kept[r->next] : NULL;
    r->out->seq = kept && kept->seq < note->seq ? kept->seq : note->seq;
    r->out->saw = r->out->seq - 1;
    r->out->trial = t->row.number;
    if (!kept || kept->seq > note->seq) {
        part(r, "decision", "no row", event_kind_names[note->kind]);
        return NULL;
    }
    if (kept->seq < note->seq) {
        part(r, "event", "a decision that nothing came of", "none");
        return NULL;
    }
    return kept;
}

/* Before a start or a promotion is noted: would the search decide the same? */
static int compare(void *context, const struct event_row *note, struct err *e)
{
    struct replay *r = context;
    if (r->has_parted || (note->kind != EVENT_STARTED && note->kind != EVENT_PROMOTED))
        return 0;
    const struct trial *t = hub_find_trial(r->hub, note->trial);
    if (!t)
        return err_set(e, ERR_CORRUPT, "event %llu names trial %lld, which is not there", (unsigned long long)note->seq,
            (long long)note->trial);
    struct decision_row *kept = match(r, note, t);
    if (!kept)
        return 0;
    struct search_decision again;
    search_next(t->campaign->search, &again);
    kept->decision.x = t->row.x;
    if (kept->saw + 1 != kept->seq)
        part(r, "saw", "not the event before it", "the event before it");
    else if (!search_decisions_agree(&kept->decision, &again, &t->campaign->spec->space, &r->out->difference))
        r->has_parted = true;
    if (r->has_parted)
        return 0;
    r->next++;
    r->out->n_agreed++;
    if (r->tick && !r->tick(r->context, r->out->n_agreed, r->out->n_decisions))
        return err_set(e, ERR_INTERRUPTED, "interrupted");
    return 0;
}

static int run(struct replay *r, struct store *s, const struct campaign_row *row, struct err *e)
{
    struct campaign_row open = *row;
    struct steer_filter limits = { .campaign = row->id, .is_extend_only = true };
    struct rebuild_watch watch = { compare, r };
    open.state = CAMPAIGN_RUNNING; /* else nobody would search */
    if (store_load_decisions(s, row->id, keep_decision, r, e) < 0)
        return -1;
    r->out->n_decisions = (int64_t)r->n_kept;
    if (rebuild_campaign(r->hub, &open, &r->exprs, e) < 0 || store_load_steers(s, &limits, take_limits, r, e) < 0 ||
        store_load_trials(s, row->id, take_trial, r, e) < 0)
        return -1;
    if (rebuild_search(s, r->hub, hub_campaign(r->hub, 0), &watch, e) < 0 && !r->has_parted)
        return -1; /* where two searches part, what happened after may not follow */
    if (!r->has_parted && r->next < r->n_kept) {
        r->out->seq = r->kept[r->next].seq;
        r->out->saw = r->out->seq - 1;
        r->out->trial = r->kept[r->next].decision.trial;
        part(r, "event", "a decision that nothing came of", "none");
    }
    if (!r->has_parted)
        r->out->seq = r->out->saw = r->out->trial = 0;
    return 0;
}

int replay_campaign(struct store *s, const struct campaign_row *row, replay_tick *tick, void *context,
    struct replay_report *out, struct err *e)
{
    static const struct hub_settings settings = { .lease_ms = 30000, .heartbeat_ms = 1000 };
    *out = (struct replay_report){ 0 };
    struct replay r = { .hub = hub_new(&settings, 1), .tick = tick, .context = context, .out = out };
    int status = run(&r, s, row, e);
    for (size_t i = 0; i < r.n_kept; i++)
        free((void *)(uintptr_t)r.kept[i].decision.note);
    free(r.kept);
    expr_list_clear(&r.exprs);
    hub_free(r.hub);
    return status;
}

void replay_report_deinit(struct replay_report *r)
{
    search_difference_deinit(&r->difference);
}
