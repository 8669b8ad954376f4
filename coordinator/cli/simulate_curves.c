#include "coordinator/cli/simulate_curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/expr/expr.h"
#include "coordinator/ask/archive.h"
#include "coordinator/store/ask.h"

struct curve_point {
    int64_t step;
    double loss;
};

/* A trial of the campaign: its configuration, and what it reported, by ascending step. */
struct curve {
    int64_t id, reached;
    double x[LIMIT_PARAMS];
    struct curve_point *points; /* owned */
    size_t n, cap;
    double seconds; /* of its counted results together */
    bool has_failed;
};

struct curves {
    struct archive a;
    struct expr *expr;
    struct curve *rows; /* owned, by id */
    size_t n, cap, n_whole;
    struct task task;
};

/* ---- reading ---- */

static int take_trial(void *context, const struct trial_row *row, int n_x, struct err *e)
{
    struct curves *c = context;
    if (archive_check_x(&c->a, row->x, n_x, e) < 0)
        return -1;
    c->rows = mem_grow(c->rows, c->n, &c->cap, sizeof *c->rows);
    struct curve *to = &c->rows[c->n++];
    *to = (struct curve){ .id = row->id, .reached = row->reached, .has_failed = row->state == TRIAL_FAILED };
    memcpy(to->x, row->x, (size_t)n_x * sizeof *row->x);
    return 0;
}

static struct curve *find(struct curves *c, int64_t id)
{
    for (size_t low = 0, high = c->n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (c->rows[middle].id == id)
            return &c->rows[middle];
        if (c->rows[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int take_point(void *context, int64_t trial, const char *metric, int64_t step, double value, struct err *e)
{
    struct curves *c = context;
    struct curve *to = find(c, trial);
    if (!to)
        return 0;
    to->points = mem_grow(to->points, to->n, &to->cap, sizeof *to->points);
    to->points[to->n++] = (struct curve_point){ step, campaign_spec_loss(&c->a.spec, value) };
    return 0;
}

static int take_result(void *context, const struct result_row *row, struct err *e)
{
    struct curve *to = find(context, row->trial);
    if (to && row->failure < 0)
        to->seconds += row->seconds;
    return 0;
}

/* Leaves out who never said anything, and did not fail either. */
static void drop_silent(struct curves *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        struct curve *row = &c->rows[i];
        if (row->n == 0 && !row->has_failed)
            continue;
        c->n_whole += row->reached >= c->a.spec.search.max_budget;
        c->rows[n++] = *row;
    }
    c->n = n;
}

static int load(struct curves *c, struct err *e)
{
    struct store *s = c->a.store;
    int64_t id = c->a.campaign;
    struct result_filter counted = { .campaign = id, .is_counted_only = true };
    if (store_hold(s, e) < 0 || store_load_trials(s, id, take_trial, c, e) < 0 ||
        store_ask_points(s, id, c->a.spec.metric, take_point, c, e) < 0 ||
        store_load_results(s, &counted, take_result, c, e) < 0)
        return -1;
    store_let_go(s);
    drop_silent(c);
    if (c->n < CURVES_LEAST)
        return err_set(e, ERR_INVALID, "%zu trials of campaign %s have a curve: at least %d are needed to simulate",
            c->n, c->a.spec.name, CURVES_LEAST);
    return (c->expr = expr_open(&c->a.spec, e)) ? 0 : -1;
}

/* ---- the task ---- */

static const struct curve *row_of(const struct task *t, const struct task_point *p)
{
    const struct curves *c = t->data;
    return &c->rows[p->row];
}

/* The value at the last step up to that budget; the first one where there is none so early. */
static double loss_at(const struct curve *row, int64_t budget)
{
    size_t i = 1;
    if (row->n == 0 || (row->has_failed && budget > row->points[row->n - 1].step))
        return INFINITY;
    while (i < row->n && row->points[i].step <= budget)
        i++;
    return row->points[i - 1].loss;
}

static double curve_loss(const struct task *t, const struct task_point *p, int64_t budget)
{
    return loss_at(row_of(t, p), budget);
}

static double curve_truth(const struct task *t, const struct task_point *p)
{
    return loss_at(row_of(t, p), t->max_budget);
}

static double curve_seconds(const struct task *t, const struct task_point *p, int64_t from, int64_t to)
{
    const struct curve *row = row_of(t, p);
    double a_unit = row->reached > 0 && row->seconds > 0 ? row->seconds / (double)row->reached : 1;
    return a_unit * (double)(to - from);
}

static double distance(const struct space *space, const double *a, const double *b)
{
    double sum = 0;
    for (int j = 0; j < space->n_params; j++) {
        const struct param *p = &space->params[j];
        double d = 1; /* also between absent and present */
        if (isnan(a[j]) && isnan(b[j]))
            d = 0;
        else if (p->type == PARAM_CATEGORICAL && a[j] == b[j])
            d = 0;
        else if (p->type != PARAM_CATEGORICAL && !isnan(a[j]) && !isnan(b[j]))
            d = param_to_unit(p, a[j]) - param_to_unit(p, b[j]);
        sum += d * d;
    }
    return sum;
}

static size_t nearest(const struct task *t, const double *x, const bool *is_taken)
{
    const struct curves *c = t->data;
    size_t best = 0;
    double least = INFINITY;
    for (size_t i = 0; i < c->n; i++) {
        double d = distance(t->space, x, c->rows[i].x) + (is_taken[i] ? 1e9 : 0);
        if (d < least) {
            least = d;
            best = i;
        }
    }
    return best;
}

struct curves *curves_open(const char *store, const char *campaign, struct err *e)
{
    struct curves *c = mem_zalloc(1, sizeof *c);
    struct asking q = { .store = store, .campaign = campaign };
    if (archive_open(&c->a, &q, e) < 0 || load(c, e) < 0) {
        curves_close(c);
        return NULL;
    }
    c->task = (struct task){ .name = c->a.spec.name,
        .space = &c->a.spec.space,
        .rules = expr_rules(c->expr),
        .min_budget = c->a.spec.search.min_budget,
        .max_budget = c->a.spec.search.max_budget,
        .best = NAN,
        .n_rows = c->n,
        .loss = curve_loss,
        .truth = curve_truth,
        .seconds = curve_seconds,
        .nearest = nearest,
        .data = c };
    return c;
}

void curves_close(struct curves *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n; i++)
        free(c->rows[i].points);
    free(c->rows);
    expr_close(c->expr);
    archive_close(&c->a);
    free(c);
}

const struct task *curves_task(const struct curves *c)
{
    return &c->task;
}

const struct campaign_spec *curves_spec(const struct curves *c)
{
    return &c->a.spec;
}

size_t curves_n_whole(const struct curves *c)
{
    return c->n_whole;
}
