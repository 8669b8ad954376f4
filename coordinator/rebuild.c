#include "coordinator/rebuild.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/kill_point.h"
#include "common/base/mem.h"
#include "common/proto/campaign.h"

struct load {
    struct hub *hub;
    struct expr_list *exprs;
};

void expr_list_clear(struct expr_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        expr_close(list->items[i]);
    free(list->items);
    *list = (struct expr_list){ 0 };
}

void expr_list_add(struct expr_list *list, struct expr *x)
{
    list->items = mem_grow(list->items, list->n, &list->cap, sizeof *list->items);
    list->items[list->n++] = x;
}

static int take_worker(void *context, const struct worker_row *row, struct err *e)
{
    struct load *l = context;
    return hub_load_worker(l->hub, row, e);
}

static int take_campaign(void *context, const struct campaign_row *row, struct err *e)
{
    struct load *l = context;
    struct campaign_spec *spec = mem_zalloc(1, sizeof *spec);
    struct expr *x = NULL;
    if (campaign_from_canonical(row->file, strlen(row->file), spec, e) < 0 || !(x = expr_open(spec, e))) {
        campaign_spec_deinit(spec);
        free(spec);
        return err_prefix(e, "campaign %lld", (long long)row->id);
    }
    expr_list_add(l->exprs, x);
    return hub_load_campaign(l->hub, row, spec, expr_rules(x), e);
}

static int take_trial(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    struct load *l = context;
    const struct campaign *c = hub_campaign_of(l->hub, row->campaign);
    if (!c)
        return err_set(e, ERR_CORRUPT, "trial %lld belongs to no campaign", (long long)row->id);
    if (n_x != c->spec->space.n_params)
        return err_set(e, ERR_CORRUPT, "trial %lld has %d values where its space has %d", (long long)row->id, n_x,
            c->spec->space.n_params);
    return hub_load_trial(l->hub, row, e);
}

/* ---- the searches: notes and what people steered, merged in the order of seq ---- */

struct replay {
    struct hub *hub;
    struct steer_row *steers; /* owned, with their x */
    size_t n_steers, cap_steers, next;
};

static int keep_steer(void *context, const struct steer_row *row, struct err *e)
{
    struct replay *r = context;
    r->steers = mem_grow(r->steers, r->n_steers, &r->cap_steers, sizeof *r->steers);
    struct steer_row *kept = &r->steers[r->n_steers++];
    *kept = *row;
    kept->who = NULL;
    kept->text = mem_strdup(row->text);
    kept->x = NULL;
    if (row->n_x > 0) {
        double *x = mem_alloc((size_t)row->n_x * sizeof *x);
        memcpy(x, row->x, (size_t)row->n_x * sizeof *x);
        kept->x = x;
    }
    return 0;
}

static int take_import(void *context, const struct import_row *row, int n_x, struct err *e)
{
    struct replay *r = context;
    return hub_load_import(r->hub, row, n_x, e);
}

static int steer_before(struct replay *r, uint64_t seq, struct err *e)
{
    for (; r->next < r->n_steers && r->steers[r->next].seq < seq; r->next++)
        if (hub_load_steer(r->hub, &r->steers[r->next], e) < 0)
            return -1;
    return 0;
}

static int take_note(void *context, const struct event_row *row, struct err *e)
{
    struct replay *r = context;
    return steer_before(r, row->seq, e) < 0 ? -1 : hub_load_note(r->hub, row, e);
}

static void replay_deinit(struct replay *r)
{
    for (size_t i = 0; i < r->n_steers; i++) {
        free((void *)(uintptr_t)r->steers[i].text);
        free((void *)(uintptr_t)r->steers[i].x);
    }
    free(r->steers);
}

int rebuild_search(struct store *s, struct hub *h, const struct campaign *c, struct err *e)
{
    struct event_filter notes = { .campaign = c->row.id, .is_notes_only = true };
    struct steer_filter steers = { .campaign = c->row.id };
    struct replay r = { .hub = h };
    int status = store_load_steers(s, &steers, keep_steer, &r, e);
    if (status == 0 && c->search)
        status = store_load_events(s, &notes, take_note, &r, e);
    if (status == 0)
        status = steer_before(&r, UINT64_MAX, e);
    if (status == 0 && c->search)
        status = store_load_imports(s, c->row.id, take_import, &r, e);
    replay_deinit(&r);
    return status < 0 ? err_prefix(e, "campaign %s", c->spec->name) : 0;
}

static int take_limits(void *context, const struct steer_row *row, struct err *e)
{
    struct load *l = context;
    return hub_load_limits(l->hub, row, e);
}

/* What the notes of a campaign would have said, where there is no search to be told them. */
static int load_counts(struct store *s, struct hub *h, const struct campaign *c, struct err *e)
{
    int64_t n_results, n_reached;
    if (c->search)
        return 0;
    if (store_count_results(s, c->row.id, &n_results, &n_reached, e) < 0)
        return -1;
    hub_load_counts(h, c->row.id, n_results, n_reached);
    return 0;
}

/* Trials come by id, whatever their campaign, as campaigns may have run side by side; those of campaigns that are over
 * too, since their status is still asked for. */
static int load_all(struct store *s, struct load *l, struct store_ids *ids, struct err *e)
{
    struct steer_filter extends = { .is_extend_only = true };
    if (store_load_ids(s, ids, e) < 0 || store_load_workers(s, take_worker, l, e) < 0 ||
        store_load_campaigns(s, take_campaign, l, e) < 0 || store_load_steers(s, &extends, take_limits, l, e) < 0 ||
        store_load_trials(s, 0, take_trial, l, e) < 0)
        return -1;
    KILL_POINT("rebuild.half");
    for (size_t i = 0; i < hub_n_campaigns(l->hub); i++) {
        const struct campaign *c = hub_campaign(l->hub, i);
        if (rebuild_search(s, l->hub, c, e) < 0 || load_counts(s, l->hub, c, e) < 0)
            return -1;
    }
    return 0;
}

struct hub *rebuild_hub(
    struct store *s, const struct hub_settings *settings, int64_t now_ms, struct expr_list *exprs, struct err *e)
{
    struct store_ids ids = { 0 };
    struct load l = { hub_new(settings, store_boot(s)), exprs };
    if (load_all(s, &l, &ids, e) < 0) {
        expr_list_clear(exprs);
        hub_free(l.hub);
        err_prefix(e, "rebuild from the database");
        return NULL;
    }
    hub_start(l.hub, ids.seq, ids.trial, now_ms);
    return l.hub;
}
