/* Which configurations a search proposes: through its door. */
#include "tests/unit/search_play.h"

static struct param floats[] = {
    { .name = "x", .type = PARAM_FLOAT, .low = 0, .high = 1 },
    { .name = "y", .type = PARAM_FLOAT, .low = 0, .high = 1 },
};
static struct param small[] = {
    { .name = "layers", .type = PARAM_INT, .low = 1, .high = 4, .step = 1 },
    { .name = "heads", .type = PARAM_CATEGORICAL, .n_choices = 3 },
    { .name = "rate", .type = PARAM_FLOAT, .low = 0.1, .high = 0.5, .step = 0.1 },
};
static const struct space plane = { 2, floats }, lattice = { 3, small };

static struct search_inputs set_up(
    struct search_spec *spec, const struct space *space, enum sampler sampler, int n_trials)
{
    *spec = (struct search_spec){ .sampler = sampler,
        .scheduler = SCHEDULER_NONE,
        .min_budget = 9,
        .max_budget = 9,
        .eta = 3,
        .n_trials = n_trials };
    return (struct search_inputs){ .spec = spec, .space = space, .seed = 11 };
}

static double loss_of_x(const struct play *p, uint32_t trial, const double *x, int rung)
{
    double loss = 0;
    for (int j = 0; j < p->in.space->n_params; j++)
        loss += isnan(x[j]) ? 0.1 : (x[j] - 0.3) * (x[j] - 0.3);
    return loss;
}

static int count_duplicates(const struct play *p)
{
    int n = 0;
    for (int i = 0; i < p->n_notes; i++)
        for (int j = 0; j < i; j++)
            n += p->notes[i].kind == PLAY_STARTED && p->notes[j].kind == PLAY_STARTED &&
                 config_equal(p->in.space, p->notes[i].x, p->notes[j].x);
    return n;
}

TEST(a_small_space_is_tried_whole_and_never_twice)
{
    static const enum sampler samplers[] = { SAMPLER_TPE, SAMPLER_RANDOM, SAMPLER_GRID };
    for (int i = 0; i < 3; i++) {
        struct search_spec spec;
        struct search_inputs in = set_up(&spec, &lattice, samplers[i], 1000);
        struct play *p = play_new(&in, 4, 1);
        struct search_decision d;
        p->loss = loss_of_x;
        play_to_the_end(p);
        CHECK_INT(p->n_started, 60);
        CHECK_INT(count_duplicates(p), 0);
        search_next(p->search, &d);
        CHECK(d.move == SEARCH_END);
        CHECK_CONTAINS(d.note, "every configuration");
        play_free(p);
    }
}

/* `rate` is there only with heads = 0, and layers 4 is forbidden: 3 x (5 + 1 + 1) = 21 configurations. */
static bool resolve_lattice(void *context, double *x)
{
    if (x[1] != 0)
        x[2] = NAN;
    return x[0] != 4;
}

TEST(what_when_drops_is_not_a_different_configuration)
{
    static const enum sampler samplers[] = { SAMPLER_TPE, SAMPLER_RANDOM, SAMPLER_GRID };
    const struct rules rules = { NULL, resolve_lattice };
    for (int i = 0; i < 3; i++) {
        struct search_spec spec;
        struct search_inputs in = set_up(&spec, &lattice, samplers[i], 1000);
        in.rules = &rules;
        struct play *p = play_new(&in, 2, 1);
        p->loss = loss_of_x;
        play_to_the_end(p);
        CHECK_INT(p->n_started, 21);
        CHECK_INT(count_duplicates(p), 0);
        for (int k = 0; k < p->n_notes; k++)
            if (p->notes[k].kind == PLAY_STARTED)
                CHECK(p->notes[k].x[0] != 4 && isnan(p->notes[k].x[2]) == (p->notes[k].x[1] != 0));
        play_free(p);
    }
}

TEST(a_grid_turns_its_last_parameter_fastest)
{
    struct search_spec spec;
    struct search_inputs in = set_up(&spec, &lattice, SAMPLER_GRID, 100);
    struct play *p = play_new(&in, 100, 1);
    struct search_decision d;
    for (int i = 0; i < 60; i++) {
        CHECK(play_fill(p, &d));
        CHECK(d.origin == SEARCH_GRID);
        CHECK_NEAR(d.x[0], 1 + i / 15, 0);
        CHECK_NEAR(d.x[1], i / 5 % 3, 0);
        CHECK_NEAR(d.x[2], 0.1 + 0.1 * (i % 5), 1e-15);
    }
    CHECK(!play_fill(p, &d) && d.move == SEARCH_END);
    play_free(p);
}

TEST(the_users_own_configurations_come_first_and_once)
{
    static const double enqueue[] = { 0.5, 0.5, 0.25, 0.75, 0.5, 0.5, 1, 0 };
    struct search_spec spec;
    struct search_inputs in = set_up(&spec, &plane, SAMPLER_TPE, 10);
    in.enqueue = enqueue;
    in.n_enqueue = 4;
    struct play *p = play_new(&in, 10, 1);
    struct search_decision d;
    static const int order[] = { 0, 1, 3 };
    for (int i = 0; i < 3; i++) {
        CHECK(play_fill(p, &d));
        CHECK(d.origin == SEARCH_ENQUEUED);
        CHECK(config_equal(&plane, p->notes[i].x, enqueue + 2 * order[i]));
    }
    CHECK(play_fill(p, &d));
    CHECK(d.origin == SEARCH_PRIOR);
    play_free(p);
}

TEST(the_model_is_asked_once_there_are_results_enough_and_finds_the_valley)
{
    struct search_spec spec;
    struct search_inputs in = set_up(&spec, &plane, SAMPLER_TPE, 200);
    struct play *p = play_new(&in, 4, 1);
    struct search_decision d;
    p->loss = loss_of_x;
    int n_model = 0, n_share = 0, n_near = 0;
    for (int i = 0; i < 200; i++) {
        CHECK(play_fill(p, &d));
        CHECK_INT(d.trial, i + 1);
        if (i < 6)
            CHECK(d.origin == SEARCH_PRIOR && strstr(d.note, "startup"));
        n_model += d.origin == SEARCH_MODEL;
        n_share += d.origin == SEARCH_PRIOR && strstr(d.note, "share");
        if (d.origin == SEARCH_MODEL) {
            CHECK(isfinite(d.score) && d.score_rank >= 1 && d.n_candidates == 64);
            CHECK_INT(d.n_pending, p->n_running - 1);
            CHECK_INT(d.n_good + d.n_bad, i);
            CHECK_INT(d.model_rung, 0);
        }
        if (i >= 100)
            n_near += fabs(p->running[p->n_running - 1].x[0] - 0.3) < 0.2 &&
                      fabs(p->running[p->n_running - 1].x[1] - 0.3) < 0.2;
        if (p->n_running == 4)
            play_end(p, (int)rng_below(&p->r, 4));
    }
    CHECK_INT(n_model + n_share, 200 - 9); /* three more while the first results are awaited */
    CHECK(n_share > 12 && n_share < 50);
    CHECK(n_near > 65); /* the prior would give 16 */
    play_free(p);
}

static bool resolve_sliver(void *context, double *x)
{
    return x[0] + x[1] < *(const double *)context;
}

TEST(a_narrow_where_is_obeyed_by_prior_and_model)
{
    double bound = 0.1;
    const struct rules rules = { &bound, resolve_sliver };
    struct search_spec spec;
    struct search_inputs in = set_up(&spec, &plane, SAMPLER_TPE, 60);
    in.rules = &rules;
    struct play *p = play_new(&in, 3, 1);
    p->loss = loss_of_x;
    play_to_the_end(p);
    CHECK_INT(p->n_started, 60);
    for (int i = 0; i < p->n_notes; i++)
        CHECK(p->notes[i].kind != PLAY_STARTED || p->notes[i].x[0] + p->notes[i].x[1] < bound);
    play_free(p);
}

TEST(a_where_that_nothing_meets_ends_the_search_and_says_so)
{
    double bound = -1;
    const struct rules rules = { &bound, resolve_sliver };
    struct search_spec spec;
    struct search_inputs in = set_up(&spec, &plane, SAMPLER_TPE, 60);
    in.rules = &rules;
    struct search *s = search_new(&in);
    struct search_decision d;
    search_next(s, &d);
    CHECK(d.move == SEARCH_END);
    CHECK_CONTAINS(d.note, "where");
    search_free(s);
}

TEST(failures_everywhere_never_stop_the_proposals)
{
    struct search_spec spec;
    struct search_inputs in = set_up(&spec, &plane, SAMPLER_TPE, 60);
    struct play *p = play_new(&in, 3, 1);
    p->loss = loss_of_x;
    p->failure = 1;
    play_to_the_end(p);
    CHECK_INT(p->n_started, 60);
    play_free(p);
}

static double loss_extreme(const struct play *p, uint32_t trial, const double *x, int rung)
{
    static const double losses[] = { 1e308, -1e308, 0, 5e-324, 1e-300, 1.7e308, -1.7e308, 1 };
    return losses[trial % 8];
}

TEST(extreme_losses_give_finite_scores)
{
    struct search_spec spec;
    struct search_inputs in = set_up(&spec, &plane, SAMPLER_TPE, 60);
    struct play *p = play_new(&in, 1, 1);
    struct search_decision d;
    p->loss = loss_extreme;
    while (play_fill(p, &d)) {
        CHECK(isfinite(d.score) && d.x[0] >= 0 && d.x[0] <= 1 && d.x[1] >= 0 && d.x[1] <= 1);
        play_end(p, 0);
    }
    CHECK_INT(p->n_started, 60);
    play_free(p);
}

TEST(startup_has_one_trial_in_every_stratum)
{
    struct search_spec spec;
    struct search_inputs in = set_up(&spec, &plane, SAMPLER_TPE, 6);
    struct play *p = play_new(&in, 6, 1);
    struct search_decision d;
    int seen[2][6] = { { 0 } };
    while (play_fill(p, &d))
        for (int j = 0; j < 2; j++)
            seen[j][(int)(p->running[p->n_running - 1].x[j] * 6)]++;
    for (int i = 0; i < 6; i++)
        CHECK(seen[0][i] == 1 && seen[1][i] == 1);
    play_free(p);
}

TAP_MAIN
