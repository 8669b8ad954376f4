#include "tests/unit/hub_world.h"

TEST(a_free_slot_always_gets_work_until_the_campaign_is_over)
{
    struct world w;
    open_world(&w, 40);
    run_to_the_end(&w, 1, 0);
    CHECK_INT(w.l.n_trials, 40);
    CHECK_INT(w.l.campaign.state, CAMPAIGN_DONE);
    int n_completed = 0;
    for (int i = 0; i < w.l.n_trials; i++) {
        CHECK(w.l.trials[i].state == TRIAL_COMPLETED || w.l.trials[i].state == TRIAL_STOPPED);
        n_completed += w.l.trials[i].state == TRIAL_COMPLETED;
    }
    CHECK(n_completed >= 1);
    CHECK_INT(hub_n_running(w.hub), 0);
    close_world(&w);
}

TEST(restarts_change_no_decision)
{
    static struct world a, b;
    open_world(&a, 40);
    open_world(&b, 40);
    run_to_the_end(&a, 5, 0);
    for (int every = 1; every <= 3; every++) {
        if (every > 1)
            open_world(&b, 40);
        run_to_the_end(&b, 5, every);
        CHECK_INT(a.l.n_decisions, b.l.n_decisions);
        CHECK(memcmp(a.l.x, b.l.x, sizeof a.l.x) == 0);
        for (int i = 0; i < a.l.n_decisions; i++) {
            CHECK_INT(a.l.decisions[i].move, b.l.decisions[i].move);
            CHECK_INT(a.l.decisions[i].trial, b.l.decisions[i].trial);
            CHECK_INT(a.l.decisions[i].origin, b.l.decisions[i].origin);
        }
        CHECK_INT(a.l.n_counted, b.l.n_counted);
        close_world(&b);
    }
    close_world(&a);
}

TEST(a_result_is_counted_once_however_often_it_comes)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    ask(&w, 1, 1);
    struct trial_row t = w.l.trials[0];
    outcome(&w, &t, 1, -1, 0.5);
    CHECK_TEXT(last_verdict(&w), "counted");
    for (int i = 0; i < 3; i++) {
        outcome(&w, &t, 1, -1, 0.5);
        CHECK_TEXT(last_verdict(&w), "duplicate");
    }
    CHECK_INT(w.l.n_counted, 1);
    CHECK_INT(w.l.n_uncounted, 0);
    close_world(&w);
}

TEST(a_late_result_counts_when_it_is_the_first_and_is_kept_when_it_is_not)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    hello(&w, 12, 2, NULL, 0);
    ask(&w, 1, 1);
    struct trial_row t = w.l.trials[0];
    /* Its lease ends, and the trial is given to the other worker. */
    for (int i = 0; i < 3; i++) {
        tick(&w, 15000);
        beat(&w, 2, NULL, 0);
    }
    CHECK_INT(w.l.trials[0].state, TRIAL_QUEUED);
    ask(&w, 2, 1);
    CHECK_INT(w.l.trials[0].state, TRIAL_RUNNING);
    CHECK_INT(w.l.trials[0].lease, 2);
    outcome(&w, &t, 1, -1, 0.5);
    CHECK_TEXT(last_verdict(&w), "counted");
    outcome(&w, &t, 2, -1, 0.6);
    CHECK_TEXT(last_verdict(&w), "late");
    CHECK_INT(w.l.n_counted, 1);
    CHECK_INT(w.l.n_uncounted, 1);
    struct lease_ref held = { 1, 2, 0 };
    beat(&w, 2, &held, 1);
    CHECK_INT(w.fx.sends[0].kind, SEND_BEAT_ACK);
    CHECK_INT(w.fx.sends[0].n_refs, 1);
    close_world(&w);
}

TEST(of_equal_values_the_smaller_number_is_best_whoever_was_first)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    ask(&w, 1, 2);
    struct trial_row first = w.l.trials[0], second = w.l.trials[1];
    outcome(&w, &second, 1, -1, 0.5);
    CHECK_INT(hub_campaign(w.hub, 0)->best->row.number, 2);
    outcome(&w, &first, 1, -1, 0.5);
    CHECK_INT(hub_campaign(w.hub, 0)->best->row.number, 1);
    close_world(&w);
}

TEST(a_late_outcome_is_kept_once_however_often_it_comes)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    ask(&w, 1, 1);
    struct trial_row t = w.l.trials[0];
    hello(&w, 11, 2, NULL, 0); /* a new process, which does not hold it */
    CHECK_INT(w.l.trials[0].state, TRIAL_QUEUED);
    outcome(&w, &t, 1, FAILURE_PREEMPTED, 0);
    CHECK_TEXT(last_verdict(&w), "late");
    CHECK_INT(w.l.n_uncounted, 1);
    for (int i = 0; i < 3; i++) {
        outcome(&w, &t, 1, FAILURE_PREEMPTED, 0);
        CHECK_TEXT(last_verdict(&w), "duplicate");
    }
    CHECK_INT(w.l.n_uncounted, 1);
    close_world(&w);
}

TEST(a_second_hello_of_a_process_changes_nothing_that_is_not_saved)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    struct hub_event e = { .kind = HUB_HELLO, .peer = 1, .session = 1 };
    e.as.hello = (struct hub_hello){ .key = 11, .name = "w", .host = "h", .version = "0", .kernel = "", .slots = 9 };
    step(&w, &e);
    CHECK_INT(w.fx.n_workers, 0);
    CHECK_INT(roster_by_id(hub_roster(w.hub), 1)->row.slots, 2);
    close_world(&w);
}

TEST(a_result_for_another_configuration_of_the_same_number_does_not_count)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    ask(&w, 1, 1);
    uint64_t mine = hub_find_trial(w.hub, 1)->config_id;
    struct hub_event e = { .kind = HUB_RESULT, .peer = 1, .session = 1 };
    e.as.outcome = (struct hub_outcome){
        .trial = 1, .lease = 1, .key = 11, .config_id = mine ^ 2, .failure = -1, .budget = 1, .checkpoint = ""
    };
    step(&w, &e);
    CHECK_TEXT(last_verdict(&w), "unknown");
    CHECK_INT(w.l.n_counted, 0);
    CHECK_INT(w.l.n_uncounted, 1);
    e.as.outcome.config_id = mine;
    step(&w, &e);
    CHECK_TEXT(last_verdict(&w), "counted");
    close_world(&w);
}

TEST(a_trial_whose_checkpoint_is_gone_begins_again)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    ask(&w, 1, 1);
    struct hub_event e = { .kind = HUB_FAIL, .peer = 1, .session = 1 };
    e.as.outcome = (struct hub_outcome){ .trial = 1, .lease = 1, .key = 11, .failure = FAILURE_PREEMPTED, .text = "" };
    e.as.outcome.checkpoint = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    e.as.outcome.checkpoint_is_stored = true;
    e.as.outcome.budget = 1;
    step(&w, &e);
    CHECK_INT(w.l.trials[0].budget, 1);
    ask(&w, 1, 1);
    e.as.outcome.lease = 2;
    e.as.outcome.checkpoint = "";
    e.as.outcome.start_is_lost = true;
    step(&w, &e);
    CHECK_INT(w.l.trials[0].budget, 0);
    CHECK_TEXT(w.l.trials[0].checkpoint, "");
    CHECK_INT(w.l.trials[0].state, TRIAL_QUEUED);
    close_world(&w);
}

TEST(a_lease_that_was_never_given_is_unknown)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    ask(&w, 1, 1);
    struct trial_row t = w.l.trials[0];
    outcome(&w, &t, 9, -1, 0.5);
    CHECK_TEXT(last_verdict(&w), "unknown");
    t.id = 77;
    outcome(&w, &t, 1, -1, 0.5);
    CHECK_TEXT(last_verdict(&w), "unknown");
    CHECK_INT(w.l.n_counted, 0);
    close_world(&w);
}

TEST(an_agent_that_starts_anew_gets_its_lost_trial_back_at_once)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    ask(&w, 1, 1);
    hello(&w, 11, 2, NULL, 0);
    CHECK_INT(w.l.trials[0].state, TRIAL_QUEUED);
    ask(&w, 2, 1);
    CHECK_INT(w.l.trials[0].state, TRIAL_RUNNING);
    CHECK_INT(w.l.trials[0].lease, 2);
    CHECK_INT(w.l.n_trials, 1);
    close_world(&w);
}

TEST(a_grant_that_never_arrived_is_noticed_by_the_beats)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    ask(&w, 1, 1);
    for (int i = 0; i < 3; i++)
        beat(&w, 1, NULL, 0);
    CHECK(w.l.trials[0].state == TRIAL_QUEUED || w.l.trials[0].lease == 2);
    close_world(&w);
}

TEST(a_trial_that_breaks_on_three_workers_is_set_aside)
{
    static struct world w;
    open_world(&w, 40);
    for (uint64_t k = 0; k < 3; k++) {
        hello(&w, 11 + k, 1 + k, NULL, 0);
        ask(&w, 1 + k, 1);
        CHECK_INT(w.l.trials[0].state, TRIAL_RUNNING);
        hello(&w, 11 + k, 100 + k, NULL, 0);
        tick(&w, 5000);
    }
    CHECK_INT(w.l.trials[0].state, TRIAL_SET_ASIDE);
    CHECK_INT(w.l.n_counted, 0);
    close_world(&w);
}

TEST(a_failure_of_its_own_closes_the_rung_and_a_lost_attempt_does_not)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    ask(&w, 1, 1);
    struct trial_row t = w.l.trials[0];
    outcome(&w, &t, 1, FAILURE_PREEMPTED, 0);
    CHECK_INT(w.l.trials[0].state, TRIAL_QUEUED);
    CHECK_INT(w.l.n_counted, 0);
    ask(&w, 1, 1);
    outcome(&w, &t, 1, FAILURE_DIVERGED, 0);
    CHECK_TEXT(last_verdict(&w), "late");
    outcome(&w, &t, 2, FAILURE_DIVERGED, 0);
    CHECK_INT(w.l.trials[0].state, TRIAL_FAILED);
    CHECK_INT(w.l.n_counted, 1);
    close_world(&w);
}

TEST(a_campaign_in_which_everything_fails_ends_and_says_so)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    for (int i = 0; i < 40 && !is_over(&w); i++) {
        ask(&w, 1, 1);
        struct trial_row t = w.l.trials[w.l.n_trials - 1];
        outcome(&w, &t, t.lease, FAILURE_EXIT, 0);
    }
    CHECK_INT(w.l.campaign.state, CAMPAIGN_FAILED);
    CHECK_INT(w.l.n_trials, 10);
    close_world(&w);
}

TEST(a_paused_campaign_grants_nothing_and_goes_on_when_resumed)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 1, NULL, 0);
    struct hub_event e = { .kind = HUB_STEER, .peer = 3 };
    e.as.steer.campaign = 1;
    e.as.steer.who = "anna@host";
    e.as.steer.action = STEER_PAUSE;
    step(&w, &e);
    ask(&w, 1, 2);
    CHECK_INT(w.l.n_grants, 0);
    e.as.steer.action = STEER_RESUME;
    step(&w, &e);
    CHECK_INT(w.l.n_grants, 2);
    e.as.steer.action = STEER_STOP;
    step(&w, &e);
    CHECK_INT(w.l.campaign.state, CAMPAIGN_STOPPED);
    CHECK_INT(w.l.trials[0].state, TRIAL_STOPPED);
    CHECK_INT(hub_n_running(w.hub), 0);
    close_world(&w);
}

TEST(the_wall_clock_counts_only_while_somebody_could_work)
{
    static struct world w;
    open_world(&w, 40);
    ((struct campaign *)(uintptr_t)hub_campaign(w.hub, 0))->spec->limits.wall_clock_ms = 10000;
    tick(&w, 1000);
    tick(&w, 20000);
    CHECK(!is_over(&w));
    hello(&w, 11, 1, NULL, 0);
    tick(&w, 9000);
    CHECK(!is_over(&w));
    tick(&w, 1500);
    CHECK(is_over(&w));
    close_world(&w);
}

TAP_MAIN
