#include "coordinator/cli/simulate.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/proto/json.h"
#include "coordinator/ask/archive.h"
#include "coordinator/cli/interrupt.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/simulate_curves.h"
#include "coordinator/cli/simulate_vary.h"
#include "coordinator/simulate/score.h"

enum { N_TIMES = 4 };
static const double times[N_TIMES] = { 1.0 / 6, 1.0 / 3, 2.0 / 3, 1 };

/* Mean and standard error over the seeds. */
struct mean {
    double sum, squares;
    int n;
};

/* What a variant came to. */
struct tally {
    struct mean regret[N_TIMES], idle, seconds, trials, finished;
    int64_t n_complete; /* campaigns that came to their own end */
};

struct simulation {
    const struct simulate_options *o;
    const struct task *task;
    struct scale scale;
    double training_s; /* the median time of a whole training */
    struct variants variants;
    struct tally *tallies; /* by variant; owned */
    struct progress progress;
    struct score score; /* of the present run */
    int at, seed;
    int64_t n_results;
};

static void take(struct mean *m, double value)
{
    m->sum += value;
    m->squares += value * value;
    m->n++;
}

static double mean_of(const struct mean *m)
{
    return m->n ? m->sum / m->n : 0;
}

static double error_of(const struct mean *m)
{
    if (m->n < 2)
        return 0;
    double variance = (m->squares - m->sum * m->sum / m->n) / (m->n - 1);
    return sqrt(fmax(variance, 0) / m->n);
}

/* ---- running ---- */

static bool on_result(void *context, const struct drive_result *r)
{
    struct simulation *s = context;
    const struct simulate_options *o = s->o;
    const struct variant *v = &s->variants.items[s->at];
    double end_s = o->budget * s->training_s / v->n_workers, part = r->at_s / end_s;
    if (v->search.n_trials > 0)
        part = (double)++s->n_results / (1.6 * (double)v->search.n_trials);
    double run = s->at * (double)o->n_seeds + s->seed + fmin(part, 1);
    char what[240];
    snprintf(what, sizeof what, "seed %d of %lld, %s", s->seed + 1, (long long)o->n_seeds, v->label);
    progress_say(&s->progress, run / (s->variants.n * (double)o->n_seeds), what);
    score_take(&s->score, r);
    return interrupt_count() == 0;
}

static void run_one(struct simulation *s, const struct variant *v, int seed)
{
    const struct simulate_options *o = s->o;
    struct tally *t = &s->tallies[s->at];
    struct drive_outcome out;
    struct drive_settings settings = { .task = s->task,
        .search = v->search,
        .seed = (uint64_t)seed + 1,
        .n_workers = v->n_workers,
        .slowness = o->slowness,
        .tail = o->tail,
        .end_s = v->search.n_trials > 0 ? 0 : o->budget * s->training_s / v->n_workers,
        .on_result = on_result,
        .context = s };
    if (s->task->n_rows > 0 && (settings.search.n_trials == 0 || settings.search.n_trials > (int64_t)s->task->n_rows))
        settings.search.n_trials = (int64_t)s->task->n_rows; /* a row stands for one trial */
    s->score = (struct score){ .task = s->task };
    s->n_results = 0;
    drive_run(&settings, &out);
    double end_s = settings.end_s > 0 ? settings.end_s : out.seconds;
    for (int i = 0; i < N_TIMES; i++)
        take(&t->regret[i], 100 * score_regret(&s->score, &s->scale, times[i] * end_s));
    take(&t->idle, out.idle_early_share);
    take(&t->seconds, out.seconds);
    take(&t->trials, (double)out.n_trials);
    take(&t->finished, (double)out.n_finished);
    t->n_complete += out.is_complete;
    score_deinit(&s->score);
}

static int run_all(struct simulation *s, struct err *e)
{
    progress_open(&s->progress, s->o->is_json);
    for (s->at = 0; s->at < s->variants.n; s->at++)
        for (s->seed = 0; s->seed < s->o->n_seeds && interrupt_count() == 0; s->seed++)
            run_one(s, &s->variants.items[s->at], s->seed);
    progress_close(&s->progress);
    return interrupt_count() == 0 ? 0 : err_set(e, ERR_INTERRUPTED, "interrupted");
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median_training(const struct task *task)
{
    if (!task->seconds || task->n_rows == 0)
        return (double)task->max_budget;
    double *all = mem_alloc(task->n_rows * sizeof *all);
    for (size_t i = 0; i < task->n_rows; i++)
        all[i] = task->seconds(task, &(struct task_point){ .row = i }, 0, task->max_budget);
    qsort(all, task->n_rows, sizeof *all, compare);
    double median = all[task->n_rows / 2];
    free(all);
    return median;
}

/* ---- saying it ---- */

static void say_head(const struct simulation *s, const struct curves *c, struct str *out)
{
    const struct simulate_options *o = s->o;
    str_addf(out, "%s: %lld worker%s, %lld seed%s, ", s->task->name, (long long)o->n_workers,
        o->n_workers == 1 ? "" : "s", (long long)o->n_seeds, o->n_seeds == 1 ? "" : "s");
    if (o->n_trials > 0)
        str_addf(out, "%lld trials a campaign\n", (long long)o->n_trials);
    else
        str_addf(out, "as long as %g whole trainings take them together\n", o->budget);
    if (c)
        str_addf(out, "%zu curves, %zu of them to budget %lld; the others go on at their last value\n", s->task->n_rows,
            curves_n_whole(c), (long long)s->task->max_budget);
    if (o->slowness > 1)
        str_addf(out, "the first worker is %g times slower\n", o->slowness);
    if (o->tail > 0)
        str_addf(out, "each unit of budget takes a Pareto variable of shape %g times as long\n", o->tail);
    str_add_char(out, '\n');
}

static void say(const struct simulation *s, const struct curves *c, struct str *out)
{
    static const char *const titles[] = { "setting", ">1/6", ">1/3", ">2/3", ">end", ">+-", ">idle", ">trials",
        ">finished", ">seconds" };
    struct listing l;
    say_head(s, c, out);
    listing_init(&l, titles, sizeof titles / sizeof *titles);
    for (int i = 0; i < s->variants.n; i++) {
        const struct tally *t = &s->tallies[i];
        listing_add(&l, s->variants.items[i].label);
        for (int k = 0; k < N_TIMES; k++)
            listing_addf(&l, "%.1f", mean_of(&t->regret[k]));
        listing_addf(&l, "%.1f", error_of(&t->regret[N_TIMES - 1]));
        listing_addf(&l, "%.1f %%", 100 * mean_of(&t->idle));
        listing_addf(&l, "%.0f", mean_of(&t->trials));
        listing_addf(&l, "%.0f", mean_of(&t->finished));
        listing_addf(&l, "%.0f", mean_of(&t->seconds));
    }
    listing_print(&l, 0, &s->o->look, out);
    listing_deinit(&l);
    str_add(out, "\nThe regret of the best found, after these parts of the time: 0 is the best known, 100 the\n"
                 "median of random configurations trained to the end; +- is its standard error at the end.\n"
                 "idle: of the slots' time, until the last 5 % of a campaign. finished: trials at max_budget.\n");
}

static void add_mean(struct str *out, const char *key, const struct mean *m)
{
    json_put_key(out, key);
    json_open_object(out);
    json_add_number(out, "mean", mean_of(m));
    json_add_number(out, "error", error_of(m));
    json_close_object(out);
}

static void add_variant(const struct variant *v, const struct tally *t, struct str *out)
{
    json_open_object(out);
    json_add_text(out, "setting", v->label);
    json_add_int(out, "workers", v->n_workers);
    json_put_key(out, "regret");
    json_open_array(out);
    for (int k = 0; k < N_TIMES; k++) {
        json_open_object(out);
        json_add_number(out, "at", times[k]);
        json_add_number(out, "mean", mean_of(&t->regret[k]));
        json_add_number(out, "error", error_of(&t->regret[k]));
        json_close_object(out);
    }
    json_close_array(out);
    add_mean(out, "idle_share", &t->idle);
    add_mean(out, "seconds", &t->seconds);
    add_mean(out, "trials", &t->trials);
    add_mean(out, "finished", &t->finished);
    json_add_int(out, "complete", t->n_complete);
    json_close_object(out);
}

static void add_json(const struct simulation *s, struct str *out)
{
    const struct simulate_options *o = s->o;
    json_open_object(out);
    json_add_text(out, "schema", "rung.simulate/1");
    json_add_text(out, "task", s->task->name);
    json_add_int(out, "seeds", o->n_seeds);
    json_put_key(out, "budget");
    if (o->n_trials > 0)
        json_put_null(out);
    else
        json_put_number(out, o->budget);
    json_add_number(out, "training_seconds", s->training_s);
    json_put_key(out, "variants");
    json_open_array(out);
    for (int i = 0; i < s->variants.n; i++)
        add_variant(&s->variants.items[i], &s->tallies[i], out);
    json_close_array(out);
    json_close_object(out);
    str_add_char(out, '\n');
}

static int list_tasks(const struct simulate_options *o, FILE *out, struct err *e)
{
    static const char *const titles[] = { "benchmark", ">parameters", ">min_budget", ">max_budget", ">best" };
    struct listing l;
    struct str text = { 0 };
    listing_init(&l, titles, sizeof titles / sizeof *titles);
    for (size_t i = 0; task_at(i); i++) {
        listing_add(&l, task_at(i)->name);
        listing_add_int(&l, task_at(i)->space->n_params);
        listing_add_int(&l, task_at(i)->min_budget);
        listing_add_int(&l, task_at(i)->max_budget);
        listing_add_number(&l, task_at(i)->best);
    }
    listing_print(&l, 0, &o->look, &text);
    listing_deinit(&l);
    int status = archive_print(&text, out, e);
    str_deinit(&text);
    return status;
}

static int simulate(struct simulation *s, const struct curves *c, FILE *out, struct err *e)
{
    const struct simulate_options *o = s->o;
    struct variant base = { .search = c ? curves_spec(c)->search : drive_search(s->task),
        .n_workers = (int)o->n_workers };
    base.search.n_trials = o->n_trials;
    if (variants_make(&s->variants, &base, o->vary, o->n_vary, e) < 0)
        return -1;
    s->tallies = mem_zalloc((size_t)s->variants.n, sizeof *s->tallies);
    s->training_s = median_training(s->task);
    scale_find(&s->scale, s->task);
    interrupt_watch();
    int status = run_all(s, e);
    struct str text = { 0 };
    if (status == 0 && o->is_json)
        add_json(s, &text);
    else if (status == 0)
        say(s, c, &text);
    if (status == 0)
        status = archive_print(&text, out, e);
    str_deinit(&text);
    free(s->tallies);
    return status;
}

int cli_simulate(const struct simulate_options *o, FILE *out, struct err *e)
{
    struct simulation s = { .o = o };
    struct curves *c = NULL;
    if (!o->task)
        return list_tasks(o, out, e);
    s.task = task_find(o->task);
    if (!s.task) {
        c = curves_open(o->task, o->campaign, e);
        if (!c && e->code == ERR_NOT_FOUND)
            return err_prefix(e, "%s is no benchmark (without a word, rung simulate lists them), nor a store", o->task);
        if (!c)
            return -1;
        s.task = curves_task(c);
    }
    int status = simulate(&s, c, out, e);
    curves_close(c);
    return status;
}
