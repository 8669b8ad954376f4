#include "common/domain/space.h"
#include "common/domain/spec.h"
#include "tests/tap.h"

static const struct param batch = {
    .name = "batch", .type = PARAM_INT, .low = 16, .high = 512, .step = 1, .is_log = true
};
static const struct param rate = { .name = "rate", .type = PARAM_FLOAT, .low = 1e-5, .high = 1e-1, .is_log = true };
static const struct param stepped = { .name = "stepped", .type = PARAM_FLOAT, .low = 0.1, .high = 0.95, .step = 0.1 };

TEST(every_value_comes_back_from_the_unit_interval)
{
    for (int v = 16; v <= 512; v++)
        CHECK_NEAR(param_from_unit(&batch, param_to_unit(&batch, v)), v, 0);
    for (uint64_t k = 0; k < 9; k++)
        CHECK_NEAR(
            param_from_unit(&stepped, param_to_unit(&stepped, param_value(&stepped, k))), 0.1 + 0.1 * (double)k, 0);
    CHECK_NEAR(param_from_unit(&rate, 0), 1e-5, 1e-20);
    CHECK_NEAR(param_from_unit(&rate, 1), 1e-1, 1e-16);
    CHECK_NEAR(param_cardinality(&stepped), 9, 0);
}

TEST(the_prior_covers_the_range_and_each_value_alike)
{
    struct rng r;
    struct param small = { .type = PARAM_INT, .low = 1, .high = 4, .step = 1 };
    int counts[5] = { 0 };
    rng_derive(&r, 1, 0, RNG_TEST, 0);
    for (int i = 0; i < 40000; i++) {
        counts[(int)param_sample(&small, &r)]++;
        double x = param_sample(&rate, &r);
        CHECK(x >= 1e-5 && x <= 1e-1);
    }
    for (int v = 1; v <= 4; v++)
        CHECK_NEAR(counts[v], 10000, 400);
}

TEST(an_absent_value_is_equal_to_itself_and_hashes_alike)
{
    struct param params[2] = { batch, rate };
    struct space s = { 2, params };
    double a[2] = { 16, NAN }, b[2] = { 16, -NAN }, c[2] = { 16, 1e-3 };
    CHECK(config_equal(&s, a, b) && config_hash(&s, a) == config_hash(&s, b));
    CHECK(!config_equal(&s, a, c) && config_hash(&s, a) != config_hash(&s, c));
}

TEST(the_rungs_are_those_of_the_published_tables)
{
    static const struct {
        int64_t min, max;
        int eta, n;
        int64_t rungs[6];
    } rows[] = {
        { 2, 50, 3, 4, { 2, 6, 17, 50 } },
        { 1, 81, 3, 5, { 1, 3, 9, 27, 81 } },
        { 1, 20, 3, 4, { 1, 2, 7, 20 } },
        { 1, 27, 3, 4, { 1, 3, 9, 27 } },
        { 5, 5, 3, 1, { 5 } },
        { 1, 64, 4, 4, { 1, 4, 16, 64 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct search_spec spec = { .min_budget = rows[i].min, .max_budget = rows[i].max, .eta = rows[i].eta };
        int64_t rungs[LIMIT_RUNGS];
        CHECK_INT(search_spec_rungs(&spec, rungs), rows[i].n);
        for (int k = 0; k < rows[i].n; k++)
            CHECK_INT(rungs[k], rows[i].rungs[k]);
    }
    CHECK_INT(search_spec_default_min(50), 2);
    CHECK_INT(search_spec_default_min(9), 1);
}

TAP_MAIN
