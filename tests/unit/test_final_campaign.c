/* The campaign that `rung final` derives from another one. */
#include <stdlib.h>

#include "common/expr/campaign_read.h"
#include "common/proto/campaign.h"
#include "coordinator/cli/final_campaign.h"
#include "tests/tap.h"

/* A search whose trial is `trial`, over x and y. */
static struct campaign_spec search(const char *trial)
{
    struct campaign_spec spec = { 0 };
    struct problems problems = { 0 };
    struct str text = { 0 };
    str_addf(&text,
        "{\"name\": \"s\", \"seed\": 5, \"objective\": {\"metric\": \"validation_loss\", \"goal\": \"minimize\"}, "
        "\"trial\": {%s}, \"space\": {\"dropout\": {\"type\": \"float\", \"low\": 0, \"high\": 0.5}, "
        "\"batch_size\": {\"type\": \"int\", \"low\": 1, \"high\": 64}}, \"where\": [\"batch_size > 1\"], "
        "\"search\": {\"max_budget\": 50}, "
        "\"limits\": {\"trials\": 100, \"wall_clock\": \"4h\", \"trial_timeout\": \"1m\", \"progress_timeout\": "
        "\"2m\"}}",
        trial);
    struct campaign_source source = { text.text, text.len, "/dir", NULL };
    campaign_read(&source, &spec, &problems);
    CHECK_TEXT(problems.n ? problems.items[0].text : "", "");
    str_deinit(&text);
    return spec;
}

static const char builtin[] = "\"program\": \"linear\", \"data\": {\"format\": \"synthetic\", \"sequences\": 90, "
                              "\"validation\": {\"share\": 0.3}}";
static const double best[] = { 0.25, 32, 0.5, 64 };

static struct final_goal goal(void)
{
    return (struct final_goal){ .name = "s-final", .configs = best, .n_configs = 2, .n_seeds = 3 };
}

TEST(each_configuration_is_trained_to_the_end_so_many_times_on_all_data)
{
    static const double wanted[] = { 0.25, 32, 1, 0.5, 64, 1, 0.25, 32, 2, 0.5, 64, 2, 0.25, 32, 3, 0.5, 64, 3 };
    struct campaign_spec spec = search(builtin);
    struct final_goal g = goal();
    struct err e = { 0 };
    int n_configs, n_seeds;
    CHECK_INT(final_campaign_make(&spec, &g, &e), 0);
    CHECK_TEXT(spec.name, "s-final");
    CHECK_TEXT(spec.metric, "train_loss");
    CHECK_TEXT(
        spec.trial.data, "{\"evaluate\":\"test\",\"format\":\"synthetic\",\"sequences\":90,\"validation\":\"none\"}");
    CHECK_INT(spec.n_enqueue, 6);
    CHECK_INT(memcmp(spec.enqueue, wanted, sizeof wanted), 0);
    CHECK_INT(spec.search.scheduler, SCHEDULER_NONE);
    CHECK_INT(spec.search.max_budget, 50);
    CHECK_INT(spec.limits.n_trials, 6);
    CHECK_INT(spec.limits.wall_clock_ms + spec.limits.trial_timeout_ms, 0);
    CHECK_INT(spec.limits.progress_timeout_ms, 120000);
    CHECK(final_campaign_read(&spec, &n_configs, &n_seeds));
    CHECK_INT(n_configs, 2);
    CHECK_INT(n_seeds, 3);
    campaign_spec_deinit(&spec);
}

TEST(it_is_a_campaign_like_any_other)
{
    struct campaign_spec spec = search(builtin), again = { 0 };
    struct final_goal g = goal();
    struct problems problems = { 0 };
    struct str text = { 0 };
    struct err e = { 0 };
    g.epochs = 7;
    CHECK_INT(final_campaign_make(&spec, &g, &e), 0);
    campaign_canonical(&spec, &text);
    CHECK_INT(campaign_from_canonical(text.text, text.len, &again, &e), 0);
    CHECK_INT(campaign_diff(&spec, &again, &problems), 0);
    CHECK_INT(again.search.max_budget, 7);
    CHECK_INT(again.n_enqueue, 6);
    str_deinit(&text);
    campaign_spec_deinit(&spec);
    campaign_spec_deinit(&again);
}

TEST(a_program_of_ones_own_keeps_its_data_and_its_objective)
{
    struct campaign_spec spec = search("\"command\": [\"train\"], \"data\": {\"validation\": \"mine\"}");
    struct final_goal g = goal();
    struct err e = { 0 };
    CHECK_INT(final_campaign_make(&spec, &g, &e), 0);
    CHECK_TEXT(spec.metric, "validation_loss");
    CHECK_TEXT(spec.trial.data, "{\"validation\":\"mine\"}");
    campaign_spec_deinit(&spec);
}

TEST(what_cannot_become_a_final_campaign_is_refused_and_left_alone)
{
    static const struct {
        const char *trial, *name;
        int n_seeds;
        const char *message;
    } rows[] = {
        { "\"program\": \"linear\", \"data\": {\"format\": \"synthetic\", \"test_sequences\": 0}", "f", 3,
            "no test set" },
        { "\"command\": [\"train\"], \"fixed\": {\"repeat\": 2}", "f", 3, "it has a parameter \"repeat\"" },
        { "\"command\": [\"train\"]", "a123456789b123456789c123456789d123456789e123456789f1234567-final", 3, "" },
        { "\"command\": [\"train\"]", "a123456789b123456789c123456789d123456789e123456789f1234567890-final", 3,
            "is too long for a campaign" },
        { "\"command\": [\"train\"]", "f", 5001, "at most 10000 trainings" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct campaign_spec spec = search(rows[i].trial);
        struct final_goal g = goal();
        struct err e = { 0 };
        bool is_right = !*rows[i].message;
        g.name = rows[i].name;
        g.n_seeds = rows[i].n_seeds;
        CHECK_INT(final_campaign_make(&spec, &g, &e), is_right ? 0 : -1);
        CHECK_CONTAINS(e.text, rows[i].message);
        CHECK_INT(spec.space.n_params, is_right ? 3 : 2);
        CHECK_INT(spec.n_enqueue, is_right ? 6 : 0);
        campaign_spec_deinit(&spec);
    }
}

TEST(another_campaign_is_no_final_one)
{
    struct campaign_spec spec = search(builtin);
    int n_configs, n_seeds;
    CHECK(!final_campaign_read(&spec, &n_configs, &n_seeds));
    campaign_spec_deinit(&spec);
}

TAP_MAIN
