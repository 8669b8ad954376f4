/* Spearman's rank correlation between two rungs, against values worked out by hand and by a plain program. */
#include <stdlib.h>

#include "coordinator/search/agreement.h"
#include "tests/tap.h"

static struct param params[] = { { .name = "a", .type = PARAM_FLOAT, .low = 0, .high = 1 } };
static const struct space space = { 1, params };

/* n trials with these losses at two levels; NaN: no result there. */
static double correlation(const double *lower, const double *upper, int n, int *n_both)
{
    struct history h;
    history_init(&h, &space, 2);
    for (int i = 0; i < n; i++) {
        double x = (i + 0.5) / n;
        history_start(&h, (uint32_t)i + 1, &x, 0, 0);
        if (!isnan(lower[i]))
            history_result(&h, (uint32_t)i + 1, lower[i]);
    }
    for (int i = 0; i < n; i++) {
        history_place(&h, (uint32_t)i + 1, 1, PLACE_RUNNING);
        if (!isnan(upper[i]))
            history_result(&h, (uint32_t)i + 1, upper[i]);
    }
    double imported = 0.123;
    history_import(&h, &imported, 1, 0.5);
    double found = agreement_find(&h, 0, 1, n_both);
    history_deinit(&h);
    return found;
}

TEST(the_rank_correlation_is_spearmans)
{
    static const struct {
        double lower[6], upper[6], want;
        int n;
    } rows[] = {
        { { 1, 2, 3, 4, 5, 6 }, { 10, 20, 30, 40, 50, 60 }, 1, 6 },
        { { 1, 2, 3, 4, 5, 6 }, { 6, 5, 4, 3, 2, 1 }, -1, 6 },
        { { 1, 2, 3, 4, 5, 6 }, { 2, 1, 4, 3, 6, 5 }, 0.8285714285714286, 6 },
        { { 1, 1, 2, 3, 3, 3 }, { 4, 1, 1, 9, 7, 8 }, 0.7984359711335657, 6 },
        { { 1, 2, 3, 4, 5, NAN }, { 1, 2, INFINITY, 5, 4, 3 }, 0.8, 4 },
        { { 1, 1, 1, 1, 1, 1 }, { 1, 2, 3, 4, 5, 6 }, 0, 6 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int n;
        double found = correlation(rows[i].lower, rows[i].upper, 6, &n);
        if (n != rows[i].n || fabs(found - rows[i].want) > 1e-6)
            TAP_FAIL("row %zu: %.10g over %d", i, found, n);
    }
}

TEST(of_one_trial_there_is_none)
{
    const double lower[2] = { 1, 2 }, upper[2] = { 1, NAN };
    int n;
    CHECK(isnan(correlation(lower, upper, 2, &n)));
    CHECK_INT(n, 1);
}

TAP_MAIN
