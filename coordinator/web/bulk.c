#include "coordinator/web/bulk.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/json.h"
#include "coordinator/core/rows.h"
#include "coordinator/search/search.h"
#include "coordinator/store/ask.h"

#define BROKEN "outcome NOT IN ('', 'reached', 'cancelled', 'preempted', 'handed_back')" /* as the view `workers` */

void bulk_add_thinned(struct str *json, const char *key, int64_t n_shown, int64_t n_all)
{
    json_put_key(json, key);
    json_open_object(json);
    json_add_int(json, "shown", n_shown);
    json_add_int(json, "of", n_all);
    json_close_object(json);
}

int bulk_hold(struct archive *a, uint64_t *seq, struct err *e)
{
    struct store_ids ids;
    if (store_hold(a->store, e) < 0 || store_load_ids(a->store, &ids, e) < 0)
        return -1;
    *seq = ids.seq;
    return 0;
}

/* ---- a campaign ---- */

static const struct campaign_row *row_of(const struct archive *a)
{
    for (size_t i = 0; i < a->n_campaigns; i++)
        if (a->campaigns[i].row.id == a->campaign)
            return &a->campaigns[i].row;
    abort(); /* archive_open found it there */
}

static void add_brackets(const struct archive *a, struct str *json)
{
    json_put_key(json, "brackets");
    json_open_array(json);
    for (int b = 0; b < search_n_brackets(&a->spec.search); b++) {
        int64_t rungs[LIMIT_RUNGS];
        int n = search_bracket_rungs(&a->spec.search, b, rungs);
        json_open_array(json);
        for (int k = 0; k < n; k++)
            json_put_int(json, rungs[k]);
        json_close_array(json);
    }
    json_close_array(json);
}

struct metric_names {
    const char *objective;
    char *last; /* owned */
    struct str *json;
};

static int take_metric(void *context, const char *metric, int64_t step, double value, struct err *e)
{
    struct metric_names *m = context;
    if (str_equal(metric, m->objective) || str_equal(metric, m->last)) /* they come metric by metric */
        return 0;
    free(m->last);
    m->last = mem_strdup(metric);
    json_put_text(m->json, metric);
    return 0;
}

static int take_first(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    *(int64_t *)context = row->id;
    return 0;
}

/* Those that the best trial has reported. */
static int add_metrics(struct archive *a, struct str *json, struct err *e)
{
    struct metric_names m = { .objective = a->spec.metric, .json = json };
    int64_t best = 0;
    json_put_key(json, "metrics");
    json_open_array(json);
    json_put_text(json, a->spec.metric);
    int status = store_ask_ranking(a->store, a->campaign, 1, take_first, &best, e);
    if (status == 0 && best)
        status = store_load_points(a->store, best, take_metric, &m, e);
    json_close_array(json);
    free(m.last);
    return status;
}

static int put_campaign(struct archive *a, uint64_t seq, struct str *json, struct err *e)
{
    const struct campaign_row *row = row_of(a);
    json_open_object(json);
    json_add_text(json, "schema", "rung.campaign/1");
    json_add_text(json, "campaign", a->spec.name);
    json_add_text(json, "state", campaign_state_names[row->state]);
    json_add_int(json, "seq", (int64_t)seq);
    json_add_int(json, "created_ms", row->created_ms);
    if (row->ended_ms)
        json_add_int(json, "ended_ms", row->ended_ms);
    else
        json_add_raw(json, "ended_ms", "null");
    json_add_raw(json, "file", row->file);
    json_put_key(json, "limits");
    json_open_object(json);
    json_add_int(json, "trials", a->spec.limits.n_trials);
    json_add_int(json, "max_budget", a->spec.search.max_budget);
    json_add_int(json, "wall_clock_ms", a->spec.limits.wall_clock_ms);
    json_close_object(json);
    add_brackets(a, json);
    int status = add_metrics(a, json, e);
    json_close_object(json);
    return status;
}

int bulk_read_campaign(struct call *c, FILE *out, struct err *e)
{
    struct asking q;
    struct archive a;
    struct str json = { 0 };
    uint64_t seq;
    if (call_asking(c, &q, e) < 0 || archive_open(&a, &q, e) < 0)
        return -1;
    int status = bulk_hold(&a, &seq, e);
    if (status == 0)
        status = put_campaign(&a, seq, &json, e);
    if (status == 0)
        status = archive_print(&json, out, e);
    str_deinit(&json);
    archive_close(&a);
    return status;
}

/* ---- failures ---- */

struct breakage {
    char *kind, *worker, *host, *reason; /* owned */
    int64_t n_attempts, n_trials, last_trial;
};

struct breakages {
    struct breakage *items;
    size_t n, cap;
};

static struct breakage *find(struct breakages *all, const char *kind, const char *worker, const char *host)
{
    for (size_t i = 0; i < all->n; i++) {
        struct breakage *b = &all->items[i];
        if (str_equal(b->kind, kind) && str_equal(b->worker, worker) && str_equal(b->host, host))
            return b;
    }
    all->items = mem_grow(all->items, all->n, &all->cap, sizeof *all->items);
    struct breakage *b = &all->items[all->n++];
    *b = (struct breakage){ .kind = mem_strdup(kind), .worker = mem_strdup(worker), .host = mem_strdup(host) };
    return b;
}

static const char *text_of(const struct cell *c)
{
    return c->kind == CELL_TEXT ? c->text : NULL;
}

static int gather(struct archive *a, struct breakages *all, struct err *e)
{
    struct question q = { .from = QUESTION_ATTEMPTS,
        .campaign = a->campaign,
        .columns = "outcome,worker,host,trial,reason",
        .where = BROKEN };
    struct asked *asked = question_open(a->store, &q, e);
    struct cell cells[5];
    int got = asked ? 0 : -1;
    while (asked && (got = question_next(asked, cells, e)) > 0) {
        struct breakage *b = find(all, text_of(&cells[0]), text_of(&cells[1]), text_of(&cells[2]));
        b->n_attempts++;
        b->n_trials += b->last_trial != cells[3].whole; /* they come trial by trial */
        b->last_trial = cells[3].whole;
        free(b->reason);
        b->reason = mem_strdup(text_of(&cells[4]));
    }
    question_close(asked);
    return got;
}

static int by_frequency(const void *x, const void *y)
{
    const struct breakage *a = x, *b = y;
    return a->n_attempts != b->n_attempts ? (a->n_attempts < b->n_attempts) - (a->n_attempts > b->n_attempts)
                                          : strcmp(a->kind, b->kind);
}

static void put_failures(const struct archive *a, const struct breakages *all, struct str *json)
{
    json_open_object(json);
    json_add_text(json, "schema", "rung.failures/1");
    json_add_text(json, "campaign", a->spec.name);
    json_put_key(json, "failures");
    json_open_array(json);
    for (size_t i = 0; i < all->n; i++) {
        const struct breakage *b = &all->items[i];
        json_open_object(json);
        json_add_text(json, "kind", b->kind);
        json_add_text(json, "worker", b->worker);
        json_add_text(json, "host", b->host);
        json_add_int(json, "attempts", b->n_attempts);
        json_add_int(json, "trials", b->n_trials);
        json_add_int(json, "last_trial", b->last_trial);
        json_add_text(json, "last_reason", b->reason ? b->reason : "");
        json_close_object(json);
    }
    json_close_array(json);
    json_close_object(json);
}

int bulk_read_failures(struct call *c, FILE *out, struct err *e)
{
    struct asking q;
    struct archive a;
    struct breakages all = { 0 };
    struct str json = { 0 };
    if (call_asking(c, &q, e) < 0 || archive_open(&a, &q, e) < 0)
        return -1;
    int status = gather(&a, &all, e);
    if (all.n)
        qsort(all.items, all.n, sizeof *all.items, by_frequency);
    put_failures(&a, &all, &json);
    if (status == 0)
        status = archive_print(&json, out, e);
    for (size_t i = 0; i < all.n; i++) {
        free(all.items[i].kind);
        free(all.items[i].worker);
        free(all.items[i].host);
        free(all.items[i].reason);
    }
    free(all.items);
    str_deinit(&json);
    archive_close(&a);
    return status;
}
