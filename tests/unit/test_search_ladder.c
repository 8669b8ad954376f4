/* The asynchronous scheduler, through the door of the search. */
#include "common/base/str.h"
#include "tests/unit/search_play.h"

static struct param param_x = { .name = "x", .type = PARAM_FLOAT, .low = 0, .high = 1 };
static struct param param_y = { .name = "y", .type = PARAM_FLOAT, .low = 0, .high = 1 };

/* A search over two floats that draws at random. */
struct setting {
    struct param params[2];
    struct space space;
    struct search_spec spec;
    struct search_inputs in;
};

static struct search_inputs *set_up(struct setting *s, int64_t min, int64_t max, int64_t n_trials)
{
    *s = (struct setting){ .params = { param_x, param_y } };
    s->space = (struct space){ 2, s->params };
    s->spec = (struct search_spec){ .sampler = SAMPLER_RANDOM,
        .scheduler = SCHEDULER_HYPERBAND,
        .min_budget = min,
        .max_budget = max,
        .eta = 3,
        .n_trials = n_trials };
    s->in = (struct search_inputs){ .spec = &s->spec, .space = &s->space, .seed = 7 };
    return &s->in;
}

static double loss_from_table(const struct play *p, uint32_t trial, const double *x, int rung)
{
    const double *losses = p->context;
    return losses[trial - 1];
}

static double loss_improving(const struct play *p, uint32_t trial, const double *x, int rung)
{
    return 20 - (double)trial;
}

static double loss_of_x(const struct play *p, uint32_t trial, const double *x, int rung)
{
    return (x[0] - 0.3) * (x[0] - 0.3) + (x[1] - 0.7) * (x[1] - 0.7);
}

/* Plays one slot until `n_started` trials are started and the next would be; the moves as "0@1 1@1", numbers from 0. */
static void play_moves(struct play *p, int64_t n_started, struct str *moves)
{
    struct search_decision d;
    for (;;) {
        search_next(p->search, &d);
        if (p->n_started == n_started && d.move == SEARCH_START)
            return;
        if (d.origin == SEARCH_ENDGAME || !play_fill(p, &d))
            return;
        str_addf(moves, "%s%u@%d", moves->len ? " " : "", d.trial - 1, (int)d.budget);
        play_end(p, 0);
    }
}

TEST(one_worker_promotes_in_the_order_of_the_quota_rule)
{
    static const double losses[] = { 5, 3, 8, 1, 9, 2, 7, 4, 6, .5, 10, .2, 3.5, .1, .05, 11 };
    struct setting set;
    struct play *p = play_new(set_up(&set, 1, 9, 16), 1, 1);
    struct str moves = { 0 };
    p->loss = loss_from_table;
    p->context = losses;
    play_moves(p, 16, &moves);
    CHECK_TEXT(str_text(&moves),
        "0@1 1@1 2@1 1@3 3@1 4@1 5@1 3@3 6@1 7@1 8@1 5@3 3@9 9@1 10@1 11@1 11@3 12@1 13@1 14@1 "
        "14@3 15@1");
    str_deinit(&moves);
    play_free(p);
}

TEST(improving_losses_do_not_all_go_to_the_top)
{
    struct setting set;
    struct play *p = play_new(set_up(&set, 1, 9, 10), 1, 1);
    struct str moves = { 0 };
    p->loss = loss_improving;
    play_moves(p, 10, &moves);
    CHECK_TEXT(str_text(&moves), "0@1 1@1 2@1 2@3 3@1 4@1 5@1 5@3 6@1 7@1 8@1 8@3 8@9 9@1");
    str_deinit(&moves);
    play_free(p);
}

TEST(a_promotion_says_its_place_and_the_line)
{
    static const double losses[] = { 5, 3, 8, 1, 9, 2 };
    struct setting set;
    struct play *p = play_new(set_up(&set, 1, 9, 6), 6, 1);
    struct search_decision d;
    p->loss = loss_from_table;
    p->context = losses;
    for (int i = 0; i < 6; i++)
        CHECK(play_fill(p, &d));
    while (p->n_running > 0)
        play_end(p, 0);
    search_next(p->search, &d);
    CHECK(d.move == SEARCH_PROMOTE && d.origin == SEARCH_QUOTA);
    CHECK_INT(d.trial, 4);
    CHECK_INT(d.budget, 3);
    CHECK_INT(d.rank, 1);
    CHECK_INT(d.n_at_rung, 6);
    CHECK_INT(d.n_promoted, 0);
    CHECK_NEAR(d.loss, 1, 0);
    CHECK_NEAR(d.line, 2, 0);
    play_free(p);
}

TEST(equal_losses_promote_the_older_trial)
{
    static const double losses[] = { 1, 1, 1, 1, 1, 1 };
    struct setting set;
    struct play *p = play_new(set_up(&set, 1, 3, 6), 6, 1);
    struct search_decision d;
    p->loss = loss_from_table;
    p->context = losses;
    for (int i = 0; i < 6; i++)
        CHECK(play_fill(p, &d));
    while (p->n_running > 0)
        play_end(p, p->n_running - 1);
    CHECK(play_fill(p, &d));
    CHECK_INT(d.trial, 1);
    CHECK(play_fill(p, &d));
    CHECK_INT(d.trial, 2);
    play_free(p);
}

TEST(even_the_smallest_campaign_brings_one_trial_to_the_end)
{
    for (int n = 1; n <= 5; n++)
        for (int n_slots = 1; n_slots <= 8; n_slots++) {
            struct setting set;
            struct play *p = play_new(set_up(&set, 2, 50, n), n_slots, (uint64_t)n);
            p->loss = loss_of_x;
            play_to_the_end(p);
            CHECK_INT(p->n_started, n);
            CHECK(p->n_finished >= 1);
            if (n_slots == 1 && n <= 3)
                CHECK_INT(p->n_finished, 1);
            play_free(p);
        }
}

TEST(at_the_end_the_present_best_goes_on_although_others_still_run)
{
    static const double losses[] = { 2, 1 };
    struct setting set;
    struct play *p = play_new(set_up(&set, 1, 9, 2), 2, 1);
    struct search_decision d;
    p->loss = loss_from_table;
    p->context = losses;
    CHECK(play_fill(p, &d) && play_fill(p, &d));
    search_next(p->search, &d);
    CHECK(d.move == SEARCH_WAIT);
    play_end(p, 0);
    CHECK(play_fill(p, &d));
    CHECK(d.move == SEARCH_PROMOTE && d.origin == SEARCH_ENDGAME && d.trial == 1 && d.rung == 1);
    play_end(p, 0); /* trial 2, which is better */
    CHECK(play_fill(p, &d));
    CHECK(d.trial == 2 && d.rung == 1);
    play_to_the_end(p);
    play_free(p);
}

TEST(the_highest_rung_promotes_first)
{
    static const double losses[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
    struct setting set;
    struct play *p = play_new(set_up(&set, 1, 9, 100), 12, 1);
    struct search_decision d;
    p->loss = loss_from_table;
    p->context = losses;
    for (int i = 0; i < 12; i++)
        CHECK(play_fill(p, &d));
    while (p->n_running > 0)
        play_end(p, 0);
    for (uint32_t trial = 1; trial <= 3; trial++) {
        CHECK(play_fill(p, &d));
        CHECK(d.trial == trial && d.rung == 1);
    }
    while (p->n_running > 0)
        play_end(p, 0);
    CHECK(play_fill(p, &d));
    CHECK(d.trial == 1 && d.rung == 2); /* although trial 4 may go to rung 1 too */
    CHECK(play_fill(p, &d));
    CHECK(d.trial == 4 && d.rung == 1);
    play_free(p);
}

TEST(failures_do_not_keep_the_last_sound_trial_from_the_top)
{
    struct setting set;
    struct play *p = play_new(set_up(&set, 1, 9, 3), 3, 1);
    struct search_decision d;
    p->loss = loss_of_x;
    for (int i = 0; i < 3; i++)
        CHECK(play_fill(p, &d));
    while (p->n_running > 0)
        play_end(p, 0);
    CHECK(play_fill(p, &d));
    p->failure = 1;
    play_end(p, 0);
    p->failure = 0;
    search_next(p->search, &d);
    CHECK(d.move == SEARCH_PROMOTE && d.origin == SEARCH_ENDGAME);
    CHECK_CONTAINS(d.note, "broke");
    play_to_the_end(p);
    CHECK_INT(p->n_finished, 1);
    play_free(p);
}

/* Trials of the best max(1, floor(n / eta)) of a rung that stayed there although they were sound. */
static int count_left_behind(const struct play *p, int rung)
{
    double losses[2000];
    uint32_t trials[2000];
    int n = 0, left = 0;
    for (int i = 0; i < p->n_notes; i++)
        if (p->notes[i].kind == PLAY_RESULT && p->notes[i].rung == rung) {
            losses[n] = p->notes[i].loss;
            trials[n++] = p->notes[i].trial;
        }
    for (int i = 0; i < n; i++) {
        int rank = 0;
        bool went_on = false;
        for (int j = 0; j < n; j++)
            rank += losses[j] < losses[i] || (losses[j] == losses[i] && trials[j] < trials[i]);
        for (int j = 0; j < p->n_notes; j++)
            went_on |=
                p->notes[j].kind == PLAY_PROMOTED && p->notes[j].trial == trials[i] && p->notes[j].rung == rung + 1;
        left += rank < (n / 3 > 1 ? n / 3 : 1) && !went_on;
    }
    return left;
}

TEST(at_the_end_the_best_third_of_each_rung_went_on)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct setting set;
        struct play *p = play_new(set_up(&set, 2, 50, 100), 1 + (int)(seed % 9), seed);
        int64_t counts[LIMIT_RUNGS], expected[LIMIT_RUNGS];
        p->loss = loss_of_x;
        play_to_the_end(p);
        CHECK_INT(p->n_started, 100);
        search_expected_counts(&set.spec, 0, expected);
        for (int rung = 0; rung < 4; rung++) {
            counts[rung] = 0;
            for (int i = 0; i < p->n_notes; i++)
                counts[rung] += p->notes[i].kind == PLAY_RESULT && p->notes[i].rung == rung;
            if (rung < 3)
                CHECK_INT(count_left_behind(p, rung), 0);
            CHECK(counts[rung] >= expected[rung] && counts[rung] <= 2 * expected[rung] + 2);
        }
        play_free(p);
    }
}

TEST(a_free_slot_always_finds_work_whatever_breaks)
{
    static const enum scheduler schedulers[] = { SCHEDULER_HYPERBAND, SCHEDULER_NONE, SCHEDULER_SYNC_HYPERBAND };
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct setting set;
        set_up(&set, 1, 27, 1 + (int64_t)(seed * 7 % 90));
        set.spec.scheduler = schedulers[seed % 3];
        set.spec.eta = 2 + (int)(seed % 4);
        struct play *p = play_new(&set.in, 1 + (int)(seed * 5 % 40), seed);
        p->loss = loss_of_x;
        p->failure = 0.1 * (double)(seed % 5);
        p->abandonment = 0.08 * (double)(seed % 4);
        play_to_the_end(p);
        CHECK_INT(p->n_started, set.spec.n_trials);
        play_free(p);
    }
}

/* The lowest rung says nothing, the others what x does. */
static double loss_after_the_first_rung(const struct play *p, uint32_t trial, const double *x, int rung)
{
    struct rng r;
    int first_rung_of_it = 0;
    for (int i = 0; i < p->n_notes; i++)
        if (p->notes[i].kind == PLAY_STARTED && p->notes[i].trial == trial)
            first_rung_of_it = p->notes[i].bracket;
    rng_derive(&r, trial, 0, RNG_TEST, 0);
    return first_rung_of_it + rung == 0 ? rng_double(&r) : loss_of_x(p, trial, x, rung);
}

static void check_rebuilt(const struct play *p, const struct search_decision *d)
{
    struct search *again = play_rebuild(p);
    struct search_decision other;
    struct search_difference difference = { 0 };
    search_next(again, &other);
    CHECK(search_decisions_agree(d, &other, p->in.space, &difference));
    search_difference_deinit(&difference);
    search_free(again);
}

TEST(new_trials_begin_above_a_rung_that_says_nothing)
{
    int n_turned = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct setting set;
        struct play *p = play_new(set_up(&set, 1, 27, 400), 1 + (int)(seed % 9), seed);
        struct search_decision d;
        struct search_agreement a;
        int64_t starts[4] = { 0 }, budgets[4] = { 1, 3, 9, 27 };
        int n_turns = 0;
        p->loss = loss_after_the_first_rung;
        p->failure = 0.05 * (double)(seed % 3);
        p->abandonment = 0.05 * (double)(seed % 2);
        for (int n = 0;; n++) {
            while (p->n_running < p->n_slots && play_fill(p, &d))
                if (d.move == SEARCH_START) {
                    starts[d.bracket]++;
                    CHECK_INT(d.budget, budgets[d.bracket]);
                }
            search_next(p->search, &d);
            if (n % 50 == 0)
                check_rebuilt(p, &d);
            if (p->n_running == 0)
                break;
            play_end(p, (int)rng_below(&p->r, (uint64_t)p->n_running));
            n_turns += p->notes[p->n_notes - 1].kind == PLAY_RESULT && search_has_compared(p->search, &a) && a.turned;
        }
        CHECK(d.move == SEARCH_END);
        CHECK(n_turns == 0 || (starts[0] >= 90 && starts[1] > 0));
        CHECK_INT(starts[3], 0); /* two rungs are left */
        n_turned += n_turns > 0;
        CHECK_INT(starts[0] + starts[1] + starts[2], 400);
        CHECK(p->n_finished > 0);
        play_free(p);
    }
    CHECK(n_turned >= 16); /* in the others the first looks were deceived by chance */
}

TEST(where_the_lowest_rung_is_right_all_begin_there)
{
    struct setting set;
    struct play *p = play_new(set_up(&set, 1, 27, 400), 4, 1);
    p->loss = loss_of_x;
    play_to_the_end(p);
    for (int i = 0; i < p->n_notes; i++)
        CHECK_INT(p->notes[i].bracket, 0);
    play_free(p);
}

TEST(an_abandoned_trial_frees_its_place)
{
    static const double losses[] = { 1, 2, 3, 4, 5, 6 };
    struct setting set;
    struct play *p = play_new(set_up(&set, 1, 3, 100), 6, 1);
    struct search_decision d;
    p->loss = loss_from_table;
    p->context = losses;
    for (int i = 0; i < 3; i++)
        CHECK(play_fill(p, &d));
    while (p->n_running > 0)
        play_end(p, 0);
    CHECK(play_fill(p, &d));
    CHECK(d.move == SEARCH_PROMOTE && d.trial == 1);
    search_next(p->search, &d);
    CHECK(d.move == SEARCH_START);
    p->abandonment = 1;
    play_end(p, 0);
    p->abandonment = 0;
    search_next(p->search, &d);
    CHECK(d.move == SEARCH_START); /* two live results do not allow a promotion */
    CHECK(play_fill(p, &d));
    play_end(p, 0);
    search_next(p->search, &d);
    CHECK(d.move == SEARCH_PROMOTE && d.trial == 2);
    CHECK_INT(d.rank, 1);
    CHECK_INT(d.n_at_rung, 3);
    play_free(p);
}

TEST(without_a_scheduler_every_trial_goes_straight_to_the_end)
{
    struct setting set;
    set_up(&set, 1, 50, 7);
    set.spec.scheduler = SCHEDULER_NONE;
    struct play *p = play_new(&set.in, 7, 1);
    struct search_decision d;
    p->loss = loss_of_x;
    for (int i = 0; i < 7; i++) {
        CHECK(play_fill(p, &d));
        CHECK_INT(d.budget, 50);
        CHECK_INT(d.trial, i + 1);
    }
    search_next(p->search, &d);
    CHECK(d.move == SEARCH_END); /* whatever the seven report */
    play_to_the_end(p);
    CHECK_INT(p->n_finished, 7);
    play_free(p);
}

TEST(every_origin_and_move_has_its_name)
{
    CHECK_TEXT(search_move_name(SEARCH_END), "end");
    CHECK_TEXT(search_origin_name(SEARCH_ENQUEUED), "enqueued");
    CHECK_TEXT(search_origin_name(SEARCH_RUNG_COMPLETE), "rung_complete");
    CHECK_TEXT(search_origin_name(SEARCH_NO_ORIGIN), "none");
}

TAP_MAIN
