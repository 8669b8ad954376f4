/* limits.checkpoints: which checkpoint goes when all together take too much, and that it is the same after a restart.
 */
#include "common/base/str.h"
#include "coordinator/core/campaign.h"
#include "tests/unit/hub_world.h"

enum { BYTES = 100 }; /* of each checkpoint */

/* A world whose campaign may keep so many checkpoints, and its worker with two slots. */
static void open_quota(struct world *w, int64_t n_trials, int n_kept)
{
    open_world(w, n_trials);
    hub_campaign(w->hub, 0)->spec->limits.checkpoints_bytes = n_kept * BYTES;
    hello(w, 11, 1, NULL, 0);
    ask(w, 1, 2);
}

/* Named by trial and rung. */
static void name_of(const struct trial_row *t, char hash[HASH_TEXT])
{
    snprintf(hash, HASH_TEXT, "%064d", (int)(t->number * 100) + t->rung);
}

/* A result with a checkpoint at its rung's budget. */
static void report(struct world *w, const struct trial *t, double value)
{
    char hash[HASH_TEXT];
    struct hub_event e = { .kind = HUB_RESULT, .peer = 1, .session = 1 };
    name_of(&t->row, hash);
    e.as.outcome = (struct hub_outcome){ .trial = t->row.id,
        .rung = t->row.rung,
        .lease = t->row.lease,
        .key = 11,
        .failure = -1,
        .text = "",
        .budget = campaign_rung_budget(t->campaign, t->row.bracket, t->row.rung),
        .value = value,
        .checkpoint = hash,
        .checkpoint_bytes = BYTES,
        .checkpoint_is_stored = true };
    step(w, &e);
    CHECK_TEXT(last_verdict(w), "counted");
}

/* The trials whose checkpoints this step dropped, as "3 7 "; all of them must be said, and be spare. */
static const char *dropped(const struct world *w)
{
    static char numbers[256];
    int len = 0, n_spare = 0, n_said = 0;
    numbers[0] = '\0';
    for (size_t i = 0; i < w->fx.n_saves; i++) {
        const struct event_row *row = &w->fx.saves[i].as.event;
        n_spare += w->fx.saves[i].kind == SAVE_SPARE;
        if (w->fx.saves[i].kind != SAVE_EVENT || row->kind != EVENT_CAMPAIGN || !row->lease)
            continue;
        const struct trial *t = hub_find_trial(w->hub, row->trial);
        CHECK(strstr(row->text, "was dropped, as all together take more than"));
        CHECK(!t->row.checkpoint[0] && t->row.checkpoint_bytes == 0 && t->row.budget == 0);
        CHECK(t != t->campaign->best && t->row.state != TRIAL_RUNNING && t->row.state != TRIAL_QUEUED);
        len += snprintf(numbers + len, sizeof numbers - (size_t)len, "%u ", t->row.number);
        n_said++;
    }
    CHECK(n_spare >= n_said);
    return numbers;
}

static const struct trial *running_number(const struct world *w, uint32_t number)
{
    for (size_t i = 0; i < hub_n_running(w->hub); i++)
        if (hub_running(w->hub, i)->row.number == number)
            return hub_running(w->hub, i);
    TAP_FAIL("trial %u does not run", number);
}

TEST(the_worst_that_waits_at_the_lowest_rung_is_dropped_first)
{
    struct world w;
    open_quota(&w, 9, 2);
    report(&w, running_number(&w, 1), 5);
    CHECK_TEXT(dropped(&w), "");
    report(&w, running_number(&w, 2), 7);
    CHECK_TEXT(dropped(&w), "");
    ask(&w, 1, 2);
    report(&w, running_number(&w, 3), 6);
    CHECK_TEXT(dropped(&w), "2 ");
    CHECK_INT(hub_campaign(w.hub, 0)->checkpoint_bytes, 2 * BYTES);
    report(&w, running_number(&w, 4), 9);
    CHECK_TEXT(dropped(&w), "4 ");
    close_world(&w);
}

TEST(one_that_runs_and_the_best_stay_even_beyond_the_quota)
{
    struct world w;
    open_quota(&w, 3, 0);
    hub_campaign(w.hub, 0)->spec->limits.checkpoints_bytes = 1;
    report(&w, running_number(&w, 1), 5);
    CHECK_TEXT(dropped(&w), "");
    CHECK(hub_campaign(w.hub, 0)->best->row.checkpoint[0]);
    report(&w, running_number(&w, 2), 4);
    CHECK_TEXT(dropped(&w), "1 ");
    CHECK_INT(hub_campaign(w.hub, 0)->best->row.number, 2);
    CHECK(hub_campaign(w.hub, 0)->best->row.checkpoint[0]);
    close_world(&w);
}

/* Runs to the end; returns how many checkpoints were dropped, and how many attempts of a trial that had reached a rung
 * began at 0. */
static int run_all(struct world *w, int restart_every, int *n_again)
{
    int n_dropped = 0;
    *n_again = 0;
    for (int i = 1; i < 500 && !is_over(w); i++) {
        CHECK(hub_n_running(w->hub) > 0);
        const struct trial *t = NULL;
        for (size_t k = 0; k < hub_n_running(w->hub); k++) /* the oldest, whatever the order of the list */
            if (!t || hub_running(w->hub, k)->row.id < t->row.id)
                t = hub_running(w->hub, k);
        *n_again += t->row.reached > 0 && t->row.budget == 0;
        report(w, t, loss_of(&t->row));
        for (const char *p = dropped(w); *p; p++)
            n_dropped += *p == ' ';
        if (restart_every && !is_over(w) && i % restart_every == 0) {
            int64_t quota = hub_campaign(w->hub, 0)->spec->limits.checkpoints_bytes;
            int64_t bytes = hub_campaign(w->hub, 0)->checkpoint_bytes;
            restart(w);
            hub_campaign(w->hub, 0)->spec->limits.checkpoints_bytes = quota;
            CHECK_INT(hub_campaign(w->hub, 0)->checkpoint_bytes, bytes);
            hello_again(w);
        }
        if (!is_over(w))
            ask(w, 1, 2 - (int)hub_n_running(w->hub));
    }
    CHECK(is_over(w));
    CHECK_INT(hub_campaign(w->hub, 0)->best->row.reached, 9);
    return n_dropped;
}

TEST(a_trial_without_its_checkpoint_begins_again_and_the_campaign_is_the_same)
{
    struct world tight, roomy;
    int n_again, n_again_roomy;
    open_quota(&tight, 18, 1);
    CHECK(run_all(&tight, 0, &n_again) > 0);
    CHECK(n_again > 0);
    open_quota(&roomy, 18, 1000);
    CHECK_INT(run_all(&roomy, 0, &n_again_roomy), 0);
    CHECK_INT(n_again_roomy, 0);
    CHECK_INT(tight.l.n_counted, roomy.l.n_counted);
    CHECK_INT(hub_campaign(tight.hub, 0)->best->row.number, hub_campaign(roomy.hub, 0)->best->row.number);
    CHECK_INT(hub_campaign(tight.hub, 0)->budget_spent, hub_campaign(roomy.hub, 0)->budget_spent);
    close_world(&tight);
    close_world(&roomy);
}

TEST(a_hub_made_again_from_the_rows_drops_the_same)
{
    struct world a, b;
    int n_again;
    open_quota(&a, 18, 3);
    open_quota(&b, 18, 3);
    int n = run_all(&a, 0, &n_again);
    CHECK(n > 0);
    CHECK_INT(run_all(&b, 1, &n_again), n);
    CHECK_INT(a.l.n_trials, b.l.n_trials);
    for (int i = 0; i < a.l.n_trials; i++)
        CHECK_TEXT(a.l.trials[i].checkpoint, b.l.trials[i].checkpoint);
    close_world(&a);
    close_world(&b);
}

TEST(what_the_next_rung_replaces_is_spare_at_once_and_only_where_there_is_a_quota)
{
    for (int has_quota = 0; has_quota < 2; has_quota++) {
        struct world w;
        int n_spare = 0;
        open_quota(&w, 9, has_quota ? 1000 : 0);
        for (int i = 0; i < 100 && !is_over(&w) && !n_spare; i++) {
            const struct trial *t = hub_running(w.hub, 0);
            bool had_one = t->row.checkpoint[0] != '\0';
            report(&w, t, loss_of(&t->row));
            for (size_t k = 0; k < w.fx.n_saves; k++)
                n_spare += w.fx.saves[k].kind == SAVE_SPARE;
            CHECK_INT(n_spare, had_one && has_quota);
            if (!is_over(&w))
                ask(&w, 1, 2 - (int)hub_n_running(w.hub));
        }
        CHECK_INT(n_spare, has_quota);
        close_world(&w);
    }
}

TAP_MAIN
