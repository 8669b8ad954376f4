/* Results from elsewhere in the hub: kept as rows, given to the model, the same after a restart, and never best. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "coordinator/core/hub.h"
#include "tests/tap.h"

static struct param params[] = {
    { .name = "a", .type = PARAM_FLOAT, .low = 0, .high = 1 },
    { .name = "b", .type = PARAM_INT, .low = 1, .high = 100, .step = 1 },
};
static const struct hub_settings settings = { .lease_ms = 30000, .heartbeat_ms = 1000 };

/* What a store would hold. */
static struct import_row kept[64];
static double kept_x[64][2];
static int n_kept;
static struct event_row event;
static int n_events;
static struct send answer;

static struct campaign_spec *make_spec(enum goal goal)
{
    struct campaign_spec *spec = mem_zalloc(1, sizeof *spec);
    *spec = (struct campaign_spec){ .name = "test", .seed = 7, .metric = "loss", .goal = goal };
    spec->space.n_params = 2;
    spec->space.params = mem_alloc(sizeof params);
    memcpy(spec->space.params, params, sizeof params);
    spec->search = (struct search_spec){ .min_budget = 1, .max_budget = 9, .eta = 3, .n_trials = 20 };
    spec->limits.n_trials = 20;
    return spec;
}

static void take(struct hub *h, struct hub_event *e)
{
    struct effects fx = { 0 };
    hub_step(h, e, &fx);
    n_events = 0;
    for (size_t i = 0; i < fx.n_saves; i++) {
        if (fx.saves[i].kind == SAVE_EVENT) {
            event = fx.saves[i].as.event;
            n_events++;
        }
        if (fx.saves[i].kind != SAVE_IMPORT)
            continue;
        kept[n_kept] = fx.saves[i].as.import;
        kept[n_kept].x = memcpy(kept_x[n_kept], kept[n_kept].x, sizeof kept_x[0]);
        n_kept++;
    }
    for (size_t i = 0; i < fx.n_sends; i++)
        answer = fx.sends[i];
    effects_deinit(&fx);
}

static struct hub *open_hub(enum goal goal)
{
    struct hub *h = hub_new(&settings, 1);
    struct hub_event e = { .kind = HUB_SUBMIT };
    n_kept = 0;
    hub_start(h, 0, 0, 1000);
    e.as.submit = (struct hub_submit){ .spec = make_spec(goal), .file = "{}" };
    take(h, &e);
    return h;
}

/* Twelve points, good ones where a is small; the last one failed, and the first reaches no rung. */
static void import(struct hub *h)
{
    static struct import_point points[12];
    static double x[12][2];
    struct hub_event e = { .kind = HUB_IMPORT, .peer = 5, .request = 77 };
    for (int i = 0; i < 12; i++) {
        x[i][0] = i / 12.0;
        x[i][1] = 1 + i * 7 % 100;
        points[i] = (struct import_point){ i ? 9 : 0, i == 11 ? NAN : i, x[i] };
    }
    e.as.import = (struct hub_import){ 1, "old.db", points, 12 };
    take(h, &e);
}

static struct search_decision decide(const struct hub *h)
{
    struct search_decision d;
    search_next(hub_campaign(h, 0)->search, &d);
    return d;
}

TEST(what_is_new_becomes_rows_under_one_event_and_is_told_to_the_client)
{
    struct hub *h = open_hub(GOAL_MINIMIZE);
    import(h);
    CHECK_INT(answer.kind, SEND_IMPORTED);
    CHECK_INT(answer.request, 77);
    CHECK(answer.n_taken == 11 && answer.n_known == 0 && answer.n_low == 1);
    CHECK_INT(n_kept, 11);
    for (int i = 0; i < 11; i++)
        CHECK(kept[i].number == i + 1 && kept[i].seq == event.seq && kept[i].budget == 9 && kept[i].campaign == 1);
    CHECK(isnan(kept[10].value) && kept[0].value == 1);
    CHECK_INT(n_events, 1);
    CHECK_INT(event.kind, EVENT_CAMPAIGN);
    import(h);
    CHECK(answer.n_taken == 0 && answer.n_known == 11 && answer.n_low == 1);
    CHECK_INT(n_kept, 11);
    CHECK_INT(n_events, 0);
    CHECK(hub_campaign(h, 0)->best == NULL);
    CHECK_INT(hub_campaign(h, 0)->n_results, 0);
    hub_free(h);
}

TEST(after_a_restart_the_same_is_proposed)
{
    for (int goal = GOAL_MINIMIZE; goal <= GOAL_MAXIMIZE; goal++) {
        struct err e = { 0 };
        struct hub *h = open_hub((enum goal)goal), *again = hub_new(&settings, 2);
        struct search_decision without = decide(h);
        double x[2] = { without.x[0], without.x[1] };
        import(h);
        struct search_decision d = decide(h);
        CHECK_INT(without.origin, SEARCH_PRIOR);
        CHECK_INT(d.origin, SEARCH_MODEL);
        CHECK(memcmp(x, d.x, sizeof x) != 0);
        struct campaign_row row = hub_campaign(h, 0)->row;
        CHECK_INT(hub_load_campaign(again, &row, make_spec((enum goal)goal), (struct rules){ 0 }, &e), 0);
        for (int i = 0; i < n_kept; i++)
            CHECK_INT(hub_load_import(again, &kept[i], 2, &e), 0);
        hub_start(again, hub_seq(h), 0, 1000);
        struct search_decision same = decide(again);
        CHECK(memcmp(d.x, same.x, sizeof x) == 0 && memcmp(&d.score, &same.score, sizeof d.score) == 0);
        CHECK_INT(hub_campaign(again, 0)->n_imports, n_kept);
        hub_free(again);
        hub_free(h);
    }
}

TEST(rows_that_contradict_each_other_are_refused)
{
    struct err e = { 0 };
    struct hub *h = open_hub(GOAL_MINIMIZE), *again = hub_new(&settings, 2);
    import(h);
    struct campaign_row row = hub_campaign(h, 0)->row;
    CHECK_INT(hub_load_campaign(again, &row, make_spec(GOAL_MINIMIZE), (struct rules){ 0 }, &e), 0);
    CHECK_INT(hub_load_import(again, &kept[1], 2, &e), -1);
    CHECK_INT(e.code, ERR_CORRUPT);
    CHECK_INT(hub_load_import(again, &kept[0], 3, &e), -1);
    CHECK_INT(hub_load_import(again, &kept[0], 2, &e), 0);
    kept[0].number = 2;
    CHECK_INT(hub_load_import(again, &kept[0], 2, &e), -1);
    CHECK_CONTAINS(e.text, "twice");
    hub_free(again);
    hub_free(h);
}

TAP_MAIN
