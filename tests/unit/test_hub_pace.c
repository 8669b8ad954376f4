/* test_hub_pace.c: a slow machine gets what lasts long last. */
#include "tests/unit/hub_world.h"

enum { FAST = 11, SLOW = 12 }; /* sessions are numbered as keys */

static const struct worker *worker_of(const struct world *w, uint64_t key)
{
    return roster_by_key(hub_roster(w->hub), key);
}

static const struct trial *run_by(const struct world *w, uint64_t key)
{
    for (size_t i = 0; i < hub_n_running(w->hub); i++)
        if (hub_running(w->hub, i)->row.worker == worker_of(w, key)->row.id)
            return hub_running(w->hub, i);
    return NULL;
}

/* The worker's trial reaches its rung after so many seconds for each unit of budget. */
static void finish(struct world *w, uint64_t key, double seconds)
{
    struct trial_row row = run_by(w, key)->row;
    int64_t to = campaign_rung_budget(run_by(w, key)->campaign, row.bracket, row.rung);
    double spent = seconds * (double)(to - row.budget);
    struct hub_event e = { .kind = HUB_RESULT, .peer = key, .session = key };
    e.as.outcome = (struct hub_outcome){ .trial = row.id,
        .rung = row.rung,
        .lease = row.lease,
        .key = key,
        .failure = -1,
        .budget = to,
        .value = loss_of(&row),
        .seconds = spent,
        .checkpoint = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        .checkpoint_bytes = 1,
        .checkpoint_is_stored = true };
    w->now_ms += (int64_t)(spent * 1000);
    step(w, &e);
    CHECK_TEXT(last_verdict(w), "counted");
}

/* Each asks for one trial, as long as new ones may start, and reaches its rung. Returns how many promoted ones the slow
 * one was given once its pace was known; *fast: how many the fast one. */
static int run_until_all_are_started(struct world *w, double slowness, int *fast)
{
    int slow = 0;
    *fast = 0;
    for (int i = 0; hub_campaign(w->hub, 0)->n_trials < (size_t)w->n_trials; i++) {
        ask(w, SLOW, 1);
        ask(w, FAST, 1);
        slow += i >= 6 && run_by(w, SLOW)->row.rung > 0;
        *fast += i >= 6 && run_by(w, FAST)->row.rung > 0;
        finish(w, FAST, 1);
        finish(w, SLOW, slowness);
    }
    return slow;
}

static void open_pair(struct world *w)
{
    open_world(w, 40);
    hello(w, FAST, FAST, NULL, 0);
    hello(w, SLOW, SLOW, NULL, 0);
}

TEST(what_lasts_long_is_left_to_the_faster_one)
{
    static struct world w;
    int fast;
    open_pair(&w);
    CHECK_INT(run_until_all_are_started(&w, 5, &fast), 0);
    CHECK(fast >= 4);
    close_world(&w);
}

TEST(machines_that_differ_a_little_share_everything)
{
    static struct world w;
    int fast;
    open_pair(&w);
    CHECK(run_until_all_are_started(&w, 1.3, &fast) > 0);
    close_world(&w);
}

/* Both are heard of meanwhile. */
static void pass(struct world *w, int64_t ms)
{
    const struct trial *t = run_by(w, FAST);
    struct lease_ref held = t ? (struct lease_ref){ t->row.id, t->row.lease, 0 } : (struct lease_ref){ 0 };
    w->now_ms += ms;
    beat(w, FAST, &held, t != NULL);
    beat(w, SLOW, NULL, 0);
}

TEST(where_nothing_else_is_left_it_waits_as_long_as_that_is_sooner)
{
    static struct world w;
    int fast;
    open_pair(&w);
    run_until_all_are_started(&w, 5, &fast);
    ask(&w, SLOW, 1);
    CHECK_INT(hub_campaign(w.hub, 0)->n_states[TRIAL_QUEUED], 1);
    pass(&w, 1000);
    CHECK(run_by(&w, SLOW) == NULL);
    pass(&w, 28000);
    CHECK(run_by(&w, SLOW) != NULL && run_by(&w, SLOW)->row.rung > 0);
    close_world(&w);
}

TEST(the_faster_one_is_given_it_though_the_slow_one_has_waited_for_longer)
{
    static struct world w;
    int fast;
    open_pair(&w);
    run_until_all_are_started(&w, 5, &fast);
    ask(&w, SLOW, 1);
    ask(&w, FAST, 1);
    CHECK(run_by(&w, FAST) != NULL && run_by(&w, FAST)->row.rung > 0);
    CHECK(run_by(&w, SLOW) == NULL);
    close_world(&w);
}

TEST(it_gets_everything_once_the_faster_one_has_left)
{
    static struct world w;
    int fast;
    open_pair(&w);
    run_until_all_are_started(&w, 5, &fast);
    ask(&w, SLOW, 1);
    CHECK(run_by(&w, SLOW) == NULL);
    struct hub_event e = { .kind = HUB_BYE, .peer = FAST, .session = FAST };
    step(&w, &e);
    CHECK(run_by(&w, SLOW) != NULL);
    close_world(&w);
}

TAP_MAIN
