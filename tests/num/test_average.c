#include "common/base/rng.h"
#include "tests/tap.h"
#include "worker/train/nn/average.h"

#include <stdlib.h>

TEST(an_average_follows_its_recurrence_and_ends_near_the_mean)
{
    struct rng r;
    float p[3] = { 1, -2, 0 };
    double wanted[3] = { 1, -2, 0 };
    struct average a;
    average_init(&a, p, 3, 50);
    rng_derive(&r, 1, 0, RNG_TEST, 0);
    for (uint64_t step = 1; step <= 2000; step++) {
        double most = (1 + (double)step) / (10 + (double)step), decay = most < 0.98 ? most : 0.98;
        for (int i = 0; i < 3; i++) {
            p[i] = (float)(i + rng_normal(&r));
            wanted[i] += (1 - decay) * (p[i] - wanted[i]);
        }
        average_step(&a, p, step);
    }
    for (int i = 0; i < 3; i++) {
        CHECK_NEAR((double)a.weights[i], wanted[i], 1e-5);
        CHECK_NEAR((double)a.weights[i], i, 0.5); /* five deviations of a mean over about a hundred */
    }
    average_deinit(&a);
}

TEST(swapping_twice_changes_nothing)
{
    float p[2] = { 1, 2 }, later[2] = { 5, 6 };
    struct average a;
    average_init(&a, p, 2, 10);
    average_swap(&a, later);
    CHECK_NEAR((double)later[1], 2, 0);
    CHECK_NEAR((double)a.weights[1], 6, 0);
    average_swap(&a, later);
    CHECK_NEAR((double)later[1], 6, 0);
    CHECK_NEAR((double)a.weights[1], 2, 0);
    average_deinit(&a);
}

TEST(an_average_over_nothing_leaves_the_parameters_alone)
{
    float p[2] = { 1, 2 };
    struct average a;
    average_init(&a, p, 2, 0);
    average_step(&a, p, 1);
    average_swap(&a, p);
    CHECK(a.n == 0 && p[0] == 1 && p[1] == 2);
    average_deinit(&a);
}

TAP_MAIN
