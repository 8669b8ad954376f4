#include "coordinator/rebuild/rebuild.h"

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

int rebuild_campaign(struct hub *h, const struct campaign_row *row, struct expr_list *exprs, struct err *e)
{
    struct campaign_spec *spec = mem_zalloc(1, sizeof *spec);
    struct expr *x = NULL;
    if (campaign_from_canonical(row->file, strlen(row->file), spec, e) < 0 || !(x = expr_open(spec, e))) {
        campaign_spec_deinit(spec);
        free(spec);
        return err_prefix(e, "campaign %lld", (long long)row->id);
    }
    expr_list_add(exprs, x);
    return hub_load_campaign(h, row, spec, expr_rules(x), e);
}

static int take_campaign(void *context, const struct campaign_row *row, struct err *e)
{
    struct load *l = context;
    return rebuild_campaign(l->hub, row, l->exprs, e);
}

int rebuild_trial(struct hub *h, const struct trial_row *row, int n_x, struct err *e)
{
    const struct campaign *c = hub_campaign_of(h, row->campaign);
    if (!c)
        return err_set(e, ERR_CORRUPT, "trial %lld belongs to no campaign", (long long)row->id);
    if (n_x != c->spec->space.n_params)
        return err_set(e, ERR_CORRUPT, "trial %lld has %d values where its space has %d", (long long)row->id, n_x,
            c->spec->space.n_params);
    return hub_load_trial(h, row, e);
}

static int take_trial(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    struct load *l = context;
    return rebuild_trial(l->hub, row, n_x, e);
}

/* ---- the searches: notes, what people steered and what was imported, merged in the order of seq ---- */

struct past {
    struct hub *hub;
    const struct rebuild_watch *watch; /* NULL: nobody */
    struct steer_row *steers;          /* owned, with their x */
    size_t n_steers, cap_steers, next_steer;
    struct import_row *imports; /* owned, with their x */
    size_t n_imports, cap_imports, next_import;
    int n_x; /* of an import */
};

static double *copy_x(const double *x, int n_x)
{
    if (n_x == 0)
        return NULL;
    double *copy = mem_alloc((size_t)n_x * sizeof *copy);
    return memcpy(copy, x, (size_t)n_x * sizeof *copy);
}

static int keep_steer(void *context, const struct steer_row *row, struct err *e)
{
    struct past *p = context;
    p->steers = mem_grow(p->steers, p->n_steers, &p->cap_steers, sizeof *p->steers);
    struct steer_row *kept = &p->steers[p->n_steers++];
    *kept = *row;
    kept->who = NULL;
    kept->text = mem_strdup(row->text);
    kept->x = copy_x(row->x, row->n_x);
    return 0;
}

static int keep_import(void *context, const struct import_row *row, int n_x, struct err *e)
{
    struct past *p = context;
    p->imports = mem_grow(p->imports, p->n_imports, &p->cap_imports, sizeof *p->imports);
    struct import_row *kept = &p->imports[p->n_imports++];
    *kept = *row;
    kept->source = NULL;
    kept->x = copy_x(row->x, n_x);
    p->n_x = n_x;
    return 0;
}

/* What people did before that number. */
static int take_before(struct past *p, uint64_t seq, struct err *e)
{
    for (;;) {
        uint64_t steer = p->next_steer < p->n_steers ? p->steers[p->next_steer].seq : UINT64_MAX;
        uint64_t import = p->next_import < p->n_imports ? p->imports[p->next_import].seq : UINT64_MAX;
        if (steer >= seq && import >= seq)
            return 0;
        int status = steer < import ? hub_load_steer(p->hub, &p->steers[p->next_steer++], e)
                                    : hub_load_import(p->hub, &p->imports[p->next_import++], p->n_x, e);
        if (status < 0)
            return -1;
    }
}

static int take_note(void *context, const struct event_row *row, struct err *e)
{
    struct past *p = context;
    if (take_before(p, row->seq, e) < 0 || (p->watch && p->watch->before(p->watch->context, row, e) < 0))
        return -1;
    return hub_load_note(p->hub, row, e);
}

static void past_deinit(struct past *p)
{
    for (size_t i = 0; i < p->n_steers; i++) {
        free((void *)(uintptr_t)p->steers[i].text);
        free((void *)(uintptr_t)p->steers[i].x);
    }
    for (size_t i = 0; i < p->n_imports; i++)
        free((void *)(uintptr_t)p->imports[i].x);
    free(p->steers);
    free(p->imports);
}

int rebuild_search(
    struct store *s, struct hub *h, const struct campaign *c, const struct rebuild_watch *watch, struct err *e)
{
    struct event_filter notes = { .campaign = c->row.id, .is_notes_only = true };
    struct steer_filter steers = { .campaign = c->row.id };
    struct past p = { .hub = h, .watch = watch };
    int status = store_load_steers(s, &steers, keep_steer, &p, e);
    if (status == 0 && c->search)
        status = store_load_imports(s, c->row.id, keep_import, &p, e);
    if (status == 0 && c->search)
        status = store_load_events(s, &notes, take_note, &p, e);
    if (status == 0)
        status = take_before(&p, UINT64_MAX, e);
    past_deinit(&p);
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

static int load_metrics(struct store *s, struct hub *h, const struct campaign *c, struct err *e)
{
    struct str metrics = { 0 };
    int status = c->best ? store_put_metrics(s, c->best->row.id, c->best->row.reached, &metrics, e) : 0;
    if (status == 0 && c->best)
        hub_load_metrics(h, c->row.id, metrics.text);
    str_deinit(&metrics);
    return status;
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
        if (rebuild_search(s, l->hub, c, NULL, e) < 0 || load_counts(s, l->hub, c, e) < 0 ||
            load_metrics(s, l->hub, c, e) < 0)
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
