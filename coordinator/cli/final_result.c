#include "coordinator/cli/final_result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "coordinator/cli/final_campaign.h"
#include "coordinator/store/ask.h"

/* ---- where the search had them ---- */

struct placing {
    struct final_result *r;
    int64_t place;
};

static int take_place(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    struct placing *p = (struct placing *)context;
    p->place++;
    for (int i = 0; i < p->r->n_configs && n_x + 1 == p->r->final.spec.space.n_params; i++) {
        struct final_config *c = &p->r->configs[i];
        if (c->place || !config_equal(&p->r->search.spec.space, c->x, row->x))
            continue;
        c->place = p->place;
        c->trial = row->number;
        c->value = row->value;
    }
    return 0;
}

static int find_places(struct final_result *r, struct err *e)
{
    struct placing p = { .r = r };
    if (store_ask_ranking(r->search.store, r->search.campaign, 0, take_place, &p, e) < 0)
        return -1;
    for (int i = 0; i < r->n_configs; i++)
        if (!r->configs[i].place)
            return err_set(
                e, ERR_EXISTS, "%s was made from another campaign than %s", r->final.spec.name, r->search.spec.name);
    return 0;
}

/* ---- what became of them ---- */

struct trainings {
    const struct archive *a;
    struct archived_trial *trials; /* owned: those that were trained to the end */
    size_t n, cap;
};

static int take_training(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    struct trainings *t = (struct trainings *)context;
    if (isnan(row->value) || row->reached < t->a->spec.search.max_budget)
        return 0;
    t->trials = mem_grow(t->trials, t->n, &t->cap, sizeof *t->trials);
    return archive_keep(t->a, row, n_x, &t->trials[t->n++], e);
}

struct measured {
    struct final_config *config;
    int64_t step;
};

static int take_point(void *context, const char *metric, int64_t step, double value, struct err *e)
{
    struct measured *m = (struct measured *)context;
    for (int i = 0; i < FINAL_METRICS; i++) {
        struct final_metric *known = &m->config->metrics[i];
        if (step != m->step || !known->name || strcmp(known->name, metric) != 0)
            continue;
        known->values = mem_grow(known->values, known->n, &known->cap, sizeof *known->values);
        known->values[known->n++] = value;
    }
    return 0;
}

static int add_training(struct final_result *r, const struct archived_trial *t, struct err *e)
{
    for (int i = 0; i < r->n_configs; i++) {
        struct final_config *c = &r->configs[i];
        struct measured m = { c, t->row.reached };
        if (!config_equal(&r->search.spec.space, c->x, t->x))
            continue;
        if (!c->first) {
            c->first = t->row.number;
            str_copy(c->checkpoint, sizeof c->checkpoint, t->row.checkpoint);
        }
        return store_load_points(r->final.store, t->row.id, take_point, &m, e);
    }
    return 0;
}

static int gather(struct final_result *r, struct err *e)
{
    struct trainings t = { .a = &r->final };
    int status = store_load_trials(r->final.store, r->final.campaign, take_training, &t, e);
    for (size_t i = 0; i < t.n && status == 0; i++)
        status = add_training(r, &t.trials[i], e);
    free(t.trials);
    return status;
}

/* ---- the whole ---- */

/* A program of one's own is judged by its own objective, and by the test set where it reports that. */
static void name_metrics(struct final_result *r)
{
    const struct campaign_spec *spec = &r->final.spec;
    r->configs = mem_zalloc((size_t)r->n_configs, sizeof *r->configs);
    for (int i = 0; i < r->n_configs; i++) {
        struct final_config *c = &r->configs[i];
        c->x = spec->enqueue + (size_t)i * (size_t)spec->space.n_params;
        c->metrics[0].name = "test_accuracy";
        c->metrics[1].name = "test_loss";
        bool is_own = !spec->trial.program && strcmp(spec->metric, c->metrics[0].name) != 0 &&
                      strcmp(spec->metric, c->metrics[1].name) != 0;
        c->metrics[2].name = is_own ? spec->metric : NULL;
    }
}

static int read_both(struct final_result *r, const char *store, const char *search, const char *final, struct err *e)
{
    if (archive_open(&r->search, &(struct asking){ .store = store, .campaign = search }, e) < 0 ||
        archive_open(&r->final, &(struct asking){ .store = store, .campaign = final }, e) < 0)
        return -1;
    if (!final_campaign_read(&r->final.spec, &r->n_configs, &r->n_seeds))
        return err_set(e, ERR_EXISTS, "%s is no final campaign", final);
    name_metrics(r);
    return find_places(r, e) < 0 || gather(r, e) < 0 ? -1 : 0;
}

int final_result_open(struct final_result *r, const char *store, const char *search, const char *final, struct err *e)
{
    *r = (struct final_result){ 0 };
    if (read_both(r, store, search, final, e) == 0)
        return 0;
    final_result_close(r);
    return -1;
}

void final_result_close(struct final_result *r)
{
    for (int i = 0; i < r->n_configs && r->configs; i++)
        for (int k = 0; k < FINAL_METRICS; k++)
            free(r->configs[i].metrics[k].values);
    free(r->configs);
    archive_close(&r->final);
    archive_close(&r->search);
    *r = (struct final_result){ 0 };
}

double final_metric_mean(const struct final_metric *m)
{
    double sum = 0;
    for (size_t i = 0; i < m->n; i++)
        sum += m->values[i];
    return m->n ? sum / (double)m->n : NAN;
}

double final_metric_standard_error(const struct final_metric *m)
{
    double mean = final_metric_mean(m), squares = 0;
    for (size_t i = 0; i < m->n; i++)
        squares += (m->values[i] - mean) * (m->values[i] - mean);
    return m->n > 1 ? sqrt(squares / (double)(m->n - 1) / (double)m->n) : NAN;
}
