#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/json.h"
#include "coordinator/store/ask.h"
#include "coordinator/web/bulk.h"

#define CURVES 300
#define MOST_CURVES 2000
#define POINTS 100
#define MOST_POINTS 2000

struct drawing {
    struct archive *a;
    const char *metric;
    int64_t max_points;
    int64_t *steps; /* of the trial that is read */
    double *values;
    size_t n, cap_steps, cap_values;
    int64_t n_points, n_all_points;
    struct str curves; /* those that are written */
};

static int take_point(void *context, const char *metric, int64_t step, double value, struct err *e)
{
    struct drawing *d = context;
    if (!str_equal(metric, d->metric))
        return 0;
    d->steps = mem_grow(d->steps, d->n, &d->cap_steps, sizeof *d->steps);
    d->values = mem_grow(d->values, d->n, &d->cap_values, sizeof *d->values);
    d->steps[d->n] = step;
    d->values[d->n++] = value;
    return 0;
}

/* Where the i-th of the `n` points that are shown stands among all. */
static size_t place(const struct drawing *d, size_t i, size_t n)
{
    return n == d->n ? i : i * (d->n - 1) / (n - 1);
}

static void put_curve(struct drawing *d, int64_t trial)
{
    size_t n = d->n < (size_t)d->max_points ? d->n : (size_t)d->max_points;
    str_add(&d->curves, d->curves.len ? ",\n" : "");
    json_open_object(&d->curves);
    json_add_int(&d->curves, "trial", trial);
    json_put_key(&d->curves, "steps");
    json_open_array(&d->curves);
    for (size_t i = 0; i < n; i++)
        json_put_int(&d->curves, d->steps[place(d, i, n)]);
    json_close_array(&d->curves);
    json_put_key(&d->curves, "values");
    json_open_array(&d->curves);
    for (size_t i = 0; i < n; i++)
        json_put_number(&d->curves, d->values[place(d, i, n)]);
    json_close_array(&d->curves);
    json_close_object(&d->curves);
    d->n_points += (int64_t)n;
    d->n_all_points += (int64_t)d->n;
}

static int put_curves(struct drawing *d, const char *numbers, struct err *e)
{
    while (*numbers) {
        struct archived_trial trial;
        char word[24];
        size_t len = strcspn(numbers, ",");
        if (len >= sizeof word)
            return err_set(e, ERR_INVALID, "trials: numbers are expected");
        memcpy(word, numbers, len);
        word[len] = '\0';
        d->n = 0;
        if (archive_find(d->a, word, &trial, e) < 0 ||
            store_load_points(d->a->store, trial.row.id, take_point, d, e) < 0)
            return -1;
        if (d->n)
            put_curve(d, trial.row.number);
        numbers += len + (numbers[len] == ',');
    }
    return 0;
}

/* Of more than `max` trials: those that run, the best for two thirds of the room, and the last. */
static int choose(struct archive *a, int64_t max, struct str *numbers, int64_t *n, int64_t *n_all, struct err *e)
{
    struct question q = { .from = QUESTION_TRIALS, .campaign = a->campaign, .spec = &a->spec };
    struct str where = { 0 };
    int64_t n_more = 0;
    int status = bulk_count_trials(a, NULL, n_all, e);
    if (status < 0 || *n_all <= max)
        return status < 0 ? -1 : bulk_list_trials(a, &q, numbers, n, e);
    q.where = "state = 'running'";
    q.max_rows = max;
    status = bulk_list_trials(a, &q, numbers, n, e);
    q.where = "state <> 'running'";
    q.is_ranked = true;
    q.max_rows = (max - *n) * 2 / 3;
    if (status == 0 && q.max_rows)
        status = bulk_list_trials(a, &q, numbers, &n_more, e);
    *n += n_more;
    str_addf(&where, "trial NOT IN (%s)", str_text(numbers));
    q = (struct question){ .from = QUESTION_TRIALS,
        .campaign = a->campaign,
        .spec = &a->spec,
        .where = where.text,
        .sort = "trial:desc",
        .max_rows = max - *n };
    if (status == 0 && q.max_rows)
        status = bulk_list_trials(a, &q, numbers, &n_more, e);
    *n += q.max_rows ? n_more : 0;
    str_deinit(&where);
    return status;
}

static int put_answer(struct drawing *d, const char *asked, int64_t max, struct str *json, struct err *e)
{
    struct str numbers = { 0 };
    uint64_t seq;
    int64_t n = 0, n_all = 0;
    int status = bulk_hold(d->a, &seq, e);
    if (asked) {
        str_add(&numbers, asked);
        for (const char *at = asked; *at; at++)
            n += *at == ',';
        n_all = ++n;
    } else if (status == 0)
        status = choose(d->a, max, &numbers, &n, &n_all, e);
    if (status == 0)
        status = put_curves(d, str_text(&numbers), e);
    json_open_object(json);
    json_add_text(json, "schema", "rung.curves/1");
    json_add_text(json, "campaign", d->a->spec.name);
    json_add_text(json, "metric", d->metric);
    json_add_int(json, "seq", (int64_t)seq);
    bulk_add_thinned(json, "thinned", n, n_all);
    bulk_add_thinned(json, "points", d->n_points, d->n_all_points);
    str_addf(json, ",\"curves\":[%s]", str_text(&d->curves));
    json_close_object(json);
    str_add_char(json, '\n');
    str_deinit(&numbers);
    return status;
}

int bulk_read_curves(struct call *c, FILE *out, struct err *e)
{
    const char *trials = target_param(&c->target, "trials"), *metric = target_param(&c->target, "metric");
    struct asking q;
    struct archive a;
    struct str json = { 0 };
    int64_t max = CURVES, points = POINTS;
    if (target_int(&c->target, "max", 1, MOST_CURVES, &max, e) < 0 ||
        target_int(&c->target, "points", 2, MOST_POINTS, &points, e) < 0 || call_asking(c, &q, e) < 0 ||
        archive_open(&a, &q, e) < 0)
        return -1;
    struct drawing d = { .a = &a, .metric = metric ? metric : a.spec.metric, .max_points = points };
    int status = put_answer(&d, trials, max, &json, e);
    if (status == 0)
        status = archive_print(&json, out, e);
    free(d.steps);
    free(d.values);
    str_deinit(&d.curves);
    str_deinit(&json);
    archive_close(&a);
    return status;
}
