/* test_hub_trust.c: workers on which everything fails, and trials that break wherever they run. */
#include "tests/unit/hub_world.h"

static const struct worker *worker_of(const struct world *w, uint64_t key)
{
    return roster_by_key(hub_roster(w->hub), key);
}

/* The trial that the worker of this key runs. */
static struct trial_row run_by(const struct world *w, uint64_t key)
{
    for (size_t i = 0; i < hub_n_running(w->hub); i++)
        if (hub_running(w->hub, i)->row.worker == worker_of(w, key)->row.id)
            return hub_running(w->hub, i)->row;
    TAP_FAIL("worker %d runs nothing", (int)key);
}

static bool is_idle(const struct world *w, uint64_t key)
{
    return worker_of(w, key)->n_running == 0;
}

/* The worker asks, gets a trial, and this comes of it. */
static void work(struct world *w, uint64_t key, int failure)
{
    ask(w, key, 1);
    struct trial_row t = run_by(w, key);
    outcome_of(w, key, &t, t.lease, failure, 0.5);
}

/* A worker that does well, and one on which three trials have failed. Sessions are numbered as keys. */
static void open_with_a_bad_one(struct world *w, int failure)
{
    open_world(w, 40);
    hello(w, 11, 11, NULL, 0);
    hello(w, 12, 12, NULL, 0);
    work(w, 11, -1);
    for (int i = 0; i < BAD_TRIALS; i++)
        work(w, 12, failure);
}

TEST(a_worker_on_which_three_trials_in_a_row_fail_is_set_aside_while_another_does_well)
{
    static struct world w;
    open_with_a_bad_one(&w, FAILURE_EXIT);
    CHECK_TEXT(worker_of(&w, 12)->row.state, "set_aside");
    CHECK_CONTAINS(worker_of(&w, 12)->row.why, "exit: why");
    ask(&w, 12, 1);
    CHECK(is_idle(&w, 12));
    ask(&w, 11, 1);
    CHECK(!is_idle(&w, 11));
    close_world(&w);
}

TEST(a_configuration_that_diverges_says_nothing_against_its_worker)
{
    static struct world w;
    open_with_a_bad_one(&w, FAILURE_DIVERGED);
    CHECK_TEXT(worker_of(&w, 12)->row.state, "here");
    CHECK_INT(worker_of(&w, 12)->row.n_bad, 0);
    close_world(&w);
}

TEST(a_success_in_between_forgives)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 11, NULL, 0);
    hello(&w, 12, 12, NULL, 0);
    work(&w, 11, -1);
    for (int i = 0; i < 4; i++) {
        work(&w, 12, FAILURE_EXIT);
        work(&w, 12, FAILURE_EXIT);
        work(&w, 12, -1);
    }
    CHECK_TEXT(worker_of(&w, 12)->row.state, "here");
    CHECK_INT(worker_of(&w, 12)->row.n_bad, 0);
    close_world(&w);
}

TEST(a_lone_worker_is_never_set_aside)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 11, NULL, 0);
    work(&w, 11, -1);
    for (int i = 0; i < 8; i++)
        work(&w, 11, FAILURE_EXIT);
    CHECK_TEXT(worker_of(&w, 11)->row.state, "here");
    close_world(&w);
}

TEST(when_everything_fails_everywhere_no_worker_is_blamed)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 11, NULL, 0);
    hello(&w, 12, 12, NULL, 0);
    for (int i = 0; i < 4; i++) {
        work(&w, 11, FAILURE_EXIT);
        work(&w, 12, FAILURE_EXIT);
    }
    CHECK_TEXT(worker_of(&w, 11)->row.state, "here");
    CHECK_TEXT(worker_of(&w, 12)->row.state, "here");
    close_world(&w);
}

TEST(a_trial_under_way_elsewhere_is_proof_enough_before_the_first_result)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 11, NULL, 0);
    hello(&w, 12, 12, NULL, 0);
    ask(&w, 11, 1);
    struct trial_row t = run_by(&w, 11);
    struct lease_ref held = { t.id, t.lease, 1 };
    beat(&w, 11, &held, 1);
    for (int i = 0; i < BAD_TRIALS; i++)
        work(&w, 12, FAILURE_EXIT);
    CHECK_TEXT(worker_of(&w, 12)->row.state, "set_aside");
    close_world(&w);
}

TEST(it_is_let_back_after_a_minute_and_then_one_failure_is_enough_for_two)
{
    static struct world w;
    open_with_a_bad_one(&w, FAILURE_EXIT);
    for (int s = 0; s < 60; s++) {
        CHECK_TEXT(worker_of(&w, 12)->row.state, "set_aside");
        tick(&w, 1000);
        beat(&w, 11, NULL, 0);
        beat(&w, 12, NULL, 0);
    }
    CHECK_TEXT(worker_of(&w, 12)->row.state, "here");
    work(&w, 12, FAILURE_EXIT);
    CHECK_TEXT(worker_of(&w, 12)->row.state, "set_aside");
    for (int s = 0; s < 119; s++) {
        tick(&w, 1000);
        beat(&w, 11, NULL, 0);
        beat(&w, 12, NULL, 0);
    }
    CHECK_TEXT(worker_of(&w, 12)->row.state, "set_aside");
    tick(&w, 1000);
    CHECK_TEXT(worker_of(&w, 12)->row.state, "here");
    work(&w, 12, -1);
    CHECK_INT(worker_of(&w, 12)->row.n_set_aside, 0);
    CHECK_TEXT(worker_of(&w, 12)->row.why, "");
    close_world(&w);
}

TEST(it_is_let_back_at_once_when_nobody_else_is_left)
{
    static struct world w;
    open_with_a_bad_one(&w, FAILURE_EXIT);
    struct hub_event bye = { .kind = HUB_BYE, .peer = 11, .session = 11 };
    step(&w, &bye);
    tick(&w, 250);
    CHECK_TEXT(worker_of(&w, 12)->row.state, "here");
    ask(&w, 12, 1);
    CHECK(!is_idle(&w, 12));
    close_world(&w);
}

TEST(a_worker_that_was_started_anew_gets_a_second_chance_and_no_third)
{
    static struct world w;
    open_with_a_bad_one(&w, FAILURE_EXIT);
    hello(&w, 12, 112, NULL, 0);
    CHECK_TEXT(worker_of(&w, 12)->row.state, "here");
    ask(&w, 112, 1);
    struct trial_row t = run_by(&w, 12);
    outcome_of(&w, 12, &t, t.lease, FAILURE_EXIT, 0);
    CHECK_TEXT(worker_of(&w, 12)->row.state, "set_aside");
    hello(&w, 12, 212, NULL, 0);
    CHECK_TEXT(worker_of(&w, 12)->row.state, "set_aside");
    close_world(&w);
}

TEST(a_restart_of_the_coordinator_forgets_nothing_of_it)
{
    static struct world w;
    open_with_a_bad_one(&w, FAILURE_EXIT);
    restart(&w);
    CHECK_TEXT(worker_of(&w, 12)->row.state, "set_aside");
    hello(&w, 11, 11, NULL, 0);
    hello(&w, 12, 12, NULL, 0);
    CHECK_TEXT(worker_of(&w, 12)->row.state, "set_aside");
    CHECK_CONTAINS(worker_of(&w, 12)->row.why, "others did well");
    ask(&w, 12, 1);
    CHECK(is_idle(&w, 12));
    close_world(&w);
}

static void drain(struct world *w, const char *name)
{
    struct hub_event e = { .kind = HUB_DRAIN, .peer = 3, .as.drain = { name, "ann@host" } };
    step(w, &e);
}

TEST(a_worker_that_is_asked_to_leave_is_told_until_it_goes_and_gets_no_work)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 11, NULL, 0);
    ask(&w, 11, 1);
    struct trial_row t = run_by(&w, 11);
    drain(&w, "nobody");
    CHECK_INT(w.fx.sends[0].kind, SEND_REFUSED);
    CHECK_CONTAINS(w.fx.sends[0].text, "no worker \"nobody\" is here");
    drain(&w, worker_of(&w, 11)->row.name);
    CHECK_INT(w.fx.n_sends, 2);
    CHECK_INT(w.fx.sends[0].kind, SEND_BEAT_ACK);
    CHECK_TEXT(w.fx.sends[0].text, "ann@host asked it to leave");
    CHECK_INT(w.fx.sends[1].kind, SEND_DONE);
    CHECK_TEXT(worker_of(&w, 11)->row.state, "leaving");
    restart(&w);
    struct lease_ref held = { t.id, t.lease, 0 };
    hello(&w, 11, 11, &held, 1);
    CHECK_TEXT(worker_of(&w, 11)->row.state, "leaving");
    beat(&w, 11, &held, 1);
    CHECK_TEXT(w.fx.sends[0].text, "ann@host asked it to leave");
    outcome_of(&w, 11, &t, t.lease, FAILURE_PREEMPTED, NAN);
    ask(&w, 11, 1);
    CHECK(is_idle(&w, 11));
    struct hub_event bye = { .kind = HUB_BYE, .peer = 11, .session = 11 };
    step(&w, &bye);
    CHECK_TEXT(worker_of(&w, 11)->row.state, "gone");
    CHECK_TEXT(worker_of(&w, 11)->row.why, "ann@host asked it to leave");
    hello(&w, 11, 12, NULL, 0); /* started again */
    CHECK_TEXT(worker_of(&w, 11)->row.state, "here");
    CHECK_TEXT(worker_of(&w, 11)->row.why, "");
    drain(&w, "w");
    hello(&w, 11, 13, NULL, 0); /* killed before it heard of that, and started again */
    CHECK_TEXT(worker_of(&w, 11)->row.state, "here");
    CHECK_TEXT(worker_of(&w, 11)->row.why, "");
    ask(&w, 13, 1);
    CHECK(!is_idle(&w, 11));
    close_world(&w);
}

static void beat_with(struct world *w, uint64_t session, int64_t load)
{
    struct hub_event e = { .kind = HUB_BEAT, .peer = session, .session = session, .as.beat = { .load = load } };
    step(w, &e);
}

TEST(the_load_of_a_machine_is_stored_once_a_minute)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 11, NULL, 0);
    CHECK(isnan(worker_of(&w, 11)->row.load));
    beat_with(&w, 11, 0); /* of an earlier release: not known */
    CHECK_INT(w.fx.n_workers, 0);
    beat_with(&w, 11, 150);
    CHECK_INT(w.fx.n_workers, 1);
    CHECK_NEAR(worker_of(&w, 11)->row.load, 1.5, 0);
    w.now_ms += 59999;
    beat_with(&w, 11, 300);
    CHECK_INT(w.fx.n_workers, 0);
    CHECK_NEAR(worker_of(&w, 11)->row.load, 1.5, 0);
    w.now_ms += 1;
    beat_with(&w, 11, 300);
    CHECK_NEAR(worker_of(&w, 11)->row.load, 3, 0);
    close_world(&w);
}

TEST(a_worker_has_the_kernel_that_its_trials_named_unless_it_says_itself)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 11, NULL, 0);
    ask(&w, 11, 1);
    struct trial_row t = run_by(&w, 11);
    struct hub_event e = { .kind = HUB_RESULT, .peer = 11, .session = 11 };
    e.as.outcome = (struct hub_outcome){ .trial = t.id,
        .lease = t.lease,
        .key = 11,
        .failure = -1,
        .budget = 1,
        .value = 0.5,
        .checkpoint = "",
        .kernel = "SkylakeX, avx512" };
    step(&w, &e);
    CHECK_TEXT(last_verdict(&w), "counted");
    CHECK_INT(w.fx.n_workers, 1);
    CHECK_TEXT(w.fx.workers[0].kernel, "SkylakeX, avx512");
    hello(&w, 11, 12, NULL, 0); /* started again */
    CHECK_TEXT(worker_of(&w, 11)->row.kernel, "SkylakeX, avx512");
    close_world(&w);
}

TEST(what_a_machine_takes_with_it_is_one_accident)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 11, NULL, 0);
    hello(&w, 12, 12, NULL, 0);
    work(&w, 11, -1);
    ask(&w, 12, 2);
    CHECK_INT(worker_of(&w, 12)->n_running, 2);
    hello(&w, 12, 112, NULL, 0);
    CHECK_INT(worker_of(&w, 12)->n_running, 0);
    CHECK_INT(worker_of(&w, 12)->row.n_bad, 1);
    close_world(&w);
}

TEST(a_grant_that_never_arrived_is_nobodys_fault)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 11, NULL, 0);
    ask(&w, 11, 1);
    restart(&w);
    hello(&w, 11, 11, NULL, 0); /* the same process, which does not list it */
    CHECK_INT(w.l.trials[0].n_broken, 0);
    CHECK_INT(worker_of(&w, 11)->row.n_bad, 0);
    ask(&w, 11, 1);
    CHECK_INT(run_by(&w, 11).id, 1);
    for (int i = 0; i < 3; i++)
        beat(&w, 11, NULL, 0);
    CHECK_INT(w.l.trials[0].n_broken, 0);
    ask(&w, 11, 1);
    CHECK_INT(run_by(&w, 11).id, 1);
    hello(&w, 11, 99, NULL, 0);
    CHECK_INT(w.l.trials[0].n_broken, 1);
    close_world(&w);
}

TEST(a_trial_that_broke_on_a_worker_goes_to_another)
{
    static struct world w;
    open_world(&w, 40);
    hello(&w, 11, 11, NULL, 0);
    hello(&w, 12, 12, NULL, 0);
    ask(&w, 11, 1);
    CHECK_INT(run_by(&w, 11).id, 1);
    hello(&w, 11, 111, NULL, 0);
    ask(&w, 111, 1);
    CHECK_INT(run_by(&w, 11).id, 2);
    ask(&w, 12, 1);
    CHECK_INT(run_by(&w, 12).id, 1);
    close_world(&w);
}

TEST(a_trial_that_was_set_aside_is_never_granted_again)
{
    static struct world w;
    open_world(&w, 40);
    for (uint64_t k = 11; k < 14; k++) {
        hello(&w, k, k, NULL, 0);
        ask(&w, k, 1);
        CHECK_INT(run_by(&w, k).id, 1);
        hello(&w, k, 100 + k, NULL, 0);
        tick(&w, 5000);
    }
    CHECK_INT(w.l.trials[0].state, TRIAL_SET_ASIDE);
    restart(&w);
    hello(&w, 14, 14, NULL, 0);
    for (int i = 0; i < 200 && !campaign_is_over(hub_campaign(w.hub, 0)); i++) {
        ask(&w, 14, 1);
        struct trial_row t = run_by(&w, 14);
        CHECK(t.id != 1);
        outcome_of(&w, 14, &t, t.lease, -1, 0.5);
    }
    CHECK(campaign_is_over(hub_campaign(w.hub, 0)));
    CHECK_INT(w.l.trials[0].lease, 3);
    close_world(&w);
}

TAP_MAIN
