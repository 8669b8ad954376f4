/* Campaigns on a virtual clock: the functions have the values of the literature, a drive repeats, and counts what it
 * spends to the last unit. */
#include <stdlib.h>

#include "coordinator/simulate/drive.h"
#include "coordinator/simulate/functions.h"
#include "coordinator/simulate/score.h"
#include "tests/tap.h"

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fabs(b);
}

TEST(the_functions_have_the_values_of_the_literature)
{
    static const double middle[6] = { 0.5, 0.5, 0.5, 0.5, 0.5, 0.5 }, pi[2] = { 3.14159265358979323846, 2.275 },
                        zero[2] = { 0, 0 };
    static const double well[8] = { 0.1, 25000, 90000, 1050, 90, 760, 1400, 11000 };
    CHECK(is_near(function_hartmann(3, middle, 0), -0.6280220150705937));
    CHECK(is_near(function_hartmann(3, middle, 0.1 * (1 - 0.11)), -0.6007837285218051));
    CHECK(is_near(function_hartmann(6, middle, 0), -0.5053149917022333));
    CHECK(is_near(function_hartmann(6, middle, 0.1 * 0.5), -0.49491237437739993));
    CHECK(is_near(function_branin(pi, 1), 0.39788735772973816));
    CHECK(is_near(function_branin(pi, 0.5), 0.4344934576681627));
    CHECK(is_near(function_branin(zero, 1), 55.602112642270264));
    CHECK(is_near(function_branin(zero, 0.5), 55.577112642270265));
    CHECK(is_near(function_currin(middle, 1), 7.40512391329881));
    CHECK(is_near(2 * function_currin(middle, 0.5) - function_currin(middle, 1), 7.442479583871107));
    CHECK(is_near(function_borehole(well, 1), 71.1967716993199));
    CHECK(is_near(2 * function_borehole(well, 0.5) - function_borehole(well, 1), 56.65643787746249));
}

TEST(no_point_of_a_task_is_better_than_its_best)
{
    for (size_t i = 0; task_at(i); i++) {
        const struct task *task = task_at(i);
        struct rng r;
        double x[32];
        rng_derive(&r, i, 0, RNG_TEST, 0);
        CHECK(task_find(task->name) == task);
        for (int n = 0; n < 2000; n++) {
            for (int j = 0; j < task->space->n_params; j++)
                x[j] = param_sample(&task->space->params[j], &r);
            double truth = task->truth(task, &(struct task_point){ .x = x });
            if (truth < task->best)
                TAP_FAIL("%s: %.17g", task->name, truth);
        }
    }
    CHECK(!task_find("no such task"));
}

struct record {
    double losses[4000];
    uint32_t trials[4000];
    int64_t reached[4000]; /* by trial */
    int n, enough;
    int64_t sum;
};

static bool keep(void *context, const struct drive_result *r)
{
    struct record *k = context;
    k->losses[k->n] = r->loss;
    k->trials[k->n++] = r->trial;
    k->sum += r->budget - k->reached[r->trial];
    k->reached[r->trial] = r->budget;
    return k->n != k->enough;
}

static struct drive_settings settings_of(const char *task, int n_workers, struct record *k)
{
    struct drive_settings o = { .task = task_find(task), .seed = 3, .n_workers = n_workers };
    o.search = drive_search(o.task);
    o.search.n_trials = 60;
    o.on_result = keep;
    o.context = k;
    return o;
}

TEST(a_drive_repeats_bit_for_bit)
{
    static struct record a, b;
    struct drive_settings o = settings_of("hartmann6", 8, &a);
    struct drive_outcome first, second;
    o.tail = 1.5;
    drive_run(&o, &first);
    o.context = &b;
    drive_run(&o, &second);
    CHECK(a.n > 60 && memcmp(&a, &b, sizeof a) == 0);
    CHECK(memcmp(&first, &second, sizeof first) == 0);
}

TEST(what_a_drive_spends_is_what_its_trials_reached)
{
    for (int n_workers = 1; n_workers <= 64; n_workers *= 8) {
        struct record k = { 0 };
        struct drive_outcome out;
        struct drive_settings o = settings_of("branin", n_workers, &k);
        drive_run(&o, &out);
        CHECK(out.is_complete);
        CHECK_INT(out.n_trials, 60);
        CHECK_INT(out.spent, k.sum);
        CHECK(out.n_finished > 0);
        CHECK(is_near(out.busy_s, (double)out.spent)); /* a second a unit */
        CHECK(is_near(out.busy_s + out.idle_s, out.seconds * n_workers));
    }
}

TEST(a_drive_ends_when_its_time_its_budget_or_its_listener_has_enough)
{
    struct record k = { 0 };
    struct drive_outcome out;
    struct drive_settings o = settings_of("branin", 4, &k);
    o.search.n_trials = 0;
    o.end_s = 100;
    drive_run(&o, &out);
    CHECK(out.seconds == 100 && !out.is_complete && is_near(out.busy_s, 400));
    o.end_s = 0;
    o.end_spent = 200;
    drive_run(&o, &out);
    CHECK(out.spent >= 200 && out.spent < 250);
    o.end_spent = 0;
    k = (struct record){ .enough = 17 };
    drive_run(&o, &out);
    CHECK_INT(k.n, 17);
}

TEST(a_slow_machine_takes_as_many_times_longer)
{
    struct record k = { 0 };
    struct drive_outcome out;
    struct drive_settings o = settings_of("branin", 1, &k);
    drive_run(&o, &out);
    double alone_s = out.seconds;
    o.slowness = 5;
    k = (struct record){ 0 };
    drive_run(&o, &out);
    CHECK(is_near(out.seconds, 5 * alone_s));
}

TEST(the_regret_falls_when_somebody_better_comes_or_goes_further)
{
    struct score s = { .task = task_find("branin") };
    const double minimum[2] = { 3.14159265358979323846, 2.275 }, zero[2] = { 0, 0 };
    struct task_point good = { .x = minimum }, poor = { .x = zero };
    struct scale scale;
    scale_find(&scale, s.task);
    CHECK(scale.best == s.task->best && scale.median > scale.best);
    score_take(&s, &(struct drive_result){ .at_s = 2, .budget = 17, .loss = 50, .point = &poor });
    score_take(&s, &(struct drive_result){ .at_s = 3, .budget = 50, .loss = INFINITY, .point = &good });
    score_take(&s, &(struct drive_result){ .at_s = 4, .budget = 2, .loss = 0.1, .point = &good });
    score_take(&s, &(struct drive_result){ .at_s = 5, .budget = 50, .loss = 60, .point = &good });
    CHECK(score_regret(&s, &scale, 1) == 1);
    CHECK(is_near(score_regret(&s, &scale, 4.5), (55.602112642270264 - scale.best) / (scale.median - scale.best)));
    CHECK(score_regret(&s, &scale, 5) < 1e-12);
    score_deinit(&s);
}

/* At the lowest rung a number by chance, above it what the configuration is worth. */
static double blind_loss(const struct task *t, const struct task_point *p, int64_t budget)
{
    struct rng r;
    rng_derive(&r, p->seed, p->trial, RNG_TEST, 1);
    return budget == t->min_budget ? rng_double(&r) : p->x[0] + p->x[1];
}

static double clear_loss(const struct task *t, const struct task_point *p, int64_t budget)
{
    return p->x[0] + p->x[1] + 1.0 / (double)budget;
}

struct warnings {
    int n;
    char text[300];
};

static void hear(void *context, const struct event_row *row)
{
    struct warnings *w = context;
    if (row->kind == EVENT_CAMPAIGN && strncmp(row->text, "warning: ", 9) == 0) {
        w->n++;
        snprintf(w->text, sizeof w->text, "%s", row->text);
    }
}

static struct warnings warnings_of(double (*loss)(const struct task *, const struct task_point *, int64_t))
{
    struct warnings w = { 0 };
    struct drive_outcome out;
    struct task task = *task_find("branin");
    task.min_budget = 1;
    task.max_budget = 9;
    task.loss = loss;
    struct drive_settings o = { .task = &task, .seed = 1, .n_workers = 4, .on_event = hear, .context = &w };
    o.search = drive_search(&task);
    o.search.sampler = SAMPLER_RANDOM;
    o.search.n_trials = 400;
    drive_run(&o, &out);
    CHECK(out.is_complete);
    return w;
}

TEST(a_lowest_rung_that_promotes_by_chance_is_warned_of)
{
    struct warnings blind = warnings_of(blind_loss), clear = warnings_of(clear_loss);
    CHECK_INT(clear.n, 0);
    CHECK_INT(blind.n, 1); /* at 30 trials: from then on new trials begin at 3 */
    CHECK(strstr(blind.text, "budget 1 says little about that at 3"));
    CHECK(strstr(blind.text, "\"min_budget\": 3"));
}

TAP_MAIN
