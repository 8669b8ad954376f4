/* BOHB's brackets: the published tables, and how they are played. */
#include "common/base/str.h"
#include "coordinator/search/sync.h"
#include "tests/unit/search_play.h"

static struct param params[] = {
    { .name = "x", .type = PARAM_FLOAT, .low = 0, .high = 1 },
    { .name = "y", .type = PARAM_FLOAT, .low = 0, .high = 1 },
};
static const struct space plane = { 2, params };

static struct search_inputs set_up(struct search_spec *spec, int64_t min, int64_t max, int eta, int64_t n_trials)
{
    *spec = (struct search_spec){ .sampler = SAMPLER_TPE,
        .scheduler = SCHEDULER_SYNC_HYPERBAND,
        .model = MODEL_BOHB,
        .min_budget = min,
        .max_budget = max,
        .eta = eta,
        .n_trials = n_trials };
    return (struct search_inputs){ .spec = spec, .space = &plane, .seed = 3 };
}

/* "27 9 3 1 @2 6 17 50; 9 3 1 @6 17 50": rooms and budgets of all brackets. */
static void print_brackets(const struct search_spec *spec, struct str *text)
{
    for (int b = 0; b < search_n_brackets(spec); b++) {
        int64_t rungs[LIMIT_RUNGS];
        int n = search_bracket_rungs(spec, b, rungs);
        if (b > 0)
            str_add(text, "; ");
        for (int k = 0; k < n; k++)
            str_addf(text, "%lld ", (long long)sync_n_slots(spec, b, k));
        for (int k = 0; k < n; k++)
            str_addf(text, "%s%lld", k ? " " : "@", (long long)rungs[k]);
    }
}

TEST(brackets_are_those_of_the_published_tables)
{
    static const struct {
        int64_t min, max;
        int eta;
        const char *brackets;
    } rows[] = {
        { 1, 81, 3, "81 27 9 3 1 @1 3 9 27 81; 27 9 3 1 @3 9 27 81; 9 3 1 @9 27 81; 6 2 @27 81; 5 @81" },
        { 1, 50, 3, "27 9 3 1 @2 6 17 50; 9 3 1 @6 17 50; 6 2 @17 50; 4 @50" },
        { 1, 52, 3, "27 9 3 1 @2 6 17 52; 9 3 1 @6 17 52; 6 2 @17 52; 4 @52" },
        { 2, 50, 3, "9 3 1 @6 17 50; 3 1 @17 50; 3 @50" },
        { 3, 50, 3, "9 3 1 @6 17 50; 3 1 @17 50; 3 @50" },
        { 5, 50, 3, "9 3 1 @6 17 50; 3 1 @17 50; 3 @50" },
        { 1, 27, 3, "27 9 3 1 @1 3 9 27; 9 3 1 @3 9 27; 6 2 @9 27; 4 @27" },
        { 1, 9, 3, "9 3 1 @1 3 9; 3 1 @3 9; 3 @9" },
        { 1, 243, 3,
            "243 81 27 9 3 1 @1 3 9 27 81 243; 81 27 9 3 1 @3 9 27 81 243; 27 9 3 1 @9 27 81 243; 18 6 2 @27 81 243; "
            "9 3 @81 243; 6 @243" },
        { 1, 64, 4, "64 16 4 1 @1 4 16 64; 16 4 1 @4 16 64; 8 2 @16 64; 4 @64" },
        { 1, 50, 4, "16 4 1 @3 13 50; 4 1 @13 50; 3 @50" },
        { 1, 50, 2,
            "32 16 8 4 2 1 @2 3 6 13 25 50; 16 8 4 2 1 @3 6 13 25 50; 8 4 2 1 @6 13 25 50; 8 4 2 @13 25 50; 6 3 @25 "
            "50; 6 @50" },
        { 1, 1000, 10, "1000 100 10 1 @1 10 100 1000; 100 10 1 @10 100 1000; 20 2 @100 1000; 4 @1000" },
        { 1, 343, 7, "343 49 7 1 @1 7 49 343; 49 7 1 @7 49 343; 14 2 @49 343; 4 @343" }, /* floats give 6 for 7 */
        { 7, 7, 3, "1 @7" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct search_spec spec;
        struct str text = { 0 };
        set_up(&spec, rows[i].min, rows[i].max, rows[i].eta, 1);
        print_brackets(&spec, &text);
        CHECK_TEXT(str_text(&text), rows[i].brackets);
        str_deinit(&text);
    }
    struct search_spec spec;
    set_up(&spec, 1, 2176782336 / 6, 6, 1); /* 6^11: the published logarithms are wrong near it */
    CHECK_INT(search_n_brackets(&spec), 12);
}

static double loss_of_x(const struct play *p, uint32_t trial, const double *x, int rung)
{
    return (x[0] - 0.3) * (x[0] - 0.3) + (x[1] - 0.7) * (x[1] - 0.7);
}

TEST(one_round_of_all_brackets_costs_what_the_tables_say)
{
    static const struct {
        int64_t min, max;
        int eta, n_configs, n_runs, budget, budget_resumed;
    } rows[] = { { 1, 81, 3, 128, 187, 1701, 1404 }, { 1, 27, 3, 46, 65, 405, 342 }, { 1, 9, 3, 15, 20, 72, 63 },
        { 1, 243, 3, 384, 569, 8019, 6480 }, { 1, 64, 4, 92, 120, 960, 848 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct search_spec spec;
        struct search_inputs in = set_up(&spec, rows[i].min, rows[i].max, rows[i].eta, rows[i].n_configs);
        struct play *p = play_new(&in, 10, 1);
        int64_t rungs[LIMIT_RUNGS], counts[64][LIMIT_RUNGS] = { { 0 } }, budget = 0, resumed = 0, n_runs = 0;
        p->loss = loss_of_x;
        play_to_the_end(p);
        CHECK_INT(p->n_started, rows[i].n_configs);
        for (int k = 0; k < p->n_notes; k++) {
            const struct play_note *n = &p->notes[k];
            if (n->kind != PLAY_STARTED && n->kind != PLAY_PROMOTED)
                continue;
            search_bracket_rungs(&spec, n->bracket, rungs);
            n_runs++;
            budget += rungs[n->rung];
            resumed += rungs[n->rung] - (n->kind == PLAY_PROMOTED ? rungs[n->rung - 1] : 0);
            counts[n->bracket][n->rung]++;
        }
        CHECK_INT(n_runs, rows[i].n_runs);
        CHECK_INT(budget, rows[i].budget);
        CHECK_INT(resumed, rows[i].budget_resumed);
        for (int b = 0; b < search_n_brackets(&spec); b++) {
            int64_t expected[LIMIT_RUNGS];
            search_expected_counts(&spec, b, expected);
            for (int k = 0; k < search_bracket_rungs(&spec, b, rungs); k++)
                CHECK_INT(counts[b][k], expected[k]);
        }
        play_free(p);
    }
}

/* Plays one slot to the end; the moves as "trial@budget". */
static void play_moves(struct play *p, struct str *moves)
{
    struct search_decision d;
    while (play_fill(p, &d)) {
        str_addf(moves, "%s%u@%d", moves->len ? " " : "", d.trial, (int)d.budget);
        play_end(p, 0);
    }
}

static double loss_is_number(const struct play *p, uint32_t trial, const double *x, int rung)
{
    return 100 - (double)trial;
}

TEST(a_rung_is_complete_before_its_best_go_on)
{
    struct search_spec spec;
    struct search_inputs in = set_up(&spec, 1, 9, 3, 15);
    struct play *p = play_new(&in, 1, 1);
    struct str moves = { 0 };
    p->loss = loss_is_number;
    play_moves(p, &moves);
    CHECK_TEXT(
        str_text(&moves), "1@1 2@1 3@1 4@1 5@1 6@1 7@1 8@1 9@1 9@3 8@3 7@3 9@9 10@3 11@3 12@3 12@9 13@9 14@9 15@9");
    str_deinit(&moves);
    play_free(p);
}

TEST(a_free_slot_opens_the_next_bracket_instead_of_waiting)
{
    struct search_spec spec;
    struct search_inputs in = set_up(&spec, 1, 9, 3, 100);
    struct play *p = play_new(&in, 30, 1);
    struct search_decision d;
    p->loss = loss_is_number;
    for (int i = 0; i < 17; i++) {
        CHECK(play_fill(p, &d));
        CHECK_INT(d.bracket, i < 9 ? 0 : i < 12 ? 1 : i < 15 ? 2 : 3);
        CHECK_INT(d.budget, i < 9 ? 1 : i < 12 ? 3 : i < 15 ? 9 : 1); /* the fourth is as the first */
    }
    play_free(p);
}

TEST(places_of_the_broken_are_filled_with_new_trials_on_the_next_rung)
{
    struct search_spec spec;
    struct search_inputs in = set_up(&spec, 1, 9, 3, 100);
    struct play *p = play_new(&in, 9, 1);
    struct search_decision d;
    p->loss = loss_is_number;
    for (int i = 0; i < 9; i++)
        CHECK(play_fill(p, &d));
    p->failure = 1;
    while (p->n_running > 1)
        play_end(p, 0);
    p->failure = 0;
    uint32_t sound = p->running[0].trial;
    play_end(p, 0);
    CHECK(play_fill(p, &d));
    CHECK(d.move == SEARCH_PROMOTE && d.origin == SEARCH_RUNG_COMPLETE && d.trial == sound && d.budget == 3);
    CHECK_INT(d.rank, 1);
    CHECK_INT(d.n_at_rung, 9);
    for (uint32_t trial = 10; trial <= 11; trial++) {
        CHECK(play_fill(p, &d));
        CHECK(d.move == SEARCH_START && d.trial == trial && d.bracket == 0 && d.rung == 1 && d.budget == 3);
    }
    CHECK(play_fill(p, &d));
    CHECK(d.move == SEARCH_START && d.bracket == 1 && d.rung == 0);
    play_free(p);
}

TEST(a_bracket_that_the_trials_do_not_fill_is_cut_and_finished)
{
    static const struct {
        int64_t n_trials;
        const char *moves;
    } rows[] = {
        { 1, "1@1 1@3 1@9" },
        { 2, "1@1 2@1 2@3 2@9" },
        { 7, "1@1 2@1 3@1 4@1 5@1 6@1 7@1 7@3 6@3 7@9" },
        { 11, "1@1 2@1 3@1 4@1 5@1 6@1 7@1 8@1 9@1 9@3 8@3 7@3 9@9 10@3 11@3 11@9" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct search_spec spec;
        struct search_inputs in = set_up(&spec, 1, 9, 3, rows[i].n_trials);
        struct play *p = play_new(&in, 1, 1);
        struct str moves = { 0 };
        int64_t counts[LIMIT_RUNGS];
        p->loss = loss_is_number;
        play_moves(p, &moves);
        CHECK_TEXT(str_text(&moves), rows[i].moves);
        search_expected_counts(&spec, 0, counts);
        CHECK_INT(counts[0], rows[i].n_trials < 9 ? rows[i].n_trials : 9);
        CHECK_INT(counts[2], 1);
        str_deinit(&moves);
        play_free(p);
    }
}

TEST(the_place_of_an_abandoned_trial_is_filled_again)
{
    struct search_spec spec;
    struct search_inputs in = set_up(&spec, 1, 9, 3, 100);
    struct play *p = play_new(&in, 9, 1);
    struct search_decision d;
    p->loss = loss_is_number;
    for (int i = 0; i < 9; i++)
        CHECK(play_fill(p, &d));
    p->abandonment = 1;
    play_end(p, 0);
    p->abandonment = 0;
    CHECK(play_fill(p, &d));
    CHECK(d.move == SEARCH_START && d.trial == 10 && d.bracket == 0 && d.rung == 0);
    while (p->n_running > 0)
        play_end(p, 0);
    search_next(p->search, &d); /* the best, 10, waits for its promotion, and is cancelled */
    CHECK(d.move == SEARCH_PROMOTE && d.trial == 10);
    play_note(p, (struct play_note){ .kind = PLAY_ABANDONED, .trial = 10 });
    for (uint32_t trial = 9; trial >= 8; trial--) {
        CHECK(play_fill(p, &d));
        CHECK(d.move == SEARCH_PROMOTE && d.trial == trial);
    }
    CHECK(play_fill(p, &d));
    CHECK(d.move == SEARCH_START && d.bracket == 0 && d.rung == 1);
    play_free(p);
}

TAP_MAIN
