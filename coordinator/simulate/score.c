#include "coordinator/simulate/score.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/mem.h"

enum { SAMPLES = 2001 };

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* A random configuration that `where` allows; after many draws the last one, allowed or not. */
static void draw(const struct task *task, struct rng *r, double *x)
{
    enum { MAX_DRAWS = 1000 };
    for (int i = 0; i < MAX_DRAWS; i++) {
        for (int j = 0; j < task->space->n_params; j++)
            x[j] = param_sample(&task->space->params[j], r);
        if (rules_resolve(&task->rules, x))
            return;
    }
}

void scale_find(struct scale *out, const struct task *task)
{
    size_t n = task->n_rows > 0 ? task->n_rows : SAMPLES;
    double *worths = mem_alloc(n * sizeof *worths), x[LIMIT_PARAMS] = { 0 };
    struct rng r;
    rng_derive(&r, 0, 0, RNG_SIMULATE, 0);
    for (size_t i = 0; i < n; i++) {
        struct task_point p = { .x = x, .row = i };
        if (task->n_rows == 0)
            draw(task, &r, x);
        worths[i] = task->truth(task, &p);
    }
    qsort(worths, n, sizeof *worths, compare);
    while (n > 1 && !isfinite(worths[n - 1])) /* of a table: trials that failed */
        n--;
    out->median = worths[n / 2];
    out->best = isnan(task->best) ? worths[0] : task->best;
    free(worths);
}

void score_deinit(struct score *s)
{
    free(s->steps);
    *s = (struct score){ 0 };
}

bool score_take(void *context, const struct drive_result *r)
{
    struct score *s = context;
    bool is_better = s->n_steps == 0 || r->budget > s->budget || (r->budget == s->budget && r->loss < s->loss);
    if (!isfinite(r->loss) || !is_better)
        return true;
    s->budget = r->budget;
    s->loss = r->loss;
    s->steps = mem_grow(s->steps, s->n_steps, &s->cap_steps, sizeof *s->steps);
    s->steps[s->n_steps++] = (struct score_step){ r->at_s, s->task->truth(s->task, r->point) };
    return true;
}

double score_regret(const struct score *s, const struct scale *scale, double at_s)
{
    double span = scale->median - scale->best;
    size_t i = 0;
    while (i < s->n_steps && s->steps[i].at_s <= at_s)
        i++;
    if (i == 0 || !isfinite(s->steps[i - 1].worth))
        return 1;
    if (!(span > 0))
        return 0;
    return (s->steps[i - 1].worth - scale->best) / span;
}
