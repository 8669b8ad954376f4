#include "coordinator/exchange/report_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/config.h"
#include "common/proto/json.h"
#include "coordinator/exchange/report_curves.h"
#include "coordinator/exchange/report_tables.h"

#define DOTS 2000  /* of the history */
#define LINES 600  /* trials with their configurations: the best half, and others evenly */
#define CURVES 120 /* the best half, and others evenly */
#define AXES 16    /* parameters: the most important ones */
#define MATRIX 5   /* of the scatter matrix */
#define LEAST_MATRIX 3
#define MATRIX_POINTS 400

struct report {
    const struct takeout *t;
    struct str *json;
    size_t *order; /* trials with a value: furthest first, the better first */
    size_t n_order;
    double *place; /* by trial: in that order, from 0 to 1 */
    struct importance shares[LIMIT_PARAMS];
    int by_share[LIMIT_PARAMS]; /* parameters, the most important first */
    int64_t share_budget;
    size_t n_shares;
    int n_axes;
};

/* ---- small things ---- */

static void put_short(struct str *json, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.6g", value);
    if (isfinite(value))
        json_put_raw(json, text);
    else
        json_put_null(json);
}

static void add_time(struct str *json, const char *key, int64_t wall_ms)
{
    struct str text = { 0 };
    if (wall_ms) {
        takeout_add_time(&text, wall_ms);
        text.text[16] = '\0'; /* to the minute */
    }
    json_add_text(json, key, wall_ms ? text.text : NULL);
    str_deinit(&text);
}

/* A choice as people read it: a text without quotes. */
static void put_choice(struct str *json, const struct param *p, int i)
{
    struct str value = { 0 };
    if (p->choices[i].type == CHOICE_TEXT)
        str_add(&value, p->choices[i].text);
    else
        config_put_value(p, i, &value);
    json_put_text(json, str_text(&value));
    str_deinit(&value);
}

/* ---- order ---- */

static const struct report *ordering; /* qsort has no context */

static int compare(const void *a, const void *b)
{
    const struct takeout *t = ordering->t;
    const struct trial_row *x = &t->trials[*(const size_t *)a].row, *y = &t->trials[*(const size_t *)b].row;
    double p = campaign_spec_loss(t->spec, x->value), q = campaign_spec_loss(t->spec, y->value);
    if (x->reached != y->reached)
        return x->reached > y->reached ? -1 : 1;
    return p < q ? -1 : p > q ? 1 : x->number < y->number ? -1 : 1;
}

static void order_trials(struct report *r)
{
    r->order = mem_zalloc(r->t->n, sizeof *r->order);
    r->place = mem_zalloc(r->t->n, sizeof *r->place);
    for (size_t i = 0; i < r->t->n; i++) {
        r->place[i] = 1;
        if (!isnan(r->t->trials[i].row.value))
            r->order[r->n_order++] = i;
    }
    ordering = r;
    if (r->n_order)
        qsort(r->order, r->n_order, sizeof *r->order, compare);
    for (size_t i = 0; i < r->n_order; i++)
        r->place[r->order[i]] = r->n_order > 1 ? (double)i / (double)(r->n_order - 1) : 0;
}

/* Whether the i-th best of n is among `most`: the best half of them, and the others evenly. */
static bool is_shown(size_t i, size_t n, size_t most)
{
    if (n <= most || i < most / 2)
        return true;
    size_t rest = n - most / 2, left = most - most / 2, k = i - most / 2;
    return (k * left) / rest != ((k + 1) * left) / rest;
}

static int order_params(struct report *r, struct err *e)
{
    int n = r->t->spec->space.n_params;
    if (report_importance(r->t, r->shares, &r->share_budget, &r->n_shares, e) < 0)
        return -1;
    for (int i = 0; i < n; i++) {
        int at = i;
        for (; at > 0 && r->shares[r->by_share[at - 1]].share < r->shares[i].share; at--)
            r->by_share[at] = r->by_share[at - 1];
        r->by_share[at] = i;
    }
    r->n_axes = n < AXES ? n : AXES;
    return 0;
}

/* The axis that a parameter is, in the order of the space, or -1. */
static bool is_axis(const struct report *r, int param)
{
    for (int i = 0; i < r->n_axes; i++)
        if (r->by_share[i] == param)
            return true;
    return false;
}

/* ---- members ---- */

static void add_head(struct report *r, int64_t made_ms)
{
    const struct takeout *t = r->t;
    const struct campaign_spec *spec = t->spec;
    struct str *json = r->json, search = { 0 };
    size_t counts[TRIAL_SET_ASIDE + 1] = { 0 };
    double seconds = 0, spent = 0;
    for (size_t i = 0; i < t->n; i++) {
        counts[t->trials[i].row.state]++;
        seconds += t->trials[i].seconds;
        spent += (double)t->trials[i].row.reached;
    }
    str_addf(&search, "%s with %s", sampler_names[spec->search.sampler], scheduler_names[spec->search.scheduler]);
    json_add_text(json, "schema", "rung.report/1");
    json_add_text(json, "version", RUNG_VERSION);
    add_time(json, "made", made_ms);
    json_add_text(json, "name", spec->name);
    json_add_text(json, "state", campaign_state_names[t->row.state]);
    json_add_text(json, "metric", spec->metric);
    json_add_text(json, "goal", spec->goal == GOAL_MINIMIZE ? "minimize" : "maximize");
    json_add_text(json, "search", str_text(&search));
    add_time(json, "created", t->row.created_ms);
    add_time(json, "ended", t->row.ended_ms);
    json_add_number(json, "ran", (double)t->row.ran_ms / 1000);
    json_add_number(json, "seconds", seconds);
    json_add_number(json, "spent", spent);
    json_add_number(json, "full", (double)t->n * (double)spec->search.max_budget);
    json_add_int(json, "max_budget", spec->search.max_budget);
    json_add_int(json, "n_trials", (int64_t)t->n);
    json_put_key(json, "counts");
    json_open_object(json);
    for (int i = 0; i <= TRIAL_SET_ASIDE; i++)
        json_add_int(json, trial_state_names[i], (int64_t)counts[i]);
    json_close_object(json);
    str_deinit(&search);
}

static void add_rungs(struct report *r)
{
    int64_t rungs[LIMIT_RUNGS];
    int n = search_bracket_rungs(&r->t->spec->search, 0, rungs);
    json_put_key(r->json, "rungs");
    json_open_array(r->json);
    for (int i = 0; i < n; i++)
        json_put_int(r->json, rungs[i]);
    json_close_array(r->json);
}

/* Pairs of names and values, as texts with every digit. */
static void add_pairs(struct str *json, const char *key, const char *object)
{
    struct json_doc *doc = json_parse(object, strlen(object), NULL);
    json_put_key(json, key);
    json_open_array(json);
    for (json_value v = doc ? json_first(json_root(doc)) : NULL; v; v = json_next(v)) {
        struct str value = { 0 };
        if (json_type(v) == JSON_TEXT)
            str_add(&value, json_text(v));
        else
            json_print(&value, v);
        json_open_array(json);
        json_put_text(json, json_key(v));
        json_put_text(json, str_text(&value));
        json_close_array(json);
        str_deinit(&value);
    }
    json_close_array(json);
    json_free(doc);
}

static void add_best(struct report *r)
{
    const struct takeout *t = r->t;
    struct str config = { 0 }, metrics = { 0 };
    json_put_key(r->json, "best");
    if (r->n_order == 0) {
        json_put_null(r->json);
        return;
    }
    const struct takeout_trial *best = &t->trials[r->order[0]];
    config_to_json_with_fixed(&t->spec->space, best->row.x, t->spec->trial.fixed, &config);
    json_open_object(&metrics);
    for (size_t i = 0; i < best->n_measures; i++)
        json_add_number(
            &metrics, t->metrics[t->measures[best->measures + i].metric], t->measures[best->measures + i].value);
    json_close_object(&metrics);
    json_open_object(r->json);
    json_add_int(r->json, "trial", best->row.number);
    json_add_number(r->json, "value", best->row.value);
    json_add_int(r->json, "budget", best->row.reached);
    add_pairs(r->json, "config", str_text(&config));
    add_pairs(r->json, "metrics", str_text(&metrics));
    json_close_object(r->json);
    str_deinit(&config);
    str_deinit(&metrics);
}

static void add_params(struct report *r)
{
    const struct space *space = &r->t->spec->space;
    json_put_key(r->json, "params");
    json_open_array(r->json);
    for (int i = 0; i < space->n_params; i++) {
        const struct param *p = &space->params[i];
        if (!is_axis(r, i))
            continue;
        json_open_object(r->json);
        json_add_text(r->json, "name", p->name);
        json_add_number(r->json, "low", p->low);
        json_add_number(r->json, "high", p->high);
        json_add_bool(r->json, "log", p->is_log);
        if (p->type == PARAM_CATEGORICAL) {
            json_put_key(r->json, "choices");
            json_open_array(r->json);
            for (int k = 0; k < p->n_choices; k++)
                put_choice(r->json, p, k);
            json_close_array(r->json);
        }
        json_close_object(r->json);
    }
    json_close_array(r->json);
    char note[120] = "";
    if (space->n_params > r->n_axes)
        snprintf(note, sizeof note, "The %d most important of %d parameters.", r->n_axes, space->n_params);
    json_add_text(r->json, "params_note", note);
}

static void add_trials(struct report *r)
{
    json_put_key(r->json, "trials");
    json_open_array(r->json);
    for (size_t i = 0; i < r->n_order; i++) {
        const struct trial_row *row = &r->t->trials[r->order[i]].row;
        if (!is_shown(i, r->n_order, LINES))
            continue;
        json_open_array(r->json);
        json_put_int(r->json, row->number);
        json_put_text(r->json, trial_state_names[row->state]);
        put_short(r->json, row->value);
        json_put_int(r->json, row->reached);
        json_put_int(r->json, row->bracket);
        json_open_array(r->json);
        for (int k = 0; k < r->t->spec->space.n_params; k++)
            if (is_axis(r, k))
                put_short(r->json, row->x[k]);
        json_close_array(r->json);
        json_close_array(r->json);
    }
    json_close_array(r->json);
}

static void add_history(struct report *r)
{
    const struct takeout *t = r->t;
    size_t every = r->n_order / DOTS + 1, k = 0;
    double best = NAN;
    json_put_key(r->json, "history");
    json_open_array(r->json);
    for (size_t i = 0; i < t->n; i++) {
        const struct trial_row *row = &t->trials[i].row;
        if (isnan(row->value) || (k++ % every && r->place[i] > 0.02))
            continue;
        json_open_array(r->json);
        json_put_int(r->json, row->number);
        put_short(r->json, row->value);
        json_put_int(r->json, row->reached);
        json_close_array(r->json);
    }
    json_close_array(r->json);
    json_put_key(r->json, "steps"); /* where the best so far changed */
    json_open_array(r->json);
    for (size_t i = 0; i < t->n; i++) {
        const struct trial_row *row = &t->trials[i].row;
        if (isnan(row->value) || row->reached < t->spec->search.max_budget ||
            campaign_spec_loss(t->spec, best) <= campaign_spec_loss(t->spec, row->value))
            continue;
        best = row->value;
        json_open_array(r->json);
        json_put_int(r->json, row->number);
        put_short(r->json, row->value);
        json_close_array(r->json);
    }
    json_close_array(r->json);
}

static int add_curves(struct report *r, struct err *e)
{
    bool *is_chosen = mem_zalloc(r->t->n, sizeof *is_chosen);
    for (size_t i = 0; i < r->n_order; i++)
        is_chosen[r->order[i]] = is_shown(i, r->n_order, CURVES);
    json_add_int(r->json, "n_curves", (int64_t)r->n_order);
    json_put_key(r->json, "curves");
    int failed = report_curves(r->t, is_chosen, r->place, r->json, e);
    free(is_chosen);
    return failed;
}

static void add_importance(struct report *r)
{
    const struct space *space = &r->t->spec->space;
    char about[120] = "", note[160];
    json_put_key(r->json, "importance");
    json_open_array(r->json);
    for (int i = 0; r->share_budget && i < space->n_params && i < AXES; i++) {
        json_open_array(r->json);
        json_put_text(r->json, space->params[r->by_share[i]].name);
        put_short(r->json, r->shares[r->by_share[i]].share);
        json_close_array(r->json);
    }
    json_close_array(r->json);
    snprintf(about, sizeof about, "%zu results at budget %lld", r->n_shares, (long long)r->share_budget);
    json_add_text(r->json, "importance_about", about);
    int n = space->n_params < MATRIX ? space->n_params : MATRIX;
    while (n > LEAST_MATRIX && r->share_budget && r->shares[r->by_share[n - 1]].share < 0.01)
        n--; /* what hardly matters says little beside another */
    json_put_key(r->json, "matrix");
    json_open_array(r->json);
    for (int i = 0; i < n; i++)
        json_put_text(r->json, space->params[r->by_share[i]].name);
    json_close_array(r->json);
    snprintf(note, sizeof note, "%s%s", n < space->n_params ? "The most important parameters, and the objective." : "",
        r->n_order > MATRIX_POINTS ? " The best trials only." : "");
    json_add_text(r->json, "matrix_note", note);
    json_add_int(r->json, "matrix_points", MATRIX_POINTS);
}

static int add_all(struct report *r, int64_t made_ms, struct err *e)
{
    char thinned[160] = "";
    json_open_object(r->json);
    add_head(r, made_ms);
    add_rungs(r);
    add_best(r);
    add_params(r);
    add_trials(r);
    add_history(r);
    if (add_curves(r, e) < 0)
        return -1;
    add_importance(r);
    if (report_add_brackets(r->t, r->json, e) < 0)
        return -1;
    report_add_failures(r->t, r->json);
    if (r->n_order > LINES)
        snprintf(thinned, sizeof thinned,
            "Of %zu trials with results, parallel coordinates show %d: the best half of them, the others taken "
            "evenly. ",
            r->n_order, LINES);
    json_add_text(r->json, "thinned", thinned);
    json_close_object(r->json);
    return 0;
}

int report_data(const struct takeout *t, int64_t made_ms, struct str *json, struct err *e)
{
    struct report r = { .t = t, .json = json };
    order_trials(&r);
    int failed = order_params(&r, e) < 0 || add_all(&r, made_ms, e) < 0 ? -1 : 0;
    free(r.order);
    free(r.place);
    return failed;
}
