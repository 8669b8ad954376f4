/* The tasks of this directory: the surrogate says what the published network says, and every recorded configuration can
 * be found. */
#include <stdlib.h>

#include "common/base/str.h"
#include "tests/bench/search/curves.h"
#include "tests/bench/search/lcbench.h"
#include "tests/bench/search/tasks.h"
#include "tests/tap.h"

/* The surrogate of RUNG_DATA; skips without it. */
static struct lcbench *open_surrogate(void)
{
    struct str path = { 0 };
    struct err e;
    str_addf(&path, "%s/lcbench", getenv("RUNG_DATA") ? getenv("RUNG_DATA") : "");
    struct lcbench *l = lcbench_open(str_text(&path), &e);
    str_deinit(&path);
    if (!l)
        SKIP("RUNG_DATA names no directory with lcbench/");
    return l;
}

TEST(the_surrogate_says_what_the_published_network_says)
{
    static const double x[LCBENCH_PARAMS] = { 64, 0.01, 0.9, 0.001, 3, 256, 0.2 };
    static const int64_t epochs[LCBENCH_EPOCHS] = { 1, 2, 5, 10, 17, 25, 35, 50 };
    static const struct {
        const char *data_set;
        double accuracy[LCBENCH_EPOCHS], seconds; /* of the ONNX file by a plain walk over its nodes */
    } golden[] = {
        { "126026", { 45.2834, 94.6080, 95.3409, 95.1716, 95.4872, 95.8174, 96.1202, 96.5874 }, 61.98 },
        { "168330", { 24.0501, 57.1599, 62.6431, 63.2392, 63.7465, 64.2275, 64.9913, 65.7220 }, 163.46 },
        { "189906", { 9.9792, 48.4004, 75.8761, 83.2140, 85.8270, 87.1131, 88.0267, 89.1191 }, 96.85 },
    };
    struct lcbench *l = open_surrogate();
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        double accuracy[LCBENCH_EPOCHS], seconds[LCBENCH_EPOCHS];
        lcbench_evaluate(l, lcbench_find(golden[i].data_set), x, epochs, LCBENCH_EPOCHS, accuracy, seconds);
        for (int k = 0; k < LCBENCH_EPOCHS; k++)
            CHECK(fabs(accuracy[k] - golden[i].accuracy[k]) < 1e-3);
        CHECK(fabs(seconds[LCBENCH_EPOCHS - 1] - golden[i].seconds) < 0.01);
    }
    lcbench_close(l);
}

TEST(a_data_set_that_the_surrogate_has_not_is_not_found)
{
    CHECK(lcbench_find("3945") > 0);
    CHECK(lcbench_find("1") == -1);
}

TEST(every_configuration_of_the_grid_was_recorded)
{
    struct measured_list list;
    struct err e;
    CHECK(measured_list_open(&list, "tests/bench/search", NULL, &e) == 0);
    const struct space *space = &curves_space;
    for (int division = 0; division < 2; division++)
        for (uint64_t k = 0; k < list.curves[division].n; k++) {
            uint64_t rest = k;
            double x[CURVES_PARAMS];
            for (int j = CURVES_PARAMS - 1; j >= 0; j--) {
                uint64_t n = (uint64_t)param_cardinality(&space->params[j]);
                x[j] = param_value(&space->params[j], rest % n);
                rest /= n;
            }
            CHECK(rest == 0);
            CHECK(curves_row(&list.curves[division], x) == list.curves[division].rows[k]);
        }
    CHECK(list.curves[0].n == 7 * 4 * 3 * 3 * 2);
    measured_list_close(&list);
}

TEST(regret_is_0_at_the_best_and_100_at_the_median)
{
    struct measured_task t = { .task = { .best = -3 }, .median = 1 };
    CHECK(measured_regret(&t, -3) == 0);
    CHECK(measured_regret(&t, 1) == 100);
    CHECK(measured_regret(&t, 0) == 75);
}

TAP_MAIN
