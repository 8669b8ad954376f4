/* test_hub_share.c: how several campaigns share the slots of workers, and trials that take more than one. */
#include "coordinator/core/fit.h"
#include "tests/unit/hub_world.h"

static void submit(struct world *w, const char *name, int64_t weight, int64_t cores)
{
    struct campaign_spec *spec = make_spec(30);
    struct hub_event e = { .kind = HUB_SUBMIT };
    snprintf(spec->name, sizeof spec->name, "%s", name);
    spec->weight = weight;
    spec->trial.cores = cores;
    e.as.submit = (struct hub_submit){ .spec = spec, .file = "{}" };
    step(w, &e);
}

static void open_empty(struct world *w)
{
    *w = (struct world){ .hub = hub_new(&settings, 1), .now_ms = 1000 };
    hub_start(w->hub, 0, 0, w->now_ms);
}

static void join_with(struct world *w, uint64_t key, int slots, int64_t memory_bytes)
{
    struct hub_event e = { .kind = HUB_HELLO, .peer = key, .session = key };
    e.as.hello = (struct hub_hello){
        .key = key, .name = "w", .host = "h", .version = "0", .kernel = "", .slots = slots, .memory_bytes = memory_bytes
    };
    step(w, &e);
    ask(w, key, slots);
}

static void join(struct world *w, uint64_t key, int slots)
{
    join_with(w, key, slots, 0);
}

static int n_running(const struct world *w, const char *campaign)
{
    return (int)hub_find_campaign(w->hub, campaign)->n_states[TRIAL_RUNNING];
}

/* One of its trials reaches its rung, and the worker asks with so many free slots. */
static void finish_one(struct world *w, const char *campaign, uint64_t key, int n_free)
{
    const struct trial *found = NULL;
    for (size_t i = 0; i < hub_n_running(w->hub); i++)
        if (hub_running(w->hub, i)->campaign == hub_find_campaign(w->hub, campaign))
            found = hub_running(w->hub, i);
    CHECK(found != NULL);
    struct trial_row row = found->row;
    outcome_of(w, key, &row, row.lease, -1, loss_of(&row));
    CHECK_TEXT(last_verdict(w), "counted");
    ask(w, key, n_free);
}

TEST(campaigns_hold_slots_by_their_weights)
{
    static struct world w;
    open_empty(&w);
    submit(&w, "one", 1, 1);
    submit(&w, "three", 3, 1);
    submit(&w, "unsaid", 0, 1);
    join(&w, 11, 10);
    CHECK_INT(n_running(&w, "one"), 2);
    CHECK_INT(n_running(&w, "three"), 6);
    CHECK_INT(n_running(&w, "unsaid"), 2);
    for (int i = 0; i < 8; i++) /* what comes free goes to whoever is behind */
        finish_one(&w, "three", 11, 1);
    CHECK_INT(n_running(&w, "three"), 6);
    close_world(&w);
}

TEST(a_trial_takes_as_many_slots_as_have_its_memory)
{
    struct campaign_spec spec = { .limits = { .trial_memory_bytes = INT64_C(3) << 30 } };
    CHECK_INT(campaign_spec_slots(&spec, 8, INT64_C(16) << 30), 2); /* shares of 2 GiB */
    CHECK_INT(campaign_spec_slots(&spec, 4, INT64_C(16) << 30), 1);
    CHECK_INT(campaign_spec_slots(&spec, 4, INT64_C(12) << 30), 1);
    CHECK_INT(campaign_spec_slots(&spec, 4, (INT64_C(12) << 30) - 4), 2);
    CHECK_INT(campaign_spec_slots(&spec, 8, INT64_C(1) << 30), 8); /* the whole worker, and never more */
    CHECK_INT(campaign_spec_slots(&spec, 8, 0), 1);                /* nothing is known */
    spec.trial.cores = 4;
    CHECK_INT(campaign_spec_slots(&spec, 8, INT64_C(16) << 30), 4);
    CHECK_INT(campaign_spec_slots(&spec, 2, INT64_C(16) << 30), 4); /* it does not fit */
    static struct world w;
    open_empty(&w);
    submit(&w, "hungry", 0, 0);
    hub_find_campaign(w.hub, "hungry")->spec->limits.trial_memory_bytes = INT64_C(3) << 30;
    join_with(&w, 11, 8, INT64_C(16) << 30);
    CHECK_INT(n_running(&w, "hungry"), 4);
    CHECK_INT(hub_roster(w.hub)->workers[0]->n_running, 8);
    CHECK_INT(hub_find_campaign(w.hub, "hungry")->n_slots, 8);
    finish_one(&w, "hungry", 11, 1); /* one of two slots: not enough */
    CHECK_INT(n_running(&w, "hungry"), 3);
    ask(&w, 11, 2);
    CHECK_INT(n_running(&w, "hungry"), 4);
    close_world(&w);
}

TEST(a_trial_takes_as_many_slots_as_its_campaign_says)
{
    static struct world w;
    open_empty(&w);
    submit(&w, "wide", 0, 2);
    join(&w, 11, 5);
    CHECK_INT(n_running(&w, "wide"), 2);
    CHECK_INT(hub_roster(w.hub)->workers[0]->n_running, 4);
    CHECK_INT(hub_roster(w.hub)->workers[0]->free, 1);
    finish_one(&w, "wide", 11, 1); /* of one slot it can make nothing */
    CHECK_INT(n_running(&w, "wide"), 1);
    CHECK_INT(hub_roster(w.hub)->workers[0]->n_running, 2);
    ask(&w, 11, 3);
    CHECK_INT(n_running(&w, "wide"), 2);
    close_world(&w);
}

TEST(slots_are_kept_for_a_campaign_whose_turn_it_is_until_they_are_enough)
{
    static struct world w;
    open_empty(&w);
    submit(&w, "narrow", 0, 1);
    join(&w, 11, 2);
    CHECK_INT(n_running(&w, "narrow"), 2);
    submit(&w, "wide", 0, 2);
    finish_one(&w, "narrow", 11, 1);
    CHECK_INT(n_running(&w, "narrow"), 1);
    CHECK_INT(n_running(&w, "wide"), 0);
    finish_one(&w, "narrow", 11, 2);
    CHECK_INT(n_running(&w, "wide"), 1);
    finish_one(&w, "wide", 11, 2); /* and then it is the other's turn, and so on */
    CHECK_INT(n_running(&w, "narrow"), 1);
    CHECK_INT(n_running(&w, "wide"), 0);
    finish_one(&w, "narrow", 11, 2);
    CHECK_INT(n_running(&w, "wide"), 1);
    close_world(&w);
}

TEST(a_small_worker_is_no_obstacle_for_the_others)
{
    static struct world w;
    open_empty(&w);
    submit(&w, "wide", 0, 4);
    join(&w, 11, 2);
    CHECK_INT(n_running(&w, "wide"), 0);
    join(&w, 12, 4);
    CHECK_INT(n_running(&w, "wide"), 1);
    submit(&w, "narrow", 0, 1);
    CHECK_INT(n_running(&w, "narrow"), 2);
    close_world(&w);
}

TEST(what_no_worker_has_room_for_is_said)
{
    static struct world w;
    struct str why = { 0 };
    open_empty(&w);
    submit(&w, "wide", 0, 4);
    join(&w, 11, 2);
    fit_explain(hub_find_campaign(w.hub, "wide"), hub_roster(w.hub), &why);
    CHECK_TEXT(str_text(&why), "a trial takes 4 slots (trial.cores), and no worker that is here has so many: start one "
                               "with --slots 4");
    str_deinit(&why);
    close_world(&w);
}

TAP_MAIN
