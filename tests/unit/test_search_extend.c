/* A search whose limits grow, and whose broken trials are tried again. */
#include "tests/unit/search_play.h"

static struct param params[] = {
    { .name = "a", .type = PARAM_FLOAT, .low = 0, .high = 1 },
    { .name = "b", .type = PARAM_INT, .low = 1, .high = 100, .step = 1 },
};
static const struct space space = { 2, params };
static const struct rules rules = { 0 };

TEST(a_ladder_goes_on_above_its_old_top_and_keeps_its_rungs)
{
    static const struct {
        int64_t min, max, eta, to[2];
        int n;
        int64_t rungs[8];
    } rows[] = {
        { 2, 50, 3, { 100, 0 }, 5, { 2, 6, 17, 50, 100 } },
        { 2, 50, 3, { 150, 0 }, 5, { 2, 6, 17, 50, 150 } },
        { 2, 50, 3, { 500, 0 }, 6, { 2, 6, 17, 50, 167, 500 } },
        { 2, 50, 3, { 51, 0 }, 5, { 2, 6, 17, 50, 51 } },
        { 1, 9, 3, { 20, 100 }, 6, { 1, 3, 9, 20, 100 } },
        { 1, 4, 2, { 32, 0 }, 6, { 1, 2, 4, 8, 16, 32 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct search_spec spec = { .min_budget = rows[i].min, .max_budget = rows[i].max, .eta = (int)rows[i].eta };
        int64_t rungs[LIMIT_RUNGS];
        for (int k = 0; k < 2 && rows[i].to[k]; k++)
            CHECK(search_spec_extend(&spec, rows[i].to[k]));
        int n = search_spec_rungs(&spec, rungs);
        for (int k = 0; k < n && rows[i].rungs[k]; k++)
            if (rungs[k] != rows[i].rungs[k])
                TAP_FAIL("row %zu: rung %d is %lld, not %lld", i, k, (long long)rungs[k], (long long)rows[i].rungs[k]);
        CHECK_INT(rungs[n - 1], spec.max_budget);
    }
}

TEST(a_ladder_does_not_shrink_nor_grow_without_end)
{
    struct search_spec spec = { .min_budget = 1, .max_budget = 1 << 18, .eta = 2 };
    CHECK(!search_spec_extend(&spec, 1 << 18));
    CHECK(!search_spec_extend(&spec, 5));
    CHECK(search_spec_extend(&spec, 1 << 19));
    CHECK(!search_spec_extend(&spec, 1 << 20));
    spec = (struct search_spec){ .min_budget = 1, .max_budget = 9, .eta = 3, .scheduler = SCHEDULER_SYNC_HYPERBAND };
    CHECK(!search_spec_extend(&spec, 27));
}

static double loss_of(const struct play *p, uint32_t trial, const double *x, int rung)
{
    return x[0] * x[0] + 1.0 / (rung + 1);
}

/* Plays `spec` to its end, extends it, and plays again; with the notes of both it must decide the same anew. */
static struct play *play_extended(struct search_spec *spec, int64_t n_trials, int64_t max_budget)
{
    struct search_inputs in = { .spec = spec, .space = &space, .rules = &rules, .seed = 3 };
    struct play *p = play_new(&in, 3, 5);
    p->loss = loss_of;
    play_to_the_end(p);
    search_note_extended(p->search, n_trials, max_budget);
    p->n_finished = 0;
    play_to_the_end(p);
    return p;
}

/* Of the last note of each trial. */
static int count_at(const struct play *p, int rung)
{
    int n = 0;
    for (int i = 0; i < p->n_notes; i++)
        n += p->notes[i].kind == PLAY_RESULT && p->notes[i].rung == rung;
    return n;
}

TEST(the_best_at_the_old_top_go_on_and_no_others)
{
    struct search_spec spec = { .min_budget = 1, .max_budget = 9, .eta = 3, .n_trials = 54 };
    struct play *p = play_extended(&spec, 0, 27);
    CHECK_INT(p->n_started, 54);
    int at_old_top = count_at(p, 2), at_new = count_at(p, 3);
    CHECK(at_old_top >= 54 / 9);
    CHECK(at_new >= 1);
    CHECK_INT(at_new, at_old_top / 3 > 1 ? at_old_top / 3 : 1);
    play_free(p);
}

TEST(without_a_scheduler_every_trial_goes_on_to_the_new_max_budget)
{
    struct search_spec spec = { .max_budget = 9, .min_budget = 9, .eta = 3, .n_trials = 12 };
    spec.scheduler = SCHEDULER_NONE;
    struct play *p = play_extended(&spec, 15, 20);
    CHECK_INT(p->n_started, 15);
    CHECK_INT(count_at(p, 0), 15);
    CHECK_INT(count_at(p, 1), 15);
    play_free(p);
}

TEST(more_trials_are_started_after_the_end)
{
    struct search_spec spec = { .min_budget = 1, .max_budget = 9, .eta = 3, .n_trials = 20 };
    struct play *p = play_extended(&spec, 33, 0);
    CHECK_INT(p->n_started, 33);
    play_free(p);
    spec.scheduler = SCHEDULER_SYNC_HYPERBAND;
    p = play_extended(&spec, 33, 0);
    CHECK_INT(p->n_started, 33);
    play_free(p);
}

TEST(sync_hyperband_retries_only_while_the_rung_is_open)
{
    struct search_spec spec = { .min_budget = 1, .max_budget = 9, .eta = 3, .n_trials = 9 };
    spec.scheduler = SCHEDULER_SYNC_HYPERBAND;
    struct search_inputs in = { .spec = &spec, .space = &space, .rules = &rules, .seed = 3 };
    struct play *p = play_new(&in, 1, 5);
    struct search_decision d;
    p->loss = loss_of;
    p->failure = 1;
    CHECK(play_fill(p, &d));
    play_end(p, 0);
    p->failure = 0;
    CHECK(search_may_retry(p->search, 1));
    search_note_retried(p->search, 1);
    p->running[p->n_running++] = p->notes[0];
    play_to_the_end(p);
    CHECK_INT(count_at(p, 0), 9);
    CHECK(!search_may_retry(p->search, 1));
    play_free(p);
}

TEST(an_enqueued_configuration_comes_before_all_proposals_and_once)
{
    static const double mine[2] = { 0.5, 7 };
    struct search_spec spec = { .min_budget = 1, .max_budget = 9, .eta = 3, .n_trials = 9 };
    struct search_inputs in = { .spec = &spec, .space = &space, .rules = &rules, .seed = 3 };
    struct play *p = play_new(&in, 2, 5);
    struct search_decision d;
    p->loss = loss_of;
    CHECK(play_fill(p, &d));
    search_note_enqueued(p->search, mine);
    CHECK(search_is_waiting(p->search, mine));
    CHECK_INT(search_n_waiting(p->search), 1);
    CHECK(play_fill(p, &d));
    CHECK_INT(d.origin, SEARCH_ENQUEUED);
    CHECK(memcmp(p->running[1].x, mine, sizeof mine) == 0);
    CHECK(search_has_tried(p->search, mine) && !search_is_waiting(p->search, mine));
    play_to_the_end(p);
    play_free(p);
}

TAP_MAIN
