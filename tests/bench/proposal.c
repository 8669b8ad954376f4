/* proposal: how much processor time one proposal of the default sampler takes, and what it remembers.
 *
 *     build/tests/bench/proposal [--parameters 5] [--observations N] [--model default|bohb] [--json]
 *
 * Fills a search with results, then times what the coordinator does when a slot becomes free: note a result, ask, note
 * the start. Prints the median. Without --observations: a table of 1,000, 10,000 and 100,000, and beside the first what
 * Optuna needs for the same (proposal_optuna.py; RUNG_PYTHON names a Python that has it). */
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/rng.h"
#include "coordinator/search/search.h"

enum { REPETITIONS = 301, PENDING = 8 };

/* The space of the README's campaign, over and over. */
static const struct param kinds[5] = {
    { .name = "hidden_size", .type = PARAM_INT, .low = 32, .high = 256, .step = 1 },
    { .name = "num_layers", .type = PARAM_INT, .low = 1, .high = 4, .step = 1 },
    { .name = "num_heads", .type = PARAM_CATEGORICAL, .n_choices = 3 },
    { .name = "dropout", .type = PARAM_FLOAT, .low = 0.1, .high = 0.9 },
    { .name = "batch_size", .type = PARAM_INT, .low = 128, .high = 1024, .step = 1, .is_log = true },
};

struct options {
    int n_params;
    uint32_t n_observations;
    enum search_model model;
    bool is_json;
};

static struct options parse(int argc, char **argv)
{
    static const struct option known[] = { { "parameters", required_argument, NULL, 'p' },
        { "observations", required_argument, NULL, 'n' }, { "model", required_argument, NULL, 'm' },
        { "json", no_argument, NULL, 'j' }, { NULL, 0, NULL, 0 } };
    struct options o = { 5, 0, MODEL_DEFAULT, false };
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;)
        switch (c) {
        case 'p':
            o.n_params = atoi(optarg);
            break;
        case 'n':
            o.n_observations = (uint32_t)atoi(optarg);
            break;
        case 'm':
            o.model = strcmp(optarg, "bohb") == 0 ? MODEL_BOHB : MODEL_DEFAULT;
            break;
        case 'j':
            o.is_json = true;
            break;
        default:
            exit(2);
        }
    if (o.n_params < 1 || o.n_params > LIMIT_PARAMS || o.n_observations > LIMIT_TRIALS) {
        fprintf(stderr, "proposal: 1 to %d parameters, at most %d observations\n", LIMIT_PARAMS, LIMIT_TRIALS);
        exit(2);
    }
    return o;
}

/* Of the processor, so that other programs matter little. */
static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double loss_of(const double *x, int n_params, struct rng *r)
{
    double loss = rng_double(r);
    for (int j = 0; j < n_params; j += 5)
        loss += (x[j] - 128) * (x[j] - 128) / 10000;
    return loss;
}

/* n_observations results, and PENDING trials that run. */
static struct search *fill(const struct search_inputs *in, uint32_t n_observations, struct rng *r)
{
    struct search *s = search_new(in);
    double x[LIMIT_PARAMS];
    for (uint32_t trial = 1; trial <= n_observations + PENDING; trial++) {
        for (int j = 0; j < in->space->n_params; j++)
            x[j] = param_sample(&in->space->params[j], r);
        search_note_started(s, trial, x, 0);
        if (trial <= n_observations)
            search_note_result(s, trial, 0, loss_of(x, in->space->n_params, r));
    }
    return s;
}

static double time_proposal(struct search *s, uint32_t finished, struct rng *r)
{
    struct search_decision d;
    double from = now_us();
    search_note_result(s, finished, 0, rng_double(r) + 1);
    search_next(s, &d);
    search_note_started(s, d.trial, d.x, d.bracket);
    return now_us() - from;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double allocated_bytes(void)
{
    struct mallinfo2 m = mallinfo2();
    return (double)(m.uordblks + m.hblkhd);
}

struct figures {
    double us;    /* the median of a proposal */
    double bytes; /* an observation */
};

static struct figures measure(const struct options *o, uint32_t n_observations)
{
    struct param params[LIMIT_PARAMS];
    for (int j = 0; j < o->n_params; j++)
        params[j] = kinds[j % 5];
    struct space space = { o->n_params, params };
    struct search_spec spec = { .sampler = SAMPLER_TPE,
        .scheduler = SCHEDULER_NONE,
        .model = o->model,
        .min_budget = 50,
        .max_budget = 50,
        .eta = 3,
        .n_trials = LIMIT_TRIALS };
    struct search_inputs in = { .spec = &spec, .space = &space, .seed = 1 };
    struct rng r;
    double us[REPETITIONS], before = allocated_bytes();
    rng_derive(&r, 1, 0, RNG_TEST, 0);
    struct search *s = fill(&in, n_observations, &r);
    for (uint32_t i = 0; i < REPETITIONS; i++)
        us[i] = time_proposal(s, n_observations + 1 + i, &r);
    qsort(us, REPETITIONS, sizeof *us, compare);
    struct figures f = { us[REPETITIONS / 2], (allocated_bytes() - before) / (n_observations + REPETITIONS) };
    search_free(s);
    return f;
}

static void print(const struct options *o, uint32_t n_observations)
{
    struct figures f = measure(o, n_observations);
    printf(o->is_json
               ? "{\"parameters\":%d,\"observations\":%u,\"microseconds_per_proposal\":%.1f,"
                 "\"bytes_per_observation\":%.0f}\n"
               : "%d parameters, %6u observations: %9.1f microseconds_per_proposal, %5.0f bytes an observation\n",
        o->n_params, n_observations, f.us, f.bytes);
    fflush(stdout);
}

/* Says by itself when there is no Optuna. */
static int run_optuna(int n_params)
{
    const char *python = getenv("RUNG_PYTHON");
    char command[1024];
    snprintf(command, sizeof command, "'%s' '%s' %d 1000", python ? python : "python3", OPTUNA_SCRIPT, n_params);
    return system(command) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const uint32_t sizes[] = { 1000, 10000, 100000 };
    struct options o = parse(argc, argv);
    if (o.n_observations > 0) {
        print(&o, o.n_observations);
        return 0;
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        print(&o, sizes[i]);
    return o.is_json ? 0 : run_optuna(o.n_params);
}
