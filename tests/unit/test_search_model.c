/* BOHB's densities and model against statsmodels and HpBandSter. */
#include "common/base/dmath.h"
#include "coordinator/search/kde.h"
#include "coordinator/search/model.h"
#include "tests/tap.h"

static struct param unit[] = {
    { .name = "x", .type = PARAM_FLOAT, .low = 0, .high = 1 },
    { .name = "y", .type = PARAM_FLOAT, .low = 0, .high = 1 },
};
static struct param three = { .type = PARAM_CATEGORICAL, .n_choices = 3 };
static struct param five = { .type = PARAM_CATEGORICAL, .n_choices = 5 };
static struct param single = { .type = PARAM_CATEGORICAL, .n_choices = 1 };

static double density(struct kde *k, double x, double y)
{
    return dmath_exp(kde_log_density(k, (double[]){ x, y }));
}

static void fit(struct kde *k, struct axis *axes, const struct param *second, const double *rows, size_t n)
{
    struct rng r;
    rng_derive(&r, 1, 0, RNG_TEST, 0);
    axis_init(&axes[0], &unit[0], 64);
    if (second)
        axis_init(&axes[1], second, 64);
    kde_fit(k, axes, second ? 2 : 1, rows, n, &r);
}

TEST(numbers_have_the_density_of_statsmodels)
{
    struct axis axes[2];
    struct kde k = { 0 };
    fit(&k, axes, NULL, (double[]){ .1, .2, .4, .7 }, 4);
    CHECK_NEAR(k.bandwidth[0], 0.18406597630051033, 1e-15);
    static const double at[][2] = { { 0, 0.8192580335267385 }, { .1, 1.1555831619858907 }, { .3, 1.2863685982942887 },
        { .5, 0.9624294585552537 }, { 1, 0.14628002872761797 } };
    for (int i = 0; i < 5; i++)
        CHECK_NEAR(density(&k, at[i][0], 0), at[i][1], 1e-13);
    kde_deinit(&k);
    fit(&k, axes, &unit[1], (double[]){ .1, .9, .2, .8, .25, .5, .6, .4 }, 4);
    CHECK_NEAR(k.bandwidth[0], 0.1584475305521236, 1e-15);
    CHECK_NEAR(k.bandwidth[1], 0.17344308849825912, 1e-15);
    CHECK_NEAR(density(&k, .2, .7), 2.558277970049212, 1e-13);
    CHECK_NEAR(density(&k, .5, .5), 1.4799215459585944, 1e-13);
    CHECK_NEAR(density(&k, 0, 0), 0.006634710928092552, 1e-15);
    CHECK_NEAR(density(&k, 1, 1), 0.00015333099069593078, 1e-17);
    fit(&k, axes, &unit[1], (double[]){ .3, .1, .3, .4, .3, .8, .3, .9 }, 4);
    CHECK_NEAR(k.bandwidth[0], 1e-3, 0);
    CHECK_NEAR(k.bandwidth[1], 0.2693546429851755, 1e-15);
    CHECK_NEAR(density(&k, .3, .5), 315.40792274981607, 1e-10);
    CHECK_NEAR(density(&k, .301, .5), 191.30457546403707, 1e-10);
    kde_deinit(&k);
}

TEST(choices_have_the_density_of_statsmodels)
{
    struct axis axes[2];
    struct kde k = { 0 };
    fit(&k, axes, &three, (double[]){ .1, 0, .2, 1, .4, 2, .7, 0, .5, 1 }, 5);
    CHECK_NEAR(k.bandwidth[0], 0.17309849258610688, 1e-15);
    CHECK_NEAR(k.bandwidth[1], 0.6066034528697224, 1e-15);
    CHECK_NEAR(density(&k, .3, 0), 0.4139362487385762, 1e-14);
    CHECK_NEAR(density(&k, .3, 1), 0.44620609489905794, 1e-14);
    CHECK_NEAR(density(&k, .3, 2), 0.4249021381627327, 1e-14);
    kde_deinit(&k);
}

TEST(a_choice_never_seen_is_not_the_densest)
{
    /* statsmodels gives 0.818, 1.066, 0.448: the choice that nobody tried wins, with a bandwidth of 0.84. */
    struct axis axes[2];
    struct kde k = { 0 };
    fit(&k, axes, &three, (double[]){ .1, 0, .2, 2, .4, 2, .7, 0 }, 4);
    CHECK_NEAR(k.bandwidth[1], 2.0 / 3, 1e-15);
    CHECK_NEAR(density(&k, .3, 1), density(&k, .3, 0), 1e-12);
    double sum = density(&k, .3, 0) + density(&k, .3, 1) + density(&k, .3, 2);
    struct kde alone = { 0 };
    fit(&alone, axes, NULL, (double[]){ .1, .2, .4, .7 }, 4);
    alone.bandwidth[0] = k.bandwidth[0];
    alone.log_norm = k.log_norm;
    CHECK_NEAR(density(&alone, .3, 0), sum, 1e-12);
    kde_deinit(&alone);
    kde_deinit(&k);
}

TEST(a_bandwidth_of_choices_stays_below_the_flat_one)
{
    struct axis axes[2];
    struct kde k = { 0 };
    fit(&k, axes, &five, (double[]){ .1, 0, .2, 4, .4, 4, .7, 0, .9, 4, .95, 0 }, 6);
    CHECK_NEAR(k.bandwidth[1], 0.8, 1e-15); /* 1.5726931162516529 unbounded */
    fit(&k, axes, &three, (double[]){ .1, 1, .2, 1, .4, 1 }, 3);
    CHECK_NEAR(k.bandwidth[1], 1e-3, 0);
    CHECK(isfinite(density(&k, .2, 0)) && density(&k, .2, 0) < density(&k, .2, 1));
    fit(&k, axes, &single, (double[]){ .1, 0, .2, 0, .4, 0 }, 3);
    CHECK(isfinite(kde_log_density(&k, (double[]){ .2, 0 })));
    kde_deinit(&k);
}

TEST(absent_values_are_filled_from_one_row_of_the_same_set)
{
    struct axis axes[3];
    struct kde k = { 0 };
    struct rng r;
    static const double rows[] = { NAN, NAN, 0, .25, .75, 1, .5, .125, 2, NAN, .9, 1 };
    axis_init(&axes[0], &unit[0], 64);
    axis_init(&axes[1], &unit[1], 64);
    axis_init(&axes[2], &three, 64);
    int seen[2] = { 0, 0 };
    for (uint64_t seed = 0; seed < 40; seed++) {
        rng_derive(&r, seed, 0, RNG_TEST, 0);
        kde_fit(&k, axes, 3, rows, 4, &r);
        bool is_second = k.columns[0] == .25 && k.columns[4] == .75,
             is_third = k.columns[0] == .5 && k.columns[4] == .125;
        CHECK(is_second != is_third && k.columns[8] == 0); /* both from one row */
        CHECK(k.columns[3] == .25 || k.columns[3] == .5);  /* the first column alone: the published code skips it */
        seen[is_third]++;
    }
    CHECK(seen[0] > 5 && seen[1] > 5);
    kde_fit(&k, axes, 3, (double[]){ NAN, .5, NAN, NAN, .25, NAN }, 2, &r);
    for (int i = 0; i < 6; i++)
        CHECK(k.columns[i] >= 0 && k.columns[i] <= 2);
    CHECK(k.columns[4] == floor(k.columns[4]) && k.columns[5] == floor(k.columns[5]));
    kde_deinit(&k);
}

static double radical_inverse(int i, int base)
{
    double x = 0, digit = 1;
    for (; i > 0; i /= base)
        x += i % base * (digit /= base);
    return x;
}

static const struct space plane = { 2, unit };

/* N results at (vdC_2(i), vdC_3(i)), i from 1, whose loss is the squared distance to (.3, .7). */
static void play_results(struct history *h, int n)
{
    history_init(h, &plane, 1);
    for (int i = 1; i <= n; i++) {
        double x[2] = { radical_inverse(i, 2), radical_inverse(i, 3) };
        history_start(h, (uint32_t)i, x, 0, 0);
        history_place(h, (uint32_t)i, 0, PLACE_PAUSED);
        history_result(h, (uint32_t)i, (x[0] - .3) * (x[0] - .3) + (x[1] - .7) * (x[1] - .7));
    }
}

TEST(the_whole_model_is_that_of_hpbandster)
{
    static const struct {
        int n, n_good, n_bad;
        uint32_t good[4];
        double bandwidth_good[2], bandwidth_bad[2], ratio[3]; /* of bad to good */
    } rows[] = {
        // clang-format off
        { 6, 3, 3, { 2, 4, 5 }, { .18752582657486486, .12231674341735328 }, { .13760633634452246, .08007510506721614 },
          { 1.7128604435339087e-05, 0.7005328136976129, 296942.9102836279 } },
        { 12, 3, 9, { 2, 8, 4 }, { .06880316817226123, .16015021013443229 }, { .16268586054480108, .18362712678712656 },
          { 0.07007942348942037, 277.7840977079674, 1.2952766089340162e+21 } },
        { 30, 4, 25, { 2, 20, 14, 22 }, { .0966005144565959, .09217280321753087 }, { .17046318976771113, .1740508805337382 },
          { 0.06986649268935334, 0.313200089528079, 1418325543.3897107 } },
        // clang-format on
    };
    static const double at[3][2] = { { .3, .7 }, { .5, .5 }, { .9, .1 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct history h;
        struct model m;
        struct rng r;
        rng_derive(&r, 1, 0, RNG_TEST, 0);
        play_results(&h, rows[i].n);
        model_init(&m, MODEL_BOHB);
        CHECK_INT(model_level(&m, &h), 0);
        model_fit(&m, &h, 0, &r);
        CHECK_INT(m.n_good, rows[i].n_good);
        CHECK_INT(m.n_bad, rows[i].n_bad);
        for (int k = 0; k < rows[i].n_good; k++)
            CHECK_NEAR(m.scratch.u[2 * k], radical_inverse((int)rows[i].good[k], 2), 0);
        for (int j = 0; j < 2; j++) {
            CHECK_NEAR(m.good_kde.bandwidth[j], rows[i].bandwidth_good[j], 1e-14);
            CHECK_NEAR(m.bad_kde.bandwidth[j], rows[i].bandwidth_bad[j], 1e-14);
        }
        double scores[3];
        model_score(&m, at[0], at[0], 3, scores);
        for (int k = 0; k < 3; k++)
            CHECK_NEAR(dmath_exp(-scores[k]) / rows[i].ratio[k], 1, 1e-9);
        model_deinit(&m);
        history_deinit(&h);
    }
}

TEST(a_model_needs_two_results_a_parameter_and_two_more)
{
    struct model m;
    model_init(&m, MODEL_DEFAULT);
    struct history h;
    play_results(&h, 5);
    CHECK_INT(model_level(&m, &h), -1);
    history_deinit(&h);
    play_results(&h, 6);
    CHECK_INT(model_level(&m, &h), 0);
    history_deinit(&h);
}

TEST(the_default_calls_fifteen_percent_good_and_at_most_25)
{
    static const int rows[][2] = { { 1, 1 }, { 6, 1 }, { 7, 2 }, { 10, 2 }, { 20, 3 }, { 50, 8 }, { 100, 15 },
        { 166, 25 }, { 100000, 25 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_INT(model_n_good(rows[i][0]), rows[i][1]);
}

TEST(in_a_large_space_the_default_needs_18_results_and_bohb_all_of_them)
{
    struct param params[16];
    for (int j = 0; j < 16; j++)
        params[j] = (struct param){ .type = PARAM_FLOAT, .low = 0, .high = 1 };
    struct space space = { 16, params };
    struct history h;
    struct model ours, theirs;
    model_init(&ours, MODEL_DEFAULT);
    model_init(&theirs, MODEL_BOHB);
    history_init(&h, &space, 1);
    for (uint32_t trial = 1; trial <= 34; trial++) {
        double x[16] = { trial / 40.0 };
        history_start(&h, trial, x, 0, 0);
        history_result(&h, trial, trial);
        CHECK_INT(model_level(&ours, &h), trial < 18 ? -1 : 0);
        CHECK_INT(model_level(&theirs, &h), trial < 34 ? -1 : 0);
    }
    history_deinit(&h);
}

TEST(what_runs_and_what_broke_below_is_bad_and_what_waits_below_is_nothing)
{
    struct history h;
    struct model m;
    struct rng r;
    history_init(&h, &plane, 2);
    for (uint32_t i = 1; i <= 12; i++)
        history_start(&h, i, (double[]){ i / 16.0, 0.5 }, 0, 0);
    for (uint32_t i = 1; i <= 10; i++) {
        history_place(&h, i, 0, i == 10 ? PLACE_FAILED : PLACE_PAUSED);
        history_result(&h, i, i == 10 ? INFINITY : i);
    }
    for (uint32_t i = 1; i <= 8; i++)
        history_place(&h, i, 1, PLACE_RUNNING);
    for (uint32_t i = 1; i <= 7; i++) {
        history_place(&h, i, 1, PLACE_PAUSED);
        history_result(&h, i, i);
    }
    model_init(&m, MODEL_DEFAULT);
    CHECK_INT(model_level(&m, &h), 1);
    rng_derive(&r, 1, 0, RNG_TEST, 0);
    model_fit(&m, &h, 1, &r);
    CHECK_INT(m.n_good, 2);
    CHECK_INT(m.n_pending, 3); /* 8 on its way to the level, 11 and 12 below it */
    CHECK_INT(m.n_bad, 5 + 3 + 1);
    /* Losses 1 and 2 are 2 and 1 below the best of the others, 3; the prior weighs their mean. */
    CHECK_NEAR(dmath_exp(m.good.log_weight[0]), 2 / 4.5, 1e-12);
    CHECK_NEAR(dmath_exp(m.good.log_weight[1]), 1 / 4.5, 1e-12);
    CHECK_NEAR(dmath_exp(m.good.log_weight[2]), 1.5 / 4.5, 1e-12);
    CHECK_NEAR(dmath_exp(m.bad.log_weight[0]), 0.1, 1e-12);
    static const uint32_t bad[] = { 3, 4, 5, 6, 7, 8, 10, 11, 12 }; /* in the order of x; 9 waits below */
    for (size_t i = 0; i < 9; i++)
        CHECK_INT(m.scratch.trials[2 + i], bad[i]);
    model_deinit(&m);
    history_deinit(&h);
}

TAP_MAIN
