/* quality: campaigns of the coordinator's core on tasks whose answers are known, by the thousand; `run` calls it.
 *
 *     build/tests/bench/search/quality [--tasks PART,…] [--use tuned|reported] [--methods NAME,…] [--workers N,…]
 *                                      [--seeds FROM-TO] [--data DIRECTORY] [--references | --serve TASK]
 *
 * Prints a row a campaign: family, task, use, workers, method, seed, the regret after 1/6, 1/3, 2/3 and all of the
 * time, trials, and how many of them reached max_budget. DIRECTORY has lcbench/; without it those tasks are left out.
 * --references prints what is known of the tasks; --serve answers what others ask about one (serve.h).
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"
#include "coordinator/simulate/drive.h"
#include "tests/bench/search/serve.h"
#include "tests/bench/search/tasks.h"

static const struct method {
    const char *name;
    enum sampler sampler;
    enum scheduler scheduler;
    enum search_model model;
} methods[] = {
    { "random", SAMPLER_RANDOM, SCHEDULER_NONE, MODEL_DEFAULT },
    { "hyperband", SAMPLER_RANDOM, SCHEDULER_SYNC_HYPERBAND, MODEL_DEFAULT },
    { "bohb", SAMPLER_TPE, SCHEDULER_SYNC_HYPERBAND, MODEL_BOHB },
    { "default", SAMPLER_TPE, SCHEDULER_HYPERBAND, MODEL_DEFAULT },
    { "default-random", SAMPLER_RANDOM, SCHEDULER_HYPERBAND, MODEL_DEFAULT },
    { "default-bohb", SAMPLER_TPE, SCHEDULER_HYPERBAND, MODEL_BOHB },
};

/* What is spent, in median full trainings, by how many workers. */
static const struct crew {
    int n_workers;
    double trainings;
} crews[] = { { 1, 30 }, { 8, 60 }, { 64, 128 } };

enum { N_MARKS = 5, N_METHODS = sizeof methods / sizeof *methods, N_CREWS = sizeof crews / sizeof *crews };
static const double marks[N_MARKS] = { 1 / 6.0, 1 / 3.0, 1 / 2.0, 2 / 3.0, 1 }; /* of the time */

struct options {
    const char *tasks, *use, *methods, *workers, *data, *curves, *serve;
    unsigned long long from_seed, to_seed;
    bool references;
};

static struct options parse(int argc, char **argv)
{
    static const struct option known[] = { { "tasks", required_argument, NULL, 't' },
        { "use", required_argument, NULL, 'u' }, { "methods", required_argument, NULL, 'm' },
        { "workers", required_argument, NULL, 'w' }, { "seeds", required_argument, NULL, 's' },
        { "data", required_argument, NULL, 'd' }, { "curves", required_argument, NULL, 'c' },
        { "references", no_argument, NULL, 'r' }, { "serve", required_argument, NULL, 'v' }, { NULL, 0, NULL, 0 } };
    struct options o = { .tasks = "", .use = "", .methods = "random,hyperband,bohb,default", .workers = "1,8,64" };
    const char **const texts[] = { ['t'] = &o.tasks,
        ['u'] = &o.use,
        ['m'] = &o.methods,
        ['w'] = &o.workers,
        ['d'] = &o.data,
        ['c'] = &o.curves,
        ['v'] = &o.serve };
    o.curves = QUALITY_CURVES;
    o.from_seed = 1;
    o.to_seed = 20;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;)
        if (c == 'r')
            o.references = true;
        else if (c == '?' || (c == 's' && sscanf(optarg, "%llu-%llu", &o.from_seed, &o.to_seed) != 2))
            exit(2);
        else if (c != 's')
            *texts[c] = optarg;
    return o;
}

/* Is `word` in the list "a,b,c"? */
static bool lists(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += len)
        if ((at == list || at[-1] == ',') && (at[len] == ',' || at[len] == '\0'))
            return true;
    return false;
}

static const char *use_name(const struct measured_task *t)
{
    return t->use == USE_TUNED ? "tuned" : "reported";
}

static bool is_wanted(const struct options *o, const struct measured_task *t)
{
    bool is_named = o->tasks[0] == '\0' || lists(o->tasks, t->name) || lists(o->tasks, t->family);
    return is_named && (o->use[0] == '\0' || strcmp(o->use, use_name(t)) == 0);
}

/* What the user would be given at each mark: the best result at the highest budget so far. */
struct watch {
    const struct measured_task *task;
    double whole_s;
    int n_passed; /* marks */
    double regret[N_MARKS];
    int64_t best_budget;
    double best_loss, best_truth;
};

static void pass_marks(struct watch *w, double now_s)
{
    for (; w->n_passed < N_MARKS && marks[w->n_passed] * w->whole_s < now_s; w->n_passed++)
        w->regret[w->n_passed] = w->best_budget > 0 ? measured_regret(w->task, w->best_truth) : 100;
}

static bool take_result(void *context, const struct drive_result *r)
{
    struct watch *w = context;
    pass_marks(w, r->at_s);
    if (r->budget > w->best_budget || (r->budget == w->best_budget && r->loss < w->best_loss)) {
        w->best_budget = r->budget;
        w->best_loss = r->loss;
        w->best_truth = w->task->task.truth(&w->task->task, r->point);
    }
    return true;
}

static void play(const struct measured_task *t, const struct crew *crew, const struct method *m, uint64_t seed)
{
    struct watch w = { .task = t, .whole_s = crew->trainings * t->full_seconds / crew->n_workers };
    struct drive_settings settings = { .task = &t->task, .search = drive_search(&t->task), .seed = seed };
    struct drive_outcome outcome;
    settings.search.sampler = m->sampler;
    settings.search.scheduler = m->scheduler;
    settings.search.model = m->model;
    settings.n_workers = crew->n_workers;
    settings.end_s = w.whole_s;
    settings.on_result = take_result;
    settings.context = &w;
    drive_run(&settings, &outcome);
    pass_marks(&w, 2 * w.whole_s);
    printf("%s,%s,%s,%d,%s,%llu", t->family, t->name, use_name(t), crew->n_workers, m->name, (unsigned long long)seed);
    for (int i = 0; i < N_MARKS; i++)
        printf(",%.4g", w.regret[i]);
    printf(",%lld,%lld\n", (long long)outcome.n_trials, (long long)outcome.n_finished);
    fflush(stdout);
}

static void play_all(const struct options *o, const struct measured_task *t)
{
    for (int c = 0; c < N_CREWS; c++)
        for (int m = 0; m < N_METHODS; m++) {
            char workers[16];
            snprintf(workers, sizeof workers, "%d", crews[c].n_workers);
            if (!lists(o->workers, workers) || !lists(o->methods, methods[m].name))
                continue;
            for (unsigned long long seed = o->from_seed; seed <= o->to_seed; seed++)
                play(t, &crews[c], &methods[m], seed);
        }
}

static void print_references(const struct measured_task *t)
{
    printf("%s,%s,%.6g,%.6g,%.6g,%.6g\n", t->name, use_name(t), t->task.best, measured_search_best(t), t->median,
        t->full_seconds);
}

static int work(const struct options *o, const struct measured_list *list)
{
    if (!o->serve)
        puts(o->references ? "task,use,best,found,median,seconds"
                           : "family,task,use,workers,method,seed,r1,r2,r3,r4,r5,trials,finished");
    for (size_t i = 0; i < list->n; i++) {
        const struct measured_task *t = &list->tasks[i];
        if (o->serve && strcmp(o->serve, t->name) == 0)
            return serve(t);
        if (!o->serve && is_wanted(o, t))
            o->references ? print_references(t) : play_all(o, t);
    }
    if (o->serve)
        fprintf(stderr, "quality: there is no task %s; --references lists them\n", o->serve);
    return o->serve ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct options o = parse(argc, argv);
    struct measured_list list;
    struct str lcbench = { 0 };
    struct err e;
    if (o.data)
        str_addf(&lcbench, "%s/lcbench", o.data);
    if (measured_list_open(&list, o.curves, o.data ? str_text(&lcbench) : NULL, &e) != 0) {
        fprintf(stderr, "quality: %s\n", e.text);
        return 1;
    }
    int status = work(&o, &list);
    measured_list_close(&list);
    str_deinit(&lcbench);
    return status;
}
