#include "tests/bench/search/tasks.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "tests/bench/search/curves.h"
#include "tests/bench/search/lcbench.h"

enum { MAX_TASKS = 64, N_SAMPLES = 501, N_DIVISIONS = 2 };

static const double lcbench_noise = 0.3; /* per cent of accuracy, about what another seed changes */

/* ---- the surrogate ---- */

static struct param lcbench_params[LCBENCH_PARAMS] = {
    { .name = "batch_size", .type = PARAM_INT, .low = 16, .high = 512, .step = 1, .is_log = true },
    { .name = "learning_rate", .type = PARAM_FLOAT, .low = 1e-4, .high = 0.1, .is_log = true },
    { .name = "momentum", .type = PARAM_FLOAT, .low = 0.1, .high = 0.99 },
    { .name = "weight_decay", .type = PARAM_FLOAT, .low = 1e-5, .high = 0.1 },
    { .name = "num_layers", .type = PARAM_INT, .low = 1, .high = 5, .step = 1 },
    { .name = "max_units", .type = PARAM_INT, .low = 64, .high = 1024, .step = 1, .is_log = true },
    { .name = "max_dropout", .type = PARAM_FLOAT, .low = 0, .high = 1 },
};
static const struct space lcbench_space = { LCBENCH_PARAMS, lcbench_params };

static const struct known_set {
    const char *openml_task;
    enum use use;
    double best; /* accuracy */
} known_sets[] = {
#include "tests/bench/search/lcbench_best.h"
};

enum { SEEN = 4096, SEEN_EPOCHS = 6 };
static const int64_t seen_epochs[SEEN_EPOCHS] = { 2, 6, 17, 18, 36, 50 }; /* rungs and others' rungs */

/* A task's data: which data set, of which surrogate, and what it said lately. */
struct lcbench_set {
    const struct lcbench *surrogate;
    int number;
    struct seen {
        double x[LCBENCH_PARAMS]; /* all 0: nothing yet */
        double accuracy[SEEN_EPOCHS], seconds[SEEN_EPOCHS];
    } seen[SEEN]; /* by hash */
};

/* Its memory changes, what it says does not. */
static struct lcbench_set *lcbench_set_of(const struct task *t)
{
    union {
        const void *fixed;
        struct lcbench_set *open;
    } data = { .fixed = t->data };
    return data.open;
}

/* Evaluates a configuration once for all epochs that are asked of it. */
static double lcbench_accuracy(const struct task *t, const double *x, int64_t epoch, double *seconds)
{
    struct lcbench_set *set = lcbench_set_of(t);
    int k = 0;
    double accuracy;
    while (k < SEEN_EPOCHS && seen_epochs[k] != epoch)
        k++;
    if (k == SEEN_EPOCHS) {
        lcbench_evaluate(set->surrogate, set->number, x, &epoch, 1, &accuracy, seconds);
        return accuracy;
    }
    struct seen *s = &set->seen[config_hash(t->space, x) % SEEN];
    if (memcmp(s->x, x, sizeof s->x) != 0) {
        memcpy(s->x, x, sizeof s->x);
        lcbench_evaluate(set->surrogate, set->number, x, seen_epochs, SEEN_EPOCHS, s->accuracy, s->seconds);
    }
    *seconds = s->seconds[k];
    return s->accuracy[k];
}

static double lcbench_truth(const struct task *t, const struct task_point *p)
{
    double seconds;
    return -lcbench_accuracy(t, p->x, t->max_budget, &seconds);
}

static double lcbench_loss(const struct task *t, const struct task_point *p, int64_t budget)
{
    struct rng r;
    double seconds;
    rng_derive(&r, p->seed, p->trial, RNG_TEST, (uint64_t)budget);
    return -lcbench_accuracy(t, p->x, budget, &seconds) + lcbench_noise * rng_normal(&r);
}

/* The surrogate says of the first epochs that they take longer than they can: the mean of all counts. */
static double lcbench_seconds(const struct task *t, const struct task_point *p, int64_t from, int64_t to)
{
    double seconds;
    lcbench_accuracy(t, p->x, t->max_budget, &seconds);
    return seconds * (double)(to - from) / (double)t->max_budget;
}

/* ---- recorded trainings: their noise is in the record ---- */

static double curve_loss(const struct task *t, const struct task_point *p, int64_t budget)
{
    return curves_row(t->data, p->x)[CURVES_PARAMS + budget];
}

static double curve_truth(const struct task *t, const struct task_point *p)
{
    return curve_loss(t, p, t->max_budget);
}

static double curve_seconds(const struct task *t, const struct task_point *p, int64_t from, int64_t to)
{
    return curves_row(t->data, p->x)[CURVES_PARAMS] * (double)(to - from);
}

/* ---- functions: a unit takes about a second, some configurations longer than others ---- */

static double function_seconds(const struct task *t, const struct task_point *p, int64_t from, int64_t to)
{
    struct rng r;
    rng_derive(&r, 1, config_hash(t->space, p->x), RNG_TEST, 0);
    return exp(0.25 * rng_normal(&r)) * (double)(to - from);
}

static const struct {
    const char *name, *family;
    enum use use;
} functions[] = { { "counting-ones-8", "counting", USE_TUNED }, { "counting-ones-16", "counting", USE_REPORTED },
    { "counting-ones-32", "counting", USE_REPORTED }, { "hartmann3", "hartmann3", USE_REPORTED },
    { "hartmann3-moderate", "hartmann3", USE_TUNED }, { "hartmann3-bad", "hartmann3", USE_REPORTED },
    { "hartmann6", "hartmann6", USE_REPORTED }, { "hartmann6-moderate", "hartmann6", USE_TUNED },
    { "hartmann6-bad", "hartmann6", USE_REPORTED }, { "branin", "branin", USE_REPORTED },
    { "borehole", "borehole", USE_REPORTED } };

/* ---- the list ---- */

static struct measured_task *add(struct measured_list *l, const char *name, const char *family, enum use use)
{
    assert(l->n < MAX_TASKS);
    struct measured_task *t = &l->tasks[l->n++];
    t->family = family;
    t->use = use;
    snprintf(t->name, sizeof t->name, "%s", name);
    return t;
}

static void add_functions(struct measured_list *l)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        struct measured_task *t = add(l, functions[i].name, functions[i].family, functions[i].use);
        t->task = *task_find(functions[i].name);
        t->task.seconds = function_seconds;
    }
}

static int add_lcbench(struct measured_list *l, const char *directory, struct err *e)
{
    if (!(l->surrogate = lcbench_open(directory, e)))
        return -1;
    l->sets = mem_zalloc(sizeof known_sets / sizeof *known_sets, sizeof *l->sets);
    for (size_t i = 0; i < sizeof known_sets / sizeof *known_sets; i++) {
        char name[32];
        snprintf(name, sizeof name, "lcbench-%s", known_sets[i].openml_task);
        struct measured_task *t = add(l, name, "lcbench", known_sets[i].use);
        struct lcbench_set *set = l->sets[i] = mem_zalloc(1, sizeof *set);
        set->surrogate = l->surrogate;
        set->number = lcbench_find(known_sets[i].openml_task);
        assert(set->number > 0);
        t->task = (struct task){ .space = &lcbench_space,
            .min_budget = 2,
            .max_budget = 50,
            .data = set,
            .best = -known_sets[i].best,
            .loss = lcbench_loss,
            .truth = lcbench_truth,
            .seconds = lcbench_seconds };
    }
    return 0;
}

static double least_loss(const struct curves *c)
{
    double least = INFINITY;
    for (size_t i = 0; i < c->n; i++)
        least = fmin(least, c->rows[i][CURVES_PARAMS + CURVES_EPOCHS]);
    return least;
}

static int add_curves(struct measured_list *l, const char *directory, struct err *e)
{
    static const char *const numbers[N_DIVISIONS] = { "1", "2" };
    l->curves = mem_zalloc(N_DIVISIONS, sizeof *l->curves);
    for (int i = 0; i < N_DIVISIONS; i++) {
        struct str path = { 0 }, name = { 0 };
        str_addf(&path, "%s/curves-%s.csv", directory, numbers[i]);
        str_addf(&name, "gru-%s", numbers[i]);
        int status = curves_read(&l->curves[i], str_text(&path), e);
        struct measured_task *t = add(l, str_text(&name), "gru", i == 0 ? USE_TUNED : USE_REPORTED);
        t->task = (struct task){ .space = &curves_space,
            .min_budget = 1,
            .max_budget = CURVES_EPOCHS,
            .data = &l->curves[i],
            .loss = curve_loss,
            .truth = curve_truth,
            .seconds = curve_seconds };
        t->task.best = least_loss(&l->curves[i]);
        str_deinit(&path);
        str_deinit(&name);
        if (status != 0)
            return -1;
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void draw(const struct measured_task *t, struct rng *r, double *x)
{
    for (int j = 0; j < t->task.space->n_params; j++)
        x[j] = param_sample(&t->task.space->params[j], r);
}

/* What random configurations come to, and how long they take. */
static void look_around(struct measured_task *t)
{
    double truths[N_SAMPLES], seconds[N_SAMPLES], x[LIMIT_PARAMS];
    struct rng r;
    rng_derive(&r, 1, 0, RNG_TEST, 1);
    for (int i = 0; i < N_SAMPLES; i++) {
        draw(t, &r, x);
        truths[i] = measured_truth(t, x);
        seconds[i] = measured_seconds(t, x) * (double)t->task.max_budget;
    }
    qsort(truths, N_SAMPLES, sizeof *truths, compare);
    qsort(seconds, N_SAMPLES, sizeof *seconds, compare);
    t->median = truths[N_SAMPLES / 2];
    t->full_seconds = seconds[N_SAMPLES / 2];
}

int measured_list_open(struct measured_list *l, const char *curves, const char *lcbench, struct err *e)
{
    *l = (struct measured_list){ .tasks = mem_zalloc(MAX_TASKS, sizeof *l->tasks) };
    add_functions(l);
    if (add_curves(l, curves, e) != 0 || (lcbench && add_lcbench(l, lcbench, e) != 0)) {
        measured_list_close(l);
        return -1;
    }
    for (size_t i = 0; i < l->n; i++) {
        l->tasks[i].task.name = l->tasks[i].name;
        look_around(&l->tasks[i]);
    }
    return 0;
}

void measured_list_close(struct measured_list *l)
{
    for (int i = 0; l->curves && i < N_DIVISIONS; i++)
        curves_deinit(&l->curves[i]);
    for (size_t i = 0; l->sets && i < sizeof known_sets / sizeof *known_sets; i++)
        free(l->sets[i]);
    free(l->sets);
    free(l->curves);
    free(l->tasks);
    lcbench_close(l->surrogate);
    *l = (struct measured_list){ 0 };
}

double measured_truth(const struct measured_task *t, const double *x)
{
    struct task_point p = { .x = x };
    return t->task.truth(&t->task, &p);
}

double measured_seconds(const struct measured_task *t, const double *x)
{
    struct task_point p = { .x = x };
    return t->task.seconds(&t->task, &p, 0, 1);
}

double measured_regret(const struct measured_task *t, double truth)
{
    return 100 * (truth - t->task.best) / (t->median - t->task.best);
}

/* Up to three parameters of x moved: a little, farther, or anywhere. */
static void mutate(const struct measured_task *t, struct rng *r, double *x)
{
    int d = t->task.space->n_params, j = (int)rng_below(r, (uint64_t)d);
    for (int left = 1 + (int)rng_below(r, 3); left > 0; left--, j = (j + 1) % d) {
        const struct param *p = &t->task.space->params[j];
        double width = rng_double(r) < 0.5 ? 0.02 : 0.2;
        if (p->type == PARAM_CATEGORICAL || rng_double(r) < 0.1)
            x[j] = param_sample(p, r);
        else
            x[j] = param_from_unit(p, fmin(fmax(param_to_unit(p, x[j]) + width * rng_normal(r), 0), 1));
    }
}

double measured_search_best(const struct measured_task *t)
{
    enum { RESTARTS = 8, LOOKS = 500, STEPS = 2000 };
    double best = INFINITY, x[LIMIT_PARAMS], top[LIMIT_PARAMS] = { 0 };
    struct rng r;
    rng_derive(&r, 1, 0, RNG_TEST, 2);
    for (int start = 0; start < RESTARTS; start++) {
        double here = INFINITY;
        for (int i = 0; i < LOOKS + STEPS; i++) {
            memcpy(x, top, sizeof x);
            if (i < LOOKS)
                draw(t, &r, x);
            else
                mutate(t, &r, x);
            double truth = measured_truth(t, x);
            if (truth < here) {
                here = truth;
                memcpy(top, x, sizeof x);
            }
        }
        best = fmin(best, here);
    }
    return best;
}
