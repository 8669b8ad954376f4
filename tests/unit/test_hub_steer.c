/* What people ask of a campaign, while it runs and when it is over. */
#include "tests/unit/hub_world.h"

static uint64_t next_request = 1;

static struct hub_event asked(enum steer_action action)
{
    struct hub_event e = { .kind = HUB_STEER, .peer = 3, .request = next_request++ };
    e.as.steer = (struct hub_steer){ .action = action, .campaign = 1, .who = "anna@host", .text = "" };
    return e;
}

/* What the last answer was: what was done, or why not. */
static const char *answer_of(const struct world *w, enum send_kind kind)
{
    for (size_t i = 0; i < w->fx.n_sends; i++)
        if (w->fx.sends[i].kind == kind)
            return w->fx.sends[i].text;
    return "none";
}

static void extend(struct world *w, struct hub_limit n_trials, struct hub_limit max_budget)
{
    struct hub_event e = asked(STEER_EXTEND);
    e.as.steer.n_trials = n_trials;
    e.as.steer.max_budget = max_budget;
    step(w, &e);
}

static void enqueue(struct world *w, const double *x)
{
    struct hub_event e = asked(STEER_ENQUEUE);
    e.as.steer.x = x;
    step(w, &e);
}

static void retry(struct world *w, int64_t number)
{
    struct hub_event e = asked(STEER_RETRY);
    e.as.steer.numbers = &number;
    e.as.steer.n_numbers = number > 0;
    step(w, &e);
}

/* The worker leaves, so that what is queued stays so. */
static void say_goodbye(struct world *w)
{
    struct hub_event e = { .kind = HUB_BYE, .peer = 1, .session = 1 };
    step(w, &e);
}

static const struct hub_limit as_before = { 0 };

/* A campaign that is over at start has no search: the shell opens it before an event that needs it. */
static void open_search(struct world *w)
{
    struct hub_event e = asked(STEER_EXTEND);
    CHECK(hub_needs_search(w->hub, &e));
    hub_open_search(w->hub, 1);
    replay(w);
    CHECK(!hub_needs_search(w->hub, &e));
}

TEST(an_extended_campaign_comes_back_to_life_and_its_best_go_on_above_the_old_top)
{
    static struct world w;
    for (int is_restarted = 0; is_restarted < 2; is_restarted++) {
        open_world(&w, 40);
        run_to_the_end(&w, 1, 0);
        CHECK_INT(w.l.campaign.state, CAMPAIGN_DONE);
        if (is_restarted) {
            restart(&w);
            open_search(&w);
        }
        extend(&w, (struct hub_limit){ 10, true }, (struct hub_limit){ 27, false });
        CHECK_TEXT(answer_of(&w, SEND_DONE), "trials 40 to 50, max_budget 9 to 27");
        CHECK_INT(w.l.campaign.state, CAMPAIGN_RUNNING);
        CHECK_INT(w.l.campaign.ended_ms, 0);
        for (int i = 0; i < w.l.n_trials; i++)
            CHECK(w.l.trials[i].state == TRIAL_PAUSED || w.l.trials[i].state == TRIAL_RUNNING);
        run_to_the_end(&w, 2, 3);
        CHECK_INT(w.l.n_trials, 50);
        int n_completed = 0, n_at_old_top = 0;
        for (int i = 0; i < w.l.n_trials; i++) {
            n_completed += w.l.trials[i].state == TRIAL_COMPLETED && w.l.trials[i].reached == 27;
            n_at_old_top += w.l.trials[i].reached == 9;
        }
        CHECK(n_completed >= 1);
        CHECK(n_at_old_top > n_completed);
        CHECK_INT(hub_campaign(w.hub, 0)->best->row.reached, 27);
        close_world(&w);
    }
}

/* Plays with everything that can be asked in between; `every` as in run_to_the_end. */
static void play_steered(struct world *w, int every)
{
    static const double mine[2] = { 0.25, 17 };
    struct rng r;
    rng_derive(&r, 9, 0, RNG_TEST, 0);
    open_world(w, 20);
    next_request = 1;
    hello(w, 11, 1, NULL, 0);
    ask(w, 1, 2);
    for (int i = 1; i < 2000 && !is_over(w); i++) {
        struct trial_row row = a_running(w, &r)->row;
        outcome(w, &row, row.lease, i % 7 == 3 ? FAILURE_EXIT : -1, loss_of(&row));
        if (i == 5)
            enqueue(w, mine);
        if (i == 12)
            extend(w, (struct hub_limit){ 12, true }, (struct hub_limit){ 60, false });
        if (i == 20 || i == 30)
            retry(w, 0);
        if (every && !is_over(w) && i % every == 0) {
            restart(w);
            hello_again(w);
        }
        if (!is_over(w))
            ask(w, 1, 2 - (int)hub_n_running(w->hub));
    }
    CHECK(is_over(w));
}

TEST(restarts_change_no_decision_of_a_campaign_that_was_steered)
{
    static struct world a, b;
    play_steered(&a, 0);
    CHECK_INT(a.l.n_trials, 32);
    CHECK(a.l.n_steers >= 4);
    for (int every = 1; every <= 3; every++) {
        play_steered(&b, every);
        CHECK_INT(a.l.n_decisions, b.l.n_decisions);
        CHECK_INT(a.l.n_steers, b.l.n_steers);
        CHECK(memcmp(a.l.x, b.l.x, sizeof a.l.x) == 0);
        for (int i = 0; i < a.l.n_decisions; i++) {
            CHECK_INT(a.l.decisions[i].move, b.l.decisions[i].move);
            CHECK_INT(a.l.decisions[i].trial, b.l.decisions[i].trial);
            CHECK_INT(a.l.decisions[i].budget, b.l.decisions[i].budget);
            CHECK_INT(a.l.decisions[i].origin, b.l.decisions[i].origin);
        }
        CHECK_INT(hub_campaign(a.hub, 0)->n_results, hub_campaign(b.hub, 0)->n_results);
        close_world(&b);
    }
    close_world(&a);
}

TEST(an_enqueued_configuration_is_the_next_new_trial_even_when_all_were_started)
{
    static struct world w;
    const double mine[2] = { 0.123, 45 };
    open_world(&w, 40);
    run_to_the_end(&w, 3, 0);
    say_goodbye(&w);
    enqueue(&w, mine);
    CHECK_TEXT(answer_of(&w, SEND_DONE), "it is the next new trial: limits.trials 40 to 41");
    enqueue(&w, mine);
    CHECK_TEXT(answer_of(&w, SEND_REFUSED), "this configuration waits already to be the next new trial of test");
    run_to_the_end(&w, 4, 2);
    CHECK_INT(w.l.n_trials, 41);
    CHECK(memcmp(w.l.x[40], mine, sizeof mine) == 0);
    restart(&w);
    open_search(&w);
    enqueue(&w, mine);
    CHECK_TEXT(answer_of(&w, SEND_REFUSED), "trial 41 of test has this configuration");
    close_world(&w);
}

TEST(a_failed_trial_that_is_retried_counts_once_and_fails_no_more)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    ask(&w, 1, 1);
    struct trial_row first = w.l.trials[0];
    outcome(&w, &first, first.lease, FAILURE_EXIT, 0);
    CHECK_INT(w.l.trials[0].state, TRIAL_FAILED);
    CHECK_INT(hub_campaign(w.hub, 0)->n_results, 1);
    retry(&w, 1);
    CHECK_TEXT(answer_of(&w, SEND_DONE), "again from their last checkpoints: trials 1");
    CHECK_INT(w.l.trials[0].state, TRIAL_QUEUED);
    CHECK_INT(hub_campaign(w.hub, 0)->n_results, 0);
    ask(&w, 1, 1);
    CHECK_INT(w.l.trials[0].state, TRIAL_RUNNING);
    CHECK_INT(w.l.trials[0].lease, 2);
    outcome(&w, &first, first.lease, FAILURE_EXIT, 0);
    CHECK_TEXT(last_verdict(&w), "late");
    first = w.l.trials[0];
    outcome(&w, &first, first.lease, -1, 0.5);
    CHECK_TEXT(last_verdict(&w), "counted");
    CHECK_INT(w.l.trials[0].state, TRIAL_PAUSED);
    CHECK_INT(hub_campaign(w.hub, 0)->n_results, 1);
    close_world(&w);
}

TEST(a_trial_that_was_set_aside_goes_on_when_it_is_retried)
{
    static struct world w;
    open_world(&w, 1);
    for (uint64_t worker = 1; worker <= 3; worker++) {
        hello(&w, worker, worker, NULL, 0);
        ask(&w, worker, 1);
        tick(&w, 31000);
        tick(&w, 5000);
    }
    CHECK_INT(w.l.trials[0].state, TRIAL_SET_ASIDE);
    CHECK(is_over(&w));
    retry(&w, 0);
    CHECK_INT(w.l.trials[0].state, TRIAL_QUEUED);
    CHECK_INT(w.l.trials[0].n_broken, 0);
    run_to_the_end(&w, 5, 1);
    CHECK_INT(w.l.trials[0].state, TRIAL_COMPLETED);
    close_world(&w);
}

TEST(a_stopped_campaign_that_is_extended_takes_up_what_was_under_way)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    ask(&w, 1, 2);
    struct trial_row second = w.l.trials[1];
    outcome(&w, &second, second.lease, -1, 0.5);
    struct hub_event stop = asked(STEER_STOP);
    step(&w, &stop);
    CHECK_INT(w.l.trials[0].state, TRIAL_STOPPED);
    CHECK_INT(w.l.trials[1].state, TRIAL_STOPPED);
    say_goodbye(&w);
    extend(&w, (struct hub_limit){ 1, true }, as_before);
    CHECK_INT(w.l.trials[0].state, TRIAL_QUEUED);
    CHECK_INT(w.l.trials[0].rung, 0);
    CHECK_INT(w.l.trials[1].state, TRIAL_PAUSED);
    run_to_the_end(&w, 6, 4);
    CHECK_INT(w.l.n_trials, 41);
    close_world(&w);
}

TEST(a_repeated_request_is_answered_and_not_done_again)
{
    static struct world w;
    open_world(&w, 40);
    struct hub_event e = asked(STEER_EXTEND);
    e.as.steer.n_trials = (struct hub_limit){ 5, true };
    step(&w, &e);
    step(&w, &e);
    CHECK_TEXT(answer_of(&w, SEND_DONE), "trials 40 to 45");
    CHECK_INT(w.fx.n_saves, 0);
    restart(&w);
    step(&w, &e);
    CHECK_TEXT(answer_of(&w, SEND_DONE), "kept");
    CHECK_INT(hub_campaign(w.hub, 0)->spec->limits.n_trials, 45);
    CHECK_INT(w.l.n_steers, 1);
    close_world(&w);
}

TEST(what_cannot_be_is_refused_and_changes_nothing)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    ask(&w, 1, 1);
    static const int64_t running = 1, absent = 99;
    struct {
        struct hub_steer ask;
        const char *why;
    } rows[] = {
        { { .action = STEER_EXTEND }, "extend what?" },
        { { .action = STEER_EXTEND, .n_trials = { 40, false } }, "limits.trials is 40 already" },
        { { .action = STEER_EXTEND, .max_budget = { 3, false } }, "search.max_budget is 9 already" },
        { { .action = STEER_EXTEND, .n_trials = { LIMIT_TRIALS, true } }, "at most" },
        { { .action = STEER_EXTEND, .wall_clock_ms = { 5, true } }, "this campaign has no limits.wall_clock" },
        { { .action = STEER_RETRY }, "no trial of test failed or was set aside" },
        { { .action = STEER_RETRY, .numbers = &running, .n_numbers = 1 }, "trial 1 of test is running" },
        { { .action = STEER_RETRY, .numbers = &absent, .n_numbers = 1 }, "campaign test has no trial 99" },
        { { .action = STEER_NOTE, .numbers = &absent, .n_numbers = 1 }, "campaign test has no trial 99" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hub_event e = asked(rows[i].ask.action);
        uint64_t before = hub_seq(w.hub);
        rows[i].ask.campaign = 1;
        rows[i].ask.who = "anna@host";
        e.as.steer = rows[i].ask;
        step(&w, &e);
        if (!strstr(answer_of(&w, SEND_REFUSED), rows[i].why))
            TAP_FAIL("row %zu: %s", i, answer_of(&w, SEND_REFUSED));
        CHECK_INT(hub_seq(w.hub), before);
        CHECK_INT(w.fx.n_saves + w.fx.n_campaigns + w.fx.n_trials, 0);
    }
    close_world(&w);
}

TEST(time_that_is_used_up_must_be_given_before_anything_else_goes_on)
{
    static struct world w;
    open_world(&w, 40);
    ((struct campaign *)(uintptr_t)hub_campaign(w.hub, 0))->spec->limits.wall_clock_ms = 10000;
    hello(&w, 11, 1, NULL, 0);
    tick(&w, 1000);
    tick(&w, 11000);
    CHECK(is_over(&w));
    extend(&w, (struct hub_limit){ 5, true }, as_before);
    CHECK(strstr(answer_of(&w, SEND_REFUSED), "its wall_clock is used up") != NULL);
    struct hub_event e = asked(STEER_EXTEND);
    e.as.steer.wall_clock_ms = (struct hub_limit){ 20000, true };
    step(&w, &e);
    CHECK_TEXT(answer_of(&w, SEND_DONE), "wall_clock seconds 10 to 30");
    CHECK(!is_over(&w));
    close_world(&w);
}

TEST(a_note_is_kept_and_changes_nothing_else)
{
    static struct world w;
    static const int64_t first = 1;
    open_world(&w, 40);
    run_to_the_end(&w, 7, 0);
    struct hub_event e = asked(STEER_NOTE);
    e.as.steer.numbers = &first;
    e.as.steer.n_numbers = 1;
    e.as.steer.text = "odd curve";
    step(&w, &e);
    CHECK_INT(w.l.n_steers, 1);
    CHECK_INT(w.l.steers[0].trial, 1);
    CHECK_INT(w.fx.n_campaigns + w.fx.n_trials, 0);
    CHECK(is_over(&w));
    close_world(&w);
}

TAP_MAIN
