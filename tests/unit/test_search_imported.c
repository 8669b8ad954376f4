/* What was measured elsewhere: the models learn from it, and nothing else changes. */
#include "common/base/dmath.h"
#include "coordinator/search/model.h"
#include "tests/unit/search_play.h"

static struct param params[] = {
    { .name = "x", .type = PARAM_FLOAT, .low = 0, .high = 1 },
    { .name = "n", .type = PARAM_INT, .low = 1, .high = 100, .step = 1 },
    { .name = "kind", .type = PARAM_CATEGORICAL, .n_choices = 3 },
};
static const struct space space = { 3, params };

static double loss_at(const double *x)
{
    return (x[0] - .3) * (x[0] - .3) + fabs(x[1] - 70) / 100 + x[2];
}

static double loss(const struct play *p, uint32_t trial, const double *x, int rung)
{
    return loss_at(x) + 1.0 / (rung + 1);
}

/* The i-th of some configurations that lie all over the space. */
static const double *config(int i)
{
    static double x[3];
    x[0] = (i * 37 % 101) / 101.0;
    x[1] = 1 + i * 53 % 100;
    x[2] = i % 3;
    return x;
}

static struct search_inputs inputs(const struct search_spec *spec)
{
    return (struct search_inputs){ .spec = spec, .space = &space, .seed = 5 };
}

static const struct search_spec ladder = { .min_budget = 1, .max_budget = 27, .eta = 3, .n_trials = 60 };

static bool import(struct search *s, int64_t budget, const double *x, double value)
{
    return search_note_imported(s, &budget, x, value);
}

TEST(enough_results_from_elsewhere_make_a_model_before_the_first_trial)
{
    const struct search_inputs in = inputs(&ladder);
    int n_model = 0, n_near = 0;
    struct search *s = search_new(&in);
    for (int i = 0; i < 40; i++)
        CHECK(import(s, 27, config(i), loss_at(config(i))));
    for (uint32_t trial = 1; trial <= 30; trial++) {
        struct search_decision d;
        search_next(s, &d);
        CHECK_INT(d.trial, trial);
        n_model += d.origin == SEARCH_MODEL;
        n_near += d.x[2] == 0 && fabs(d.x[1] - 70) < 30;
        if (d.origin == SEARCH_MODEL)
            CHECK_INT(d.model_rung, 3);
        search_note_started(s, trial, d.x, d.bracket);
        search_note_failed(s, trial, 0);
    }
    CHECK(n_model > 15); /* 15 % of proposals come from the prior */
    CHECK(n_near > 10);  /* of which the prior alone would give 6 */
    search_free(s);
}

TEST(the_same_result_counts_once)
{
    const struct search_inputs in = inputs(&ladder);
    struct search *s = search_new(&in);
    for (int i = 0; i < 300; i++)
        CHECK(import(s, 9, config(i), i));
    for (int i = 0; i < 300; i++)
        CHECK(!import(s, 9, config(i), i) && !import(s, 26, config(i), i)); /* 26 reaches the rung 9 */
    CHECK(import(s, 27, config(0), 0) && import(s, 9, config(0), 0.5) && import(s, 9, config(0), INFINITY));
    search_free(s);
}

TEST(it_counts_for_the_highest_rung_that_its_budget_reaches)
{
    static const struct search_spec spec = { .min_budget = 2, .max_budget = 50, .eta = 3, .n_trials = 60 };
    static const int64_t rows[][2] = { { 1, 0 }, { 2, 2 }, { 5, 2 }, { 6, 6 }, { 49, 17 }, { 50, 50 }, { 1000, 50 } };
    const struct search_inputs in = inputs(&spec);
    struct search *s = search_new(&in);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t budget = rows[i][0];
        CHECK_INT(search_note_imported(s, &budget, config((int)i), 1), rows[i][1] > 0);
        CHECK_INT(budget, rows[i][1]);
    }
    search_free(s);
}

TEST(it_is_no_trial_and_may_be_tried)
{
    static const struct search_spec spec = {
        .sampler = SAMPLER_GRID, .scheduler = SCHEDULER_NONE, .min_budget = 1, .max_budget = 1, .eta = 3, .n_trials = 9
    };
    static struct param one[] = { { .name = "kind", .type = PARAM_CATEGORICAL, .n_choices = 2 } };
    static const struct space small = { 1, one };
    const struct search_inputs in = { .spec = &spec, .space = &small, .seed = 5 };
    struct search *s = search_new(&in);
    struct search_decision d;
    CHECK(import(s, 1, (double[]){ 0 }, 0.1) && import(s, 1, (double[]){ 1 }, 0.2));
    for (uint32_t trial = 1; trial <= 2; trial++) {
        search_next(s, &d);
        CHECK(d.move == SEARCH_START && d.trial == trial && d.x[0] == trial - 1);
        search_note_started(s, trial, d.x, d.bracket);
    }
    search_next(s, &d);
    CHECK_INT(d.move, SEARCH_END); /* both combinations run: nothing is left to begin */
    search_free(s);
}

static bool is_same(const struct search_decision *a, const struct search_decision *b)
{
    return a->move == b->move && a->origin == b->origin && a->trial == b->trial && a->rung == b->rung &&
           (a->move != SEARCH_START || config_equal(&space, a->x, b->x)) &&
           memcmp(&a->score, &b->score, sizeof a->score) == 0 && a->n_good == b->n_good && a->n_bad == b->n_bad;
}

/* The search of p rebuilt with 30 imports before its `at`-th note. */
static struct search *rebuild_with(const struct play *p, int at)
{
    struct search *s = search_new(&p->in);
    for (int i = 0; i <= p->n_notes; i++) {
        for (int k = 0; i == at && k < 30; k++)
            import(s, k % 2 ? 27 : 3, config(k), k % 7 ? loss_at(config(k)) : INFINITY); /* without a rung 3: half */
        if (i < p->n_notes)
            play_apply(s, &p->notes[i]);
    }
    return s;
}

TEST(when_it_came_plays_no_part)
{
    for (int i = 0; i < 3 * 2; i++) {
        struct search_spec spec = ladder;
        spec.scheduler = (enum scheduler)(i % 3);
        spec.model = (enum search_model)(i / 3);
        const struct search_inputs in = inputs(&spec);
        struct play *p = play_new(&in, 5, (uint64_t)i);
        p->loss = loss;
        p->failure = 0.1;
        for (int round = 0; round < 25; round++) {
            struct search_decision d, e;
            while (p->n_running < p->n_slots && play_fill(p, &d))
                ;
            play_end(p, (int)rng_below(&p->r, (uint64_t)p->n_running));
            struct search *first = rebuild_with(p, 0), *middle = rebuild_with(p, p->n_notes / 2),
                          *last = rebuild_with(p, p->n_notes);
            search_next(first, &d);
            search_next(middle, &e);
            CHECK(is_same(&d, &e));
            search_next(last, &e);
            CHECK(is_same(&d, &e));
            search_free(first);
            search_free(middle);
            search_free(last);
        }
        play_free(p);
    }
}

TEST(a_model_of_results_from_elsewhere_is_that_of_the_same_results_here)
{
    for (int kind = MODEL_DEFAULT; kind <= MODEL_BOHB; kind++) {
        struct history own, other;
        struct model a, b;
        struct rng r;
        double u[3 * 20], scores[2][20];
        history_init(&own, &space, 2);
        history_init(&other, &space, 2);
        for (int i = 0; i < 50; i++) {
            double value = i % 9 ? loss_at(config(i)) : INFINITY;
            history_start(&own, (uint32_t)i + 1, config(i), 0, 0);
            history_place(&own, (uint32_t)i + 1, 0, i % 9 ? PLACE_PAUSED : PLACE_FAILED);
            history_result(&own, (uint32_t)i + 1, value);
            CHECK(history_import(&other, config(i), 0, value));
        }
        model_init(&a, (enum search_model)kind);
        model_init(&b, (enum search_model)kind);
        rng_derive(&r, 1, 0, RNG_TEST, 0);
        model_fit(&a, &own, 0, &r);
        rng_derive(&r, 1, 0, RNG_TEST, 0);
        model_fit(&b, &other, 0, &r);
        CHECK(a.n_good == b.n_good && a.n_bad == b.n_bad);
        for (int i = 0; i < 20; i++)
            model_draw(&a, &r, u + (size_t)3 * (size_t)i);
        model_score(&a, u, u, 20, scores[0]);
        model_score(&b, u, u, 20, scores[1]);
        for (int i = 0; i < 20; i++)
            CHECK_NEAR(scores[0][i], scores[1][i], 0);
        model_deinit(&a);
        model_deinit(&b);
        history_deinit(&own);
        history_deinit(&other);
    }
}

TAP_MAIN
