#include "tests/sim/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/sim/blobs.h"
#include "tests/sim/store.h"

static struct param a_choice(const char *name)
{
    struct param p = { .type = PARAM_CATEGORICAL, .n_choices = 4 };
    p.choices = mem_zalloc((size_t)p.n_choices, sizeof *p.choices);
    for (int i = 0; i < p.n_choices; i++)
        p.choices[i] = (struct choice){ .type = CHOICE_NUMBER, .number = i };
    snprintf(p.name, sizeof p.name, "%s", name);
    return p;
}

/* Two numbers and a choice. Whole numbers, which are the quickest to print. */
static void make_space(const struct dials *d, struct space *space)
{
    space->n_params = SIM_PARAMS;
    space->params = mem_zalloc(SIM_PARAMS, sizeof *space->params);
    space->params[0] = (struct param){ .name = "a", .type = PARAM_INT, .low = 0, .high = 999, .step = 1 };
    space->params[1] = (struct param){ .name = "b", .type = PARAM_INT, .low = 0, .high = 9999, .step = 1 };
    space->params[2] = a_choice("c");
    if (d->sampler == SAMPLER_GRID) {
        space->params[0].high = 5;
        space->params[1].high = 2;
    }
}

/* Nobody runs it here, but the real database's reader checks what it may be. */
static void make_program(const struct dials *d, struct trial_spec *t)
{
    t->fixed = mem_strdup("{}");
    if (!d->sqlite) {
        t->program = mem_strdup("linear");
        return;
    }
    t->n_command = 1;
    t->command = mem_zalloc(1, sizeof *t->command);
    t->command[0] = mem_strdup("true");
    t->directory = mem_strdup("/");
}

struct campaign_spec *plan_spec(const struct dials *d, uint64_t seed, int plan)
{
    static const enum sampler samplers[] = { SAMPLER_RANDOM, SAMPLER_TPE, SAMPLER_GRID };
    static const enum scheduler schedulers[] = { SCHEDULER_HYPERBAND, SCHEDULER_SYNC_HYPERBAND, SCHEDULER_NONE };
    struct campaign_spec *spec = mem_zalloc(1, sizeof *spec);
    snprintf(spec->name, sizeof spec->name, "plan-%d", plan);
    spec->seed = seed * 31 + (uint64_t)plan;
    snprintf(spec->metric, sizeof spec->metric, "loss");
    spec->goal = seed & 1 ? GOAL_MINIMIZE : GOAL_MAXIMIZE;
    spec->weight = 1 + plan % 3;
    make_program(d, &spec->trial);
    spec->trial.cores = seed % 8 == 6 && d->slots > 1 ? 1 + plan % 2 : 1;
    make_space(d, &spec->space);
    spec->search = (struct search_spec){ .sampler = samplers[d->sampler],
        .scheduler = schedulers[d->scheduler],
        .min_budget = search_spec_default_min(d->budget),
        .max_budget = d->budget,
        .eta = d->eta,
        .n_trials = d->trials };
    spec->limits = (struct limits_spec){
        .n_trials = d->trials,
        .progress_timeout_ms = 4000,
        .trial_timeout_ms = seed % 3 == 0 ? 60000 : 0,
        .wall_clock_ms = seed % 16 == 5 ? 60000 : 0,
        .trial_memory_bytes = seed % 8 == 5 ? (1 + plan % 2) * SLOT_BYTES : 0,
        .checkpoints_bytes = seed % 4 == 2 ? BLOB_BYTES * (1 + (int64_t)(seed / 4 % 8)) : 0,
    };
    return spec;
}

static bool resolve(void *context, double *x)
{
    return x[0] < 500 || (x[1] < 5000 && x[2] > 0);
}

struct rules plan_rules(const struct dials *d)
{
    return (struct rules){ .resolve = d->where ? resolve : NULL };
}

int plan_read_config(const void *context, const struct campaign *c, const char *json, double *x, struct err *e)
{
    uint64_t number = strtoull(json, NULL, 10);
    const struct param *params = c->spec->space.params;
    uint64_t n_a = params[0].high > 499 ? 500 : (uint64_t)params[0].high + 1; /* below 500 all is allowed */
    x[0] = (double)(number % n_a);
    x[1] = (double)(number / n_a % ((uint64_t)params[1].high + 1));
    x[2] = (double)(number % 4);
    return 0;
}
