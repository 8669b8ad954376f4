#include "coordinator/exchange/report_tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/json.h"

#define ENOUGH 40 /* results at a budget, for it to be chosen */
#define LEAST 10  /* with fewer nothing is told */
#define BRACKETS 200
#define EXAMPLES 3
#define REASON_BYTES 400

/* ---- importance ---- */

struct levels {
    const struct takeout *t;
    int64_t budgets[LIMIT_RUNGS];
    size_t counts[LIMIT_RUNGS];
    int n;
    int64_t chosen; /* in the second pass: which results to keep */
    double *x, *loss;
    size_t n_kept;
};

static int64_t budget_of(const struct takeout *t, int bracket, int rung)
{
    int64_t rungs[LIMIT_RUNGS];
    int n = search_bracket_rungs(&t->spec->search, bracket, rungs);
    return rung >= 0 && rung < n ? rungs[rung] : 0;
}

static int count_level(void *context, const struct store_observation *o, struct err *e)
{
    struct levels *l = context;
    int64_t budget = budget_of(l->t, o->bracket, o->rung);
    int i = 0;
    while (i < l->n && l->budgets[i] != budget)
        i++;
    if (i == LIMIT_RUNGS)
        return 0;
    if (i == l->n)
        l->budgets[l->n++] = budget;
    l->counts[i]++;
    return 0;
}

static int keep_result(void *context, const struct store_observation *o, struct err *e)
{
    struct levels *l = context;
    size_t n_params = (size_t)l->t->spec->space.n_params;
    if (budget_of(l->t, o->bracket, o->rung) != l->chosen || (size_t)o->n_x != n_params)
        return 0;
    memcpy(l->x + l->n_kept * n_params, o->x, n_params * sizeof *l->x);
    l->loss[l->n_kept++] = isnan(o->value) ? INFINITY : campaign_spec_loss(l->t->spec, o->value);
    return 0;
}

static int choose(const struct levels *l)
{
    int best = -1;
    for (int i = 0; i < l->n; i++) {
        bool is_enough = l->counts[i] >= ENOUGH, had_enough = best >= 0 && l->counts[best] >= ENOUGH;
        if (best < 0 || (is_enough && (!had_enough || l->budgets[i] > l->budgets[best])) ||
            (!is_enough && !had_enough && l->counts[i] > l->counts[best]))
            best = i;
    }
    return best >= 0 && l->counts[best] >= LEAST ? best : -1;
}

int report_importance(const struct takeout *t, struct importance *shares, int64_t *budget, size_t *n, struct err *e)
{
    struct levels l = { .t = t };
    *budget = 0;
    if (store_ask_observations(t->store, t->row.id, count_level, &l, e) < 0)
        return -1;
    int which = choose(&l);
    if (which < 0)
        return 0;
    l.chosen = l.budgets[which];
    l.x = mem_zalloc(l.counts[which] * (size_t)t->spec->space.n_params, sizeof *l.x);
    l.loss = mem_zalloc(l.counts[which], sizeof *l.loss);
    int failed = store_ask_observations(t->store, t->row.id, keep_result, &l, e);
    if (!failed) {
        size_t n_best = importance_find(&t->spec->space, l.x, l.loss, l.n_kept, shares);
        *budget = n_best > 0 && n_best < l.n_kept ? l.chosen : 0;
        *n = l.n_kept;
    }
    free(l.x);
    free(l.loss);
    return failed;
}

/* ---- brackets ---- */

struct rung_count {
    int bracket, rung;
    int64_t entered, reached, failed, promoted;
    double best;
};

struct counting {
    const struct takeout *t;
    struct rung_count rungs[BRACKETS];
    int n;
};

static struct rung_count *find_rung(struct counting *c, int bracket, int rung)
{
    for (int i = 0; i < c->n; i++)
        if (c->rungs[i].bracket == bracket && c->rungs[i].rung == rung)
            return &c->rungs[i];
    if (c->n == BRACKETS)
        return NULL;
    c->rungs[c->n] = (struct rung_count){ .bracket = bracket, .rung = rung, .best = NAN };
    return &c->rungs[c->n++];
}

static int count_decision(void *context, const struct decision_row *row, struct err *e)
{
    struct counting *c = context;
    struct rung_count *to = find_rung(c, row->decision.bracket, row->decision.rung), *from = NULL;
    if (to)
        to->entered++;
    if (row->decision.move == SEARCH_PROMOTE)
        from = find_rung(c, row->decision.bracket, row->decision.rung - 1);
    if (from)
        from->promoted++;
    return 0;
}

static int count_result(void *context, const struct result_row *row, struct err *e)
{
    struct counting *c = context;
    const struct takeout_trial *trial = takeout_find(c->t, row->trial);
    struct rung_count *at = trial ? find_rung(c, trial->row.bracket, row->rung) : NULL;
    if (!at)
        return 0;
    at->failed += row->failure != FAILURE_NONE;
    at->reached += row->failure == FAILURE_NONE;
    if (row->failure == FAILURE_NONE &&
        !(campaign_spec_loss(c->t->spec, at->best) <= campaign_spec_loss(c->t->spec, row->value)))
        at->best = row->value;
    return 0;
}

static int compare_rungs(const void *a, const void *b)
{
    const struct rung_count *x = a, *y = b;
    return x->bracket != y->bracket ? x->bracket - y->bracket : x->rung - y->rung;
}

int report_add_brackets(const struct takeout *t, struct str *json, struct err *e)
{
    struct counting c = { .t = t };
    struct result_filter counted = { .campaign = t->row.id, .is_counted_only = true };
    if (store_load_decisions(t->store, t->row.id, count_decision, &c, e) < 0 ||
        store_load_results(t->store, &counted, count_result, &c, e) < 0)
        return -1;
    qsort(c.rungs, (size_t)c.n, sizeof *c.rungs, compare_rungs);
    json_put_key(json, "brackets");
    json_open_array(json);
    for (int i = 0; i < c.n; i++) {
        const struct rung_count *r = &c.rungs[i];
        json_open_array(json);
        json_put_int(json, r->bracket);
        json_put_int(json, r->rung);
        json_put_int(json, budget_of(t, r->bracket, r->rung));
        json_put_int(json, r->entered);
        json_put_int(json, r->reached);
        json_put_int(json, r->failed);
        json_put_int(json, r->promoted);
        if (isnan(r->best))
            json_put_null(json);
        else
            json_put_number(json, r->best);
        json_close_array(json);
    }
    json_close_array(json);
    return 0;
}

/* ---- failures ---- */

static void add_examples(const struct takeout *t, int kind, struct str *json)
{
    int n = 0;
    json_open_array(json);
    for (size_t i = 0; i < t->n && n < EXAMPLES; i++) {
        const struct takeout_trial *trial = &t->trials[i];
        if (trial->failure != kind)
            continue;
        struct str reason = { 0 };
        const char *text = trial->reason ? trial->reason : "";
        str_add_utf8(&reason, text, strlen(text), REASON_BYTES);
        json_open_array(json);
        json_put_int(json, trial->row.number);
        json_put_text(json, str_text(&reason));
        json_close_array(json);
        str_deinit(&reason);
        n++;
    }
    json_close_array(json);
}

void report_add_failures(const struct takeout *t, struct str *json)
{
    int64_t counts[FAILURE_N_KINDS] = { 0 };
    for (size_t i = 0; i < t->n; i++)
        if (t->trials[i].failure != FAILURE_NONE)
            counts[t->trials[i].failure]++;
    json_put_key(json, "failures");
    json_open_array(json);
    for (int kind = 0; kind < FAILURE_N_KINDS; kind++) {
        if (counts[kind] == 0)
            continue;
        json_open_array(json);
        json_put_text(json, failure_kind_names[kind]);
        json_put_int(json, counts[kind]);
        add_examples(t, kind, json);
        json_close_array(json);
    }
    json_close_array(json);
}
