#include "tests/bench/search/serve.h"

#include <stdio.h>
#include <stdlib.h>

static void print_param(const struct param *p)
{
    static const char *const types[] = {
        [PARAM_INT] = "int", [PARAM_FLOAT] = "float", [PARAM_CATEGORICAL] = "categorical"
    };
    printf("{\"name\":\"%s\",\"type\":\"%s\",\"low\":%.17g,\"high\":%.17g,\"step\":%.17g,\"log\":%s,\"choices\":%d,"
           "\"ordered\":%s}",
        p->name, types[p->type], p->low, p->high, p->step, p->is_log ? "true" : "false", p->n_choices,
        p->is_ordered ? "true" : "false");
}

static void print_task(const struct measured_task *t)
{
    printf("{\"name\":\"%s\",\"family\":\"%s\",\"min_budget\":%lld,\"max_budget\":%lld,\"best\":%.17g,"
           "\"median\":%.17g,\"full_seconds\":%.17g,\"space\":[",
        t->name, t->family, (long long)t->task.min_budget, (long long)t->task.max_budget, t->task.best, t->median,
        t->full_seconds);
    for (int j = 0; j < t->task.space->n_params; j++) {
        fputs(j > 0 ? "," : "", stdout);
        print_param(&t->task.space->params[j]);
    }
    puts("]}");
    fflush(stdout);
}

static int answer(const struct measured_task *t, char *line)
{
    double x[LIMIT_PARAMS];
    char *at = line;
    struct task_point p = { .x = x };
    p.seed = strtoull(at, &at, 10);
    p.trial = (uint32_t)strtoul(at, &at, 10);
    int64_t budget = strtoll(at, &at, 10);
    for (int j = 0; j < t->task.space->n_params; j++) {
        char *end;
        x[j] = param_snap(&t->task.space->params[j], strtod(at, &end));
        if (end == at)
            return -1;
        at = end;
    }
    if (budget < 1 || budget > t->task.max_budget)
        return -1;
    printf("%.17g %.17g %.17g\n", t->task.loss(&t->task, &p, budget), measured_truth(t, x), measured_seconds(t, x));
    fflush(stdout);
    return 0;
}

int serve(const struct measured_task *t)
{
    char line[4096];
    print_task(t);
    while (fgets(line, sizeof line, stdin))
        if (answer(t, line) != 0) {
            fprintf(stderr, "quality: not an answerable question: %s", line);
            return 1;
        }
    return 0;
}
