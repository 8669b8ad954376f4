/* test_curve.c: the bounded curve: even, ascending, and the last point always there. */
#include "common/base/limits.h"
#include "common/base/rng.h"
#include "tests/tap.h"
#include "worker/core/curve.h"

TEST(a_short_curve_is_kept_whole)
{
    struct curve c = { 0 };
    for (int step = 1; step <= LIMIT_CURVE; step++)
        curve_add(&c, step, "{}");
    CHECK_INT(c.n, LIMIT_CURVE);
    for (size_t i = 0; i < c.n; i++)
        CHECK_INT(c.points[i].step, i + 1);
    curve_deinit(&c);
}

TEST(a_long_curve_is_thinned_evenly_and_ends_with_the_last_point)
{
    struct curve c = { 0 };
    for (int step = 1; step <= 100000; step++) {
        curve_add(&c, step, "{}");
        CHECK(c.n <= LIMIT_CURVE);
        CHECK_INT(c.points[c.n - 1].step, step);
    }
    CHECK(c.n > LIMIT_CURVE / 2);
    int64_t stride = c.points[0].step;
    for (size_t i = 0; i + 1 < c.n; i++)
        CHECK_INT(c.points[i].step, (int64_t)(i + 1) * stride);
    curve_deinit(&c);
}

TEST(large_metrics_are_thinned_by_their_bytes_down_to_one)
{
    static char large[LIMIT_TRIAL_LINE];
    struct curve c = { 0 };
    memset(large, ' ', sizeof large - 1);
    for (int step = 1; step <= 1000; step++) {
        curve_add(&c, step, step % 3 ? "{}" : large);
        CHECK(c.bytes <= CURVE_BYTES);
        CHECK_INT(c.points[c.n - 1].step, step);
        size_t bytes = 0;
        for (size_t i = 0; i < c.n; i++)
            bytes += strlen(c.points[i].metrics);
        CHECK_INT(c.bytes, bytes);
    }
    curve_deinit(&c);
}

TEST(a_curve_is_cut_at_a_step)
{
    struct curve c = { 0 };
    for (int step = 10; step <= 50; step += 10)
        curve_add(&c, step, "{}");
    curve_cut(&c, 35);
    CHECK_INT(c.n, 3);
    CHECK_INT(c.points[2].step, 30);
    CHECK_INT(c.bytes, 6);
    curve_cut(&c, 5);
    CHECK_INT(c.n, 0);
    curve_deinit(&c);
}

TAP_MAIN
