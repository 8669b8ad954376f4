/* simulator: runs seeds, says what broke, makes it small. README.md beside this file has the whole story. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "tests/sim/mutation.h"
#include "tests/sim/shrink.h"
#include "tests/sim/trace.h"
#include "tests/sim/world.h"

#define EVENTS 10000 /* of a seed, unless --events says otherwise; then the faults stop */
#define SHRINK_TRIES 300
#define MUTATION_SEEDS 1500 /* within which each mutation must be caught */

struct options {
    uint64_t first, n_seeds, max_events;
    const char *dials, *mutation;
    bool is_json, is_quiet, may_shrink;
};

struct total {
    uint64_t n_seeds, n_events, n_failed;
    double seconds;
    struct counts counts;
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- one seed ---- */

static void print_failure(const struct options *o, const struct world *w, struct run run)
{
    struct str text = { 0 };
    printf("seed %" PRIu64 ": broken after %" PRIu64 " events, at %" PRId64 ".%03d s: %s\n  %s\n", w->seed, w->n_events,
        w->now_ms / 1000, (int)(w->now_ms % 1000), w->broken, w->why);
    fflush(stdout);
    trace_is_on = false;
    if (o->may_shrink)
        shrink(&run, w->broken, SHRINK_TRIES);
    dials_print(&run.dials, run.seed, &text);
    printf("  build/tests/sim/simulator --seed %" PRIu64 " --seeds 1 --events %" PRIu64 "%s%s%s%s\n", run.seed,
        run.max_events, text.len ? " --dials " : "", str_text(&text), o->mutation ? " --mutation " : "",
        o->mutation ? o->mutation : "");
    str_deinit(&text);
}

static bool run_seed(const struct options *o, uint64_t seed, struct total *total)
{
    struct world *w = mem_zalloc(1, sizeof *w);
    struct run run = { .seed = seed, .max_events = o->max_events };
    struct err e = { 0 };
    dials_draw(&run.dials, seed);
    if (o->dials && dials_set(&run.dials, o->dials, &e) < 0) {
        fprintf(stderr, "simulator: %s\n", e.text);
        exit(2);
    }
    bool holds = world_run(w, seed, &run.dials, o->max_events) == 0;
    total->n_seeds++;
    total->n_events += w->n_events;
    counts_add(&total->counts, &w->counts);
    if (holds) {
        world_deinit(w);
    } else {
        total->n_failed++;
        if (!o->is_quiet)
            print_failure(o, w, run);
    }
    free(w);
    return holds;
}

/* ---- many ---- */

static void print_progress(const struct total *t, const struct options *o, double began)
{
    double seconds = now_s() - began;
    fprintf(stderr, "%s%" PRIu64 " of %" PRIu64 " seeds, %.1f M events, %.0f k/s, %" PRIu64 " broken%s",
        isatty(2) ? "\r" : "", t->n_seeds, o->n_seeds, (double)t->n_events / 1e6, (double)t->n_events / seconds / 1e3,
        t->n_failed, isatty(2) ? " " : "\n");
}

static void print_total(const struct options *o, const struct total *t)
{
    double rate = t->seconds > 0 ? (double)t->n_events / t->seconds : 0;
    if (!o->is_json) {
        printf("%" PRIu64 " seeds from %" PRIu64 ", %" PRIu64 " events in %.1f s (%.0f a second): %" PRIu64 " broken\n",
            t->n_seeds, o->first, t->n_events, t->seconds, rate, t->n_failed);
        return;
    }
    printf("{\"seed\":%" PRIu64 ",\"seeds\":%" PRIu64 ",\"events\":%" PRIu64
           ",\"seconds\":%.3f,\"events_per_second\":%.0f,\"broken\":%" PRIu64 ",\n ",
        o->first, t->n_seeds, t->n_events, t->seconds, rate, t->n_failed);
    counts_print(&t->counts, stdout);
    printf("}\n");
}

static int run_all(const struct options *o)
{
    struct total total = { 0 };
    double began = now_s(), told = began;
    for (uint64_t i = 0; i < o->n_seeds && total.n_failed < 10; i++) {
        run_seed(o, o->first + i, &total);
        if (now_s() - told > (isatty(2) ? 0.5 : 30)) {
            told = now_s();
            print_progress(&total, o, began);
        }
    }
    total.seconds = now_s() - began;
    if (isatty(2))
        fputc('\n', stderr);
    print_total(o, &total);
    return total.n_failed > 0;
}

/* ---- mutations ---- */

static void list_mutations(void)
{
    for (int i = 1; i < MUTATION_N; i++)
        printf("%-24s %s\n", mutation_list[i].name, mutation_list[i].meaning);
}

/* Whether some seed finds it, and by which invariant. */
static bool try_mutation(const struct options *o, enum mutation m)
{
    struct total total = { 0 };
    double began = now_s();
    mutation_active = m;
    for (uint64_t i = 0; i < MUTATION_SEEDS; i++) {
        struct world *w = mem_zalloc(1, sizeof *w);
        struct dials dials;
        dials_draw(&dials, o->first + i);
        dials_set(&dials, mutation_dials(m), NULL);
        bool holds = world_run(w, o->first + i, &dials, o->max_events) == 0;
        total.n_events += w->n_events;
        if (!holds) {
            printf("ok %d - %s is caught # seed %" PRIu64 ", %" PRIu64 " events, %.2f s: %s\n", (int)m,
                mutation_list[m].name, o->first + i, total.n_events, now_s() - began, w->broken);
            free(w);
            return true;
        }
        world_deinit(w);
        free(w);
    }
    printf("not ok %d - %s is caught # not in %d seeds, %" PRIu64 " events\n", (int)m, mutation_list[m].name,
        MUTATION_SEEDS, total.n_events);
    return false;
}

static int try_mutations(const struct options *o)
{
    int missed = 0;
    printf("1..%d\n", MUTATION_N - 1);
    for (int i = 1; i < MUTATION_N; i++) {
        missed += !try_mutation(o, (enum mutation)i);
        fflush(stdout);
    }
    return missed > 0;
}

/* ---- the command line ---- */

static const char usage[] =
    "usage: simulator [--seed FIRST] [--seeds COUNT] [--events N] [--dials NAME=VALUE,…|list] [--mutation "
    "NAME|list|all]\n"
    "                 [--json] [--no-shrink] [--trace]\n"
    "Runs COUNT seeds from FIRST, each with faults for N events and then without until all is over. Exits 0 when "
    "every\n"
    "invariant held, 1 when one did not, which it then makes small. --mutation plants a mistake, which is then to be\n"
    "found; with all, each in turn, and exits 0 when each was. --trace prints what happens.\n";

static void list_dials(void)
{
    for (int i = 0; i < DIALS_N; i++)
        printf("%-11s %d to %-5d %s\n", dial_list[i].name, dial_list[i].low, dial_list[i].high, dial_list[i].meaning);
}

static uint64_t number(const char *text)
{
    char *end;
    uint64_t n = strtoull(text, &end, 10);
    if (*end || end == text || *text == '-') {
        fprintf(stderr, "simulator: \"%s\": a whole number is expected\n%s", text, usage);
        exit(2);
    }
    return n;
}

static void read_options(int argc, char **argv, struct options *o)
{
    static const struct option names[] = { { "seed", required_argument, NULL, 's' },
        { "seeds", required_argument, NULL, 'n' }, { "events", required_argument, NULL, 'e' },
        { "dials", required_argument, NULL, 'd' }, { "mutation", required_argument, NULL, 'm' },
        { "json", no_argument, NULL, 'j' }, { "no-shrink", no_argument, NULL, 'k' },
        { "trace", no_argument, NULL, 't' }, { "help", no_argument, NULL, 'h' }, { 0 } };
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        if (c == 's')
            o->first = number(optarg);
        else if (c == 'n')
            o->n_seeds = number(optarg);
        else if (c == 'e')
            o->max_events = number(optarg);
        else if (c == 'd')
            o->dials = optarg;
        else if (c == 'm')
            o->mutation = optarg;
        else if (c == 'j')
            o->is_json = true;
        else if (c == 'k')
            o->may_shrink = false;
        else if (c == 't')
            trace_is_on = true;
        else {
            fputs(usage, c == 'h' ? stdout : stderr);
            exit(c == 'h' ? 0 : 2);
        }
    }
}

int main(int argc, char **argv)
{
    struct options o = { .first = 1, .n_seeds = 1, .max_events = EVENTS, .may_shrink = true };
    read_options(argc, argv, &o);
    if (o.dials && strcmp(o.dials, "list") == 0) {
        list_dials();
        return 0;
    }
    if (o.mutation && strcmp(o.mutation, "list") == 0) {
        list_mutations();
        return 0;
    }
    if (o.mutation && strcmp(o.mutation, "all") == 0)
        return try_mutations(&o);
    if (o.mutation && (mutation_active = mutation_find(o.mutation)) == MUTATION_NONE) {
        fprintf(stderr, "simulator: there is no mutation \"%s\": --mutation list prints them\n", o.mutation);
        return 2;
    }
    return run_all(&o);
}
