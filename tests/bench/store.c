/* store: what the store can write and read.
 *
 *     build/tests/bench/store [--trials 20000] [--directory DIR]
 *
 * Makes a store in a new directory below DIR (default: the current one, as the disk matters), and prints: rows a second
 * in large transactions; commits a second of one result each; how long a store of that size takes to open, to be read
 * back, and to name its best trial. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/str.h"
#include "coordinator/store/question.h"
#include "tests/store/sample.h"

enum { PER_TRANSACTION = 1000, N_COMMITS = 500 };

static struct err e;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int failed, const char *what)
{
    if (!failed)
        return;
    fprintf(stderr, "store: %s: %s\n", what, e.text);
    exit(1);
}

static struct store *must_open(const char *dir, enum store_mode mode)
{
    struct store *s = store_open(dir, &(struct store_options){ .mode = mode, .reserve_bytes = -1 }, &e);
    must(!s, "open");
    return s;
}

/* What one result of a trial costs the store: the trial, an event, the attempt, the result, its curve of 2 points and 2
 * metrics. Returns the number of rows. */
static int save_result(struct store *s, uint64_t seq, int64_t trial)
{
    struct trial_row row = sample_trial(trial, 1, (int)trial);
    struct event_row event = sample_event(seq, EVENT_COUNTED, 1, trial);
    struct attempt_row attempt = sample_attempt(trial, seq);
    struct result_row result = sample_result(seq, trial, (int)seq);
    must(store_save_trial(s, &row, &e), "trial");
    must(store_save_event(s, &event, &e), "event");
    must(store_save_attempt(s, &attempt, &e), "attempt");
    must(store_save_result(s, &result, &e), "result");
    return 4 + 4;
}

static uint64_t write_bulk(struct store *s, int n_trials)
{
    int n_rows = 0;
    double start = now();
    for (int i = 1; i <= n_trials; i++) {
        if (i % PER_TRANSACTION == 1)
            must(store_begin(s, &e), "begin");
        n_rows += save_result(s, (uint64_t)i, i);
        if (i % PER_TRANSACTION && i < n_trials)
            continue;
        must(store_commit(s, &e), "commit");
        must(store_tidy(s, false, &e), "tidy");
    }
    printf("%-46s %10.0f\n", "rows a second, 1000 results a transaction", n_rows / (now() - start));
    return (uint64_t)n_trials;
}

static void update_trials(struct store *s, int n_trials)
{
    double start = now();
    must(store_begin(s, &e), "begin");
    for (int i = 1; i <= n_trials; i++) {
        struct trial_row row = sample_trial(i, 1, i);
        row.x = NULL;
        must(store_save_trial(s, &row, &e), "trial");
    }
    must(store_commit(s, &e), "commit");
    printf("%-46s %10.0f\n", "trials updated a second", n_trials / (now() - start));
}

static void write_single(struct store *s, uint64_t seq)
{
    double start = now();
    for (int i = 1; i <= N_COMMITS; i++) {
        must(store_begin(s, &e), "begin");
        save_result(s, seq + (uint64_t)i, 1);
        must(store_commit(s, &e), "commit");
        must(store_tidy(s, false, &e), "tidy");
    }
    printf("%-46s %10.0f\n", "commits a second, one result each", N_COMMITS / (now() - start));
}

static int count_trial(void *context, const struct trial_row *row, int n_x, struct err *e_)
{
    ++*(int *)context;
    return 0;
}

static int count_event(void *context, const struct event_row *row, struct err *e_)
{
    ++*(int *)context;
    return 0;
}

static void read_back(const char *dir, enum store_mode mode)
{
    int n = 0;
    double start = now();
    struct store *s = must_open(dir, mode);
    printf("%-46s %10.1f\n", mode == STORE_WRITE ? "open to write, ms" : "open to read, ms", (now() - start) * 1e3);
    start = now();
    must(store_load_trials(s, 1, count_trial, &n, &e), "trials");
    must(store_load_events(s, &(struct event_filter){ .campaign = 1, .is_notes_only = true }, count_event, &n, &e),
        "events");
    printf("%-46s %10.0f\n", "rows read back a second", n / (now() - start));
    start = now();
    if (mode == STORE_READ) {
        struct campaign_spec spec = sample_spec("digits");
        struct question best = {
            .from = QUESTION_TRIALS, .campaign = 1, .spec = &spec, .is_ranked = true, .max_rows = 1
        };
        struct cell cells[32];
        struct asked *asked = question_open(s, &best, &e);
        must(!asked || question_next(asked, cells, &e) != 1, "ranking");
        question_close(asked);
        campaign_spec_deinit(&spec);
        printf("%-46s %10.1f\n", "the best trial, ms", (now() - start) * 1e3);
    }
    store_close(s);
}

int main(int argc, char **argv)
{
    static const struct option known[] = { { "trials", required_argument, NULL, 't' },
        { "directory", required_argument, NULL, 'd' }, { NULL, 0, NULL, 0 } };
    int n_trials = 20000;
    const char *below = ".";
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;)
        if (c == 't')
            n_trials = atoi(optarg);
        else if (c == 'd')
            below = optarg;
        else
            exit(2);
    setenv("TMPDIR", below, 1);
    char *dir = sample_directory();
    struct store *s = sample_begun(dir, 0);
    e = sample_error;
    must(!s, "make a store");
    uint64_t seq = write_bulk(s, n_trials);
    update_trials(s, n_trials);
    write_single(s, seq);
    store_close(s);
    read_back(dir, STORE_WRITE);
    read_back(dir, STORE_READ);
    sample_remove(dir);
    return 0;
}
