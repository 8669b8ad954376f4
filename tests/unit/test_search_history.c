/* What a search keeps: rankings, standings, axes, trials. */
#include <stdlib.h>

#include "coordinator/search/grid.h"
#include "coordinator/search/history.h"
#include "coordinator/search/standings.h"
#include "tests/tap.h"

TEST(a_ranking_is_in_order_whenever_it_is_asked)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct ranking r = { 0 };
        struct rng rng;
        rng_derive(&rng, seed, 0, RNG_TEST, 0);
        for (uint32_t trial = 1; trial <= 400; trial++) {
            double loss = (double)rng_below(&rng, 40);
            ranking_add(&r, trial, loss == 39 ? INFINITY : loss);
            if (rng_below(&rng, 1 + seed) == 0)
                ranking_order(&r);
            if (rng_below(&rng, 9) == 0)
                CHECK(ranking_remove(&r, trial) && !ranking_remove(&r, trial));
        }
        const struct ranked *order = ranking_order(&r);
        for (size_t i = 1; i < r.n; i++)
            CHECK(order[i - 1].loss < order[i].loss ||
                  (order[i - 1].loss == order[i].loss && order[i - 1].trial < order[i].trial));
        ranking_deinit(&r);
    }
}

TEST(zero_and_minus_zero_are_the_same_loss)
{
    struct ranking r = { 0 };
    ranking_add(&r, 2, -0.0);
    ranking_add(&r, 1, 0.0);
    CHECK_INT(ranking_order(&r)[0].trial, 1);
    ranking_deinit(&r);
}

enum { MOST = 1500 };

/* What standings say, by looking at every entry. Returns the first that waits among the first n_places, or -1. */
static int look(const struct standings_entry *all, int n, int64_t n_places, int64_t *place, double *line)
{
    int found = -1;
    bool is_seen[MOST] = { false };
    for (int64_t p = 1; p <= n_places; p++) {
        int best = -1;
        for (int i = 0; i < n; i++)
            if (!is_seen[i] && all[i].standing != STANDING_NONE &&
                (best < 0 || all[i].loss < all[best].loss ||
                    (all[i].loss == all[best].loss && all[i].trial < all[best].trial)))
                best = i;
        if (best < 0)
            break;
        is_seen[best] = true;
        *line = all[best].loss;
        if (found < 0 && all[best].standing == STANDING_WAITS) {
            found = best;
            *place = p;
        }
    }
    return found;
}

static void compare_standings(
    const struct standings *s, const struct standings_entry *all, int n, int64_t n_placed, int64_t n_places)
{
    struct standings_entry first = { 0 };
    int64_t wanted = 0, place = 0;
    double line = 0;
    CHECK_INT(s->n_placed, n_placed);
    int i = look(all, n, n_places, &wanted, &line);
    CHECK_INT(standings_first_waiting(s, n_places, &first, &place), i >= 0);
    if (i >= 0) {
        CHECK_INT(first.trial, all[i].trial);
        CHECK_INT(place, wanted);
    }
    if (n_places > 0 && n_placed > 0)
        CHECK_NEAR(standings_loss_at(s, n_places < n_placed ? n_places : n_placed), line, 0);
}

TEST(standings_are_what_a_look_at_every_entry_says)
{
    static struct standings_entry all[MOST];
    for (uint64_t seed = 0; seed < 4; seed++) {
        struct standings s = { 0 };
        struct rng rng;
        int n = 0;
        int64_t n_placed = 0;
        rng_derive(&rng, seed, 0, RNG_TEST, 0);
        while (n < MOST) {
            uint64_t what = rng_below(&rng, 10);
            struct standings_entry *old = n ? &all[rng_below(&rng, (uint64_t)n)] : NULL;
            enum standing standing = (enum standing)rng_below(&rng, 3);
            if (what > 2 || !old) {
                all[n] = (struct standings_entry){ (double)rng_below(&rng, 300), (uint32_t)n + 1, standing };
                standings_add(&s, all[n].trial, all[n].loss, standing);
                n++;
            } else if (what > 0) {
                if (what == 1)
                    standings_set(&s, old->trial, old->loss, standing);
                else
                    CHECK(standings_set_trial(&s, old->trial, standing));
                n_placed -= old->standing != STANDING_NONE;
                old->standing = standing;
            } else {
                CHECK(standings_remove_trial(&s, old->trial));
                CHECK(!standings_set_trial(&s, old->trial, standing));
                standing = STANDING_PLACED;
                n_placed -= old->standing != STANDING_NONE;
                old->standing = standing;
                standings_add(&s, old->trial, old->loss, standing);
            }
            n_placed += standing != STANDING_NONE;
            if (n % 100 == 0 || n < 20)
                compare_standings(&s, all, n, n_placed, (int64_t)rng_below(&rng, (uint64_t)n + 2) % 120);
        }
        CHECK(s.n_blocks > 4);
        standings_deinit(&s);
    }
}

static const struct param kinds[] = {
    { .type = PARAM_INT, .low = 1, .high = 5, .step = 1 },
    { .type = PARAM_INT, .low = 2, .high = 32, .step = 1, .is_log = true },
    { .type = PARAM_FLOAT, .low = 0.1, .high = 0.95, .step = 0.1 },
    { .type = PARAM_CATEGORICAL, .n_choices = 7, .is_ordered = true },
};

TEST(cells_tile_the_axis_and_hold_their_centre)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct axis a;
        double from, to, end = 0;
        axis_init(&a, &kinds[i], 64);
        CHECK(a.kind == AXIS_CELLS);
        for (uint32_t cell = 0; cell < a.n_values; cell++) {
            double u = axis_centre(&a, cell), value = param_value(&kinds[i], cell);
            CHECK_INT(axis_cell(&a, u, &from, &to), cell);
            CHECK_NEAR(axis_decode(&a, u), value, 1e-12);
            CHECK_NEAR(axis_encode(&a, value), u, 0);
            CHECK_NEAR(from, end, 1e-12);
            CHECK(from < u && u < to);
            CHECK_NEAR(axis_decode(&a, from + 1e-9), value, 1e-12);
            CHECK_NEAR(axis_decode(&a, to - 1e-9), value, 1e-12);
            end = to;
        }
        CHECK_NEAR(end, 1, 1e-12);
    }
}

TEST(a_long_grid_counts_as_continuous_and_choices_never_do)
{
    static const struct param wide = { .type = PARAM_INT, .low = 1, .high = 65, .step = 1 };
    static const struct param many = { .type = PARAM_CATEGORICAL, .n_choices = 100, .is_ordered = true };
    struct axis a;
    axis_init(&a, &wide, 64);
    CHECK(a.kind == AXIS_REAL);
    axis_init(&a, &many, 64);
    CHECK(a.kind == AXIS_CHOICE && a.n_values == 100);
    CHECK(isnan(axis_encode(&a, NAN)) && isnan(axis_decode(&a, NAN)));
}

static struct param two[] = {
    { .name = "x", .type = PARAM_FLOAT, .low = 0, .high = 1 },
    { .name = "y", .type = PARAM_INT, .low = 1, .high = 4, .step = 1 },
};
static const struct space space = { 2, two };

TEST(a_history_knows_every_configuration_it_was_told)
{
    struct history h;
    history_init(&h, &space, 1);
    for (uint32_t i = 1; i <= 1000; i++)
        history_start(&h, i, (double[]){ i / 1024.0, i % 5 == 0 ? NAN : i % 4 + 1 }, 0, 0);
    for (uint32_t i = 1; i <= 1000; i++) {
        CHECK(history_has(&h, (double[]){ i / 1024.0, i % 5 == 0 ? NAN : i % 4 + 1 }));
        CHECK(!history_has(&h, (double[]){ i / 1024.0, i % 5 == 0 ? 1 : NAN }));
    }
    CHECK_INT(h.orders[0].n, 1000);
    CHECK_INT(h.orders[1].n, 800); /* where y is there */
    history_deinit(&h);
}

TEST(the_running_trials_are_listed_by_number)
{
    struct history h;
    history_init(&h, &space, 3);
    for (uint32_t i = 1; i <= 6; i++)
        history_start(&h, i, (double[]){ i / 8.0, 1 }, 0, 0);
    history_place(&h, 2, 0, PLACE_PAUSED);
    history_place(&h, 6, 0, PLACE_FAILED);
    history_place(&h, 1, 0, PLACE_PAUSED);
    history_place(&h, 2, 1, PLACE_RUNNING);
    static const uint32_t running[] = { 2, 3, 4, 5 };
    CHECK_INT(h.n_running, 4);
    for (int i = 0; i < 4; i++)
        CHECK_INT(h.running[i], running[i]);
    CHECK_INT(history_level(&h, 2), 1);
    history_deinit(&h);
}

TEST(a_grid_finds_every_point_by_its_number)
{
    struct grid step, seek;
    double a[2], b[2];
    grid_init(&step, &space);
    for (uint64_t i = 0; i < 40; i++) {
        CHECK(!step.is_past_end);
        grid_init(&seek, &space);
        grid_seek(&seek, i);
        grid_point(&step, a);
        grid_point(&seek, b);
        CHECK(config_equal(&space, a, b));
        CHECK_NEAR(a[0], (double)(i / 4) / 9, 1e-15);
        CHECK_NEAR(a[1], (double)(i % 4) + 1, 0);
        grid_step(&step);
    }
    CHECK(step.is_past_end);
}

TAP_MAIN
