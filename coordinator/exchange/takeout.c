#include "coordinator/exchange/takeout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

/* ---- loading ---- */

static int take_trial(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    struct takeout *t = context;
    size_t n_params = (size_t)t->spec->space.n_params, cap = t->cap;
    if ((size_t)n_x != n_params)
        return err_set(e, ERR_CORRUPT, "trial %u has %d parameters, its campaign %zu", row->number, n_x, n_params);
    t->trials = mem_grow(t->trials, t->n, &t->cap, sizeof *t->trials);
    if (t->cap != cap)
        t->x = mem_resize(t->x, t->cap * n_params, sizeof *t->x);
    for (size_t i = 0; i < n_params; i++) {
        const struct param *p = &t->spec->space.params[i];
        double x = row->x[i];
        bool is_sound = isnan(x) || (p->type == PARAM_CATEGORICAL ? x >= 0 && x < p->n_choices && x == floor(x)
                                                                  : (bool)isfinite(x));
        if (!is_sound)
            return err_set(e, ERR_CORRUPT, "trial %u has an impossible %s", row->number, p->name);
        t->x[t->n * n_params + i] = x;
    }
    t->trials[t->n++] = (struct takeout_trial){ .row = *row, .failure = FAILURE_NONE, .origin = SEARCH_NO_ORIGIN };
    return 0;
}

struct takeout_trial *takeout_find(const struct takeout *t, int64_t id)
{
    size_t low = 0, high = t->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (t->trials[middle].row.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->n && t->trials[low].row.id == id ? &t->trials[low] : NULL;
}

static void keep_reason(struct takeout_trial *trial, const char *reason)
{
    free(trial->reason);
    trial->reason = *reason ? mem_strdup(reason) : NULL;
}

int64_t takeout_granted_ms(const struct attempt_row *row)
{
    return row->granted_ms || !isfinite(row->seconds) ? row->granted_ms
                                                      : row->ended_ms - (int64_t)(row->seconds * 1000);
}

/* They come by trial, then lease: the last one says how it ended. */
static int take_attempt(void *context, const struct attempt_row *row, struct err *e)
{
    struct takeout_trial *trial = takeout_find(context, row->trial);
    if (!trial)
        return 0;
    if (!trial->started_ms)
        trial->started_ms = takeout_granted_ms(row);
    trial->ended_ms = row->ended_ms;
    trial->worker = row->worker;
    if (trial->row.state == TRIAL_FAILED || trial->row.state == TRIAL_SET_ASIDE) {
        int kind = (int)failure_kind_from_name(row->outcome);
        trial->failure = kind >= 0 && kind < FAILURE_N_KINDS ? kind : trial->failure;
        keep_reason(trial, row->reason);
    }
    return 0;
}

static int take_result(void *context, const struct result_row *row, struct err *e)
{
    struct takeout_trial *trial = takeout_find(context, row->trial);
    if (!trial)
        return 0;
    if (isfinite(row->seconds))
        trial->seconds += row->seconds;
    if (row->failure != FAILURE_NONE)
        trial->failure = row->failure;
    return 0;
}

static int take_decision(void *context, const struct decision_row *row, struct err *e)
{
    struct takeout_trial *trial = takeout_find(context, row->trial);
    if (trial && row->decision.move == SEARCH_START)
        trial->origin = row->decision.origin;
    return 0;
}

static int take_event(void *context, const struct event_row *row, struct err *e)
{
    struct takeout_trial *trial = takeout_find(context, row->trial);
    if (trial && row->kind == EVENT_STARTED)
        trial->proposed_ms = row->wall_ms;
    return 0;
}

static int take_worker(void *context, const struct worker_row *row, struct err *e)
{
    struct takeout *t = context;
    t->workers = mem_grow(t->workers, t->n_workers, &t->cap_workers, sizeof *t->workers);
    t->workers[t->n_workers++] = (struct takeout_worker){ row->id, mem_strdup(row->name) };
    return 0;
}

static int find_metric(struct takeout *t, const char *name)
{
    for (size_t i = 0; i < t->n_metrics; i++)
        if (strcmp(t->metrics[i], name) == 0)
            return (int)i;
    t->metrics = mem_grow(t->metrics, t->n_metrics, &t->cap_metrics, sizeof *t->metrics);
    t->metrics[t->n_metrics] = mem_strdup(name);
    return (int)t->n_metrics++;
}

static int take_measure(
    void *context, const struct takeout_trial *trial, const char *metric, int64_t step, double value, struct err *e)
{
    struct takeout *t = context;
    struct takeout_trial *at = &t->trials[trial - t->trials];
    int m = find_metric(t, metric);
    if (step != trial->row.reached)
        return 0;
    if (!at->n_measures)
        at->measures = t->n_measures;
    at->n_measures++;
    t->measures = mem_grow(t->measures, t->n_measures, &t->cap_measures, sizeof *t->measures);
    t->measures[t->n_measures++] = (struct takeout_measure){ m, value };
    return 0;
}

static int load(struct takeout *t, struct err *e)
{
    struct store *s = t->store;
    struct attempt_filter attempts = { .campaign = t->row.id };
    struct result_filter results = { .campaign = t->row.id, .is_counted_only = true };
    struct event_filter notes = { .campaign = t->row.id, .is_notes_only = true };
    if (store_load_workers(s, take_worker, t, e) < 0 || store_load_trials(s, t->row.id, take_trial, t, e) < 0)
        return -1;
    for (size_t i = 0; i < t->n; i++)
        t->trials[i].row.x = t->x + i * (size_t)t->spec->space.n_params;
    if (store_load_attempts(s, &attempts, take_attempt, t, e) < 0 ||
        store_load_results(s, &results, take_result, t, e) < 0 ||
        store_load_decisions(s, t->row.id, take_decision, t, e) < 0 ||
        store_load_events(s, &notes, take_event, t, e) < 0)
        return -1;
    return takeout_points(t, NULL, take_measure, t, e);
}

int takeout_open(struct takeout *t, struct store *s, const struct campaign_row *row, const struct campaign_spec *spec,
    const struct takeout_progress *progress, struct err *e)
{
    *t = (struct takeout){ .store = s, .spec = spec, .row = *row };
    if (progress)
        t->progress = *progress;
    if (store_hold(s, e) < 0)
        return -1;
    if (load(t, e) == 0)
        return 0;
    takeout_close(t);
    return err_prefix(e, "read campaign %s", spec->name);
}

void takeout_close(struct takeout *t)
{
    if (t->store)
        store_let_go(t->store);
    for (size_t i = 0; i < t->n; i++)
        free(t->trials[i].reason);
    for (size_t i = 0; i < t->n_metrics; i++)
        free(t->metrics[i]);
    for (size_t i = 0; i < t->n_workers; i++)
        free(t->workers[i].name);
    free(t->trials);
    free(t->x);
    free(t->metrics);
    free(t->measures);
    free(t->workers);
    *t = (struct takeout){ 0 };
}

/* ---- looking ---- */

const char *takeout_worker_name(const struct takeout *t, int64_t id)
{
    for (size_t i = 0; i < t->n_workers; i++)
        if (t->workers[i].id == id)
            return t->workers[i].name;
    return NULL;
}

struct walk {
    const struct takeout *t;
    const struct takeout_trial *trial; /* of the last point */
    takeout_take_point *take;
    void *context;
};

static int take_point(void *context, int64_t id, const char *metric, int64_t step, double value, struct err *e)
{
    struct walk *w = context;
    if (!w->trial || w->trial->row.id != id) {
        w->trial = takeout_find(w->t, id);
        if (w->trial && takeout_say(w->t, (size_t)(w->trial - w->t->trials), e) < 0)
            return -1;
    }
    return w->trial ? w->take(w->context, w->trial, metric, step, value, e) : 0;
}

int takeout_points(const struct takeout *t, const char *metric, takeout_take_point *take, void *context, struct err *e)
{
    struct walk w = { t, NULL, take, context };
    return store_ask_points(t->store, t->row.id, metric, take_point, &w, e);
}

int takeout_say(const struct takeout *t, size_t done, struct err *e)
{
    return t->progress.say && done % 64 == 0 ? t->progress.say(t->progress.context, done, t->n, e) : 0;
}
