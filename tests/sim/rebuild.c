/* rebuild.c: the core from its rows: as coordinator/rebuild/rebuild.c, in the same order. */
#include "tests/sim/coordinator.h"
#include "tests/sim/plan.h"

static void load_workers(struct world *w, struct hub *h, struct err *e)
{
    const struct tables *t = &w->coordinator.store.now;
    for (size_t i = 0; i < t->n_workers; i++) {
        if (hub_load_worker(h, &t->workers[i], e) < 0)
            world_fail(w, "rebuild", "%s", e->text);
    }
}

static void load_campaigns(struct world *w, struct hub *h, struct err *e)
{
    const struct tables *t = &w->coordinator.store.now;
    for (size_t i = 0; i < t->n_campaigns; i++) {
        struct campaign_row row = t->campaigns[i].row;
        row.file = "{}";
        struct campaign_spec *spec = plan_spec(&w->drawn, w->seed, t->campaigns[i].plan);
        if (hub_load_campaign(h, &row, spec, plan_rules(&w->drawn), e) < 0)
            world_fail(w, "rebuild", "%s", e->text);
    }
}

static void load_trials(struct world *w, struct hub *h, struct err *e)
{
    const struct tables *t = &w->coordinator.store.now;
    for (size_t i = 0; i < t->n_trials; i++) {
        struct trial_row row = t->trials[i].row;
        row.x = t->trials[i].x;
        if (hub_load_trial(h, &row, e) < 0)
            world_fail(w, "rebuild", "%s", e->text);
    }
}

static void must(struct world *w, int status, const struct err *e)
{
    if (status < 0)
        world_fail(w, "rebuild", "%s", e->text);
}

static bool has_limits(const struct steer_row *row)
{
    return row->n_trials || row->max_budget || row->wall_clock_ms;
}

static void load_limits(struct world *w, struct hub *h, struct err *e)
{
    const struct tables *t = &w->coordinator.store.now;
    for (size_t i = 0; i < t->n_steers; i++)
        if (has_limits(&t->steers[i].row))
            must(w, hub_load_limits(h, &t->steers[i].row, e), e);
}

static void load_steer(struct world *w, struct hub *h, const struct kept_steer *steer, struct err *e)
{
    struct steer_row row = steer->row;
    row.x = row.action == STEER_ENQUEUE ? steer->x : NULL;
    must(w, hub_load_steer(h, &row, e), e);
}

/* Notes and what people steered, merged by number; of one campaign, or with 0 of all. */
static void load_past(struct world *w, struct hub *h, int64_t campaign, struct err *e)
{
    const struct tables *t = &w->coordinator.store.now;
    size_t k = 0;
    for (size_t i = 0; i <= t->n_notes; i++) {
        for (; k < t->n_steers && (i == t->n_notes || t->steers[k].row.seq < t->notes[i].seq); k++)
            if (!campaign || t->steers[k].row.campaign == campaign)
                load_steer(w, h, &t->steers[k], e);
        if (i == t->n_notes || (campaign && t->notes[i].campaign != campaign))
            continue;
        if (hub_campaign(h, (size_t)t->notes[i].campaign - 1)->search)
            must(w, hub_load_note(h, &t->notes[i], e), e);
    }
}

void coordinator_open_search(struct world *w, int64_t campaign)
{
    struct err e = { 0 };
    hub_open_search(w->coordinator.hub, campaign);
    load_past(w, w->coordinator.hub, campaign, &e);
}

struct hub *coordinator_rebuild(struct world *w, uint64_t boot)
{
    const struct tables *t = &w->coordinator.store.now;
    struct hub_settings settings = { .lease_ms = (int64_t)w->drawn.lease * 1000, .heartbeat_ms = 500 };
    struct hub *h = hub_new(&settings, boot);
    struct err e = { 0 };
    load_workers(w, h, &e);
    load_campaigns(w, h, &e);
    load_limits(w, h, &e);
    load_trials(w, h, &e);
    load_past(w, h, 0, &e);
    hub_start(h, t->seq, (int64_t)t->n_trials, w->now_ms + w->coordinator.mortal.clock_ms);
    w->counts.rebuilds++;
    return h;
}
