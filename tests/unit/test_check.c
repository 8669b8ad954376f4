/* `rung check` and `rung plan` without the command line. Run from the root of the source. */
#include <stdlib.h>

#include "common/expr/campaign_read.h"
#include "coordinator/cli/check.h"
#include "coordinator/cli/plan.h"
#include "coordinator/cli/plan_cost.h"
#include "coordinator/cli/warnings.h"
#include "tests/tap.h"

/* What the command prints, and its exit status. */
static char *check(const char *path, bool is_json, int *status)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct err e = { 0 };
    *status = cli_check(&(struct check_options){ path, is_json, NULL }, out, &e);
    fclose(out);
    return text;
}

static char *plan(const struct plan_options *options, int *status)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct err e = { 0 };
    *status = cli_plan(options, out, &e);
    fclose(out);
    return text;
}

TEST(a_right_file_gets_a_summary_and_status_0)
{
    int status;
    char *text = check("schemas/examples/valid/bohb-as-published.json", false, &status);
    CHECK_INT(status, 0);
    CHECK_CONTAINS(text, "bohb-as-published: maximize validation_accuracy of gru-attention\n");
    CHECK_CONTAINS(text, "  hidden_size  int          32 to 256\n");
    CHECK_CONTAINS(text, "900 configurations");
    CHECK_CONTAINS(text, "rejected by  hidden_size % num_heads = 0\n");
    CHECK_CONTAINS(text, "rungs 1, 3, 9, 27; 60 trials\n");
    CHECK(!strstr(text, "warning"));
    free(text);
}

TEST(a_wrong_file_gets_its_mistakes_and_status_2)
{
    int status;
    char *text = check("schemas/examples/invalid/where.json", false, &status);
    CHECK_INT(status, 2);
    CHECK_CONTAINS(
        text, "schemas/examples/invalid/where.json:6: /where/0: \"hiden_size % num_heads = 0\": no parameter");
    free(text);
    text = check("schemas/examples/invalid/where.json", true, &status);
    CHECK_INT(status, 2);
    struct json_doc *doc = json_parse(text, strlen(text), NULL);
    CHECK(doc != NULL);
    json_value first = json_at(json_get(json_root(doc), "problems"), 0);
    CHECK_TEXT(json_text(json_get(json_root(doc), "schema")), "rung.check/1");
    CHECK_TEXT(json_text(json_get(first, "pointer")), "/where/0");
    CHECK_NEAR(json_number(json_get(first, "line")), 6, 0);
    json_free(doc);
    free(text);
}

TEST(a_file_that_is_not_there_is_an_error_of_its_own)
{
    struct err e = { 0 };
    CHECK_INT(cli_check(&(struct check_options){ "schemas/examples/none.json", false, NULL }, stdout, &e), -1);
    CHECK_INT(e.code, ERR_NOT_FOUND);
}

TEST(a_built_in_program_misses_its_data_before_it_starts)
{
    int status;
    char *text = check("schemas/examples/valid/by-hand-first.json", false, &status);
    CHECK_INT(status, 2);
    CHECK_CONTAINS(text, "by-hand-first.json:3: /trial/data/train: no such file that can be read: /");
    CHECK_CONTAINS(text, "/schemas/examples/valid/JapaneseVowels_TRAIN.ts\n");
    free(text);
}

/* ---- warnings ---- */

static const char gru[] = "\"program\": \"gru-attention\", \"data\": { \"format\": \"synthetic\" }";
static const char command[] = "\"command\": [\"./train\", \"--rate\", \"${rate}\", \"${seed}\"]";
static const char hidden[] = "\"hidden_size\": { \"type\": \"int\", \"low\": 32, \"high\": 64 }";
static const char both[] =
    "\"hidden_size\": { \"type\": \"int\", \"low\": 32, \"high\": 64 }, \"num_heads\": { \"type\": "
    "\"categorical\", \"choices\": [1, 4] }";
static const char rate[] = "\"rate\": { \"type\": \"float\", \"low\": 1e-5, \"high\": 0.1 }";
static const char heads[] = "\"num_heads\": { \"type\": \"categorical\", \"choices\": [4, 7] }";

/* Each line of what is warned of: "pointer: text". */
static char *warn(const char *trial, const char *space, const char *more)
{
    struct str text = { 0 }, out = { 0 };
    struct problems problems = { 0 }, warnings = { 0 };
    struct campaign_spec spec = { 0 };
    struct share share;
    str_addf(&text,
        "{ \"name\": \"c\", \"objective\": { \"metric\": \"validation_loss\", \"goal\": \"minimize\" }, \"trial\": { "
        "%s }, "
        "\"space\": { %s }, \"limits\": { \"trials\": 3 }, %s }",
        trial, space, *more ? more : "\"search\": { \"max_budget\": 9 }");
    struct campaign_source source = { text.text, text.len, "/", NULL };
    if (campaign_read(&source, &spec, &problems) < 0)
        TAP_FAIL("%s: %s", problems.items[0].pointer, problems.items[0].text);
    struct expr *x = expr_open(&spec, NULL);
    expr_feasible_share(x, &spec, 2000, &share);
    warnings_find(&spec, x, &share, &warnings);
    for (size_t i = 0; i < warnings.n; i++)
        str_addf(&out, "%s: %s\n", warnings.items[i].pointer, warnings.items[i].text);
    problems_deinit(&warnings);
    expr_close(x);
    campaign_spec_deinit(&spec);
    str_deinit(&text);
    return str_take(&out);
}

TEST(what_will_be_regretted_is_pointed_out)
{
    static const struct {
        const char *trial, *space, *more, *warning; /* "": none */
    } rows[] = {
        { gru, both, "", "/space/num_heads: hidden_size must be divisible by num_heads" },
        { gru, both, "", "Add \"hidden_size % num_heads = 0\" to \"where\"" },
        { gru, both, "\"where\": [\"hidden_size % num_heads = 0\"], \"search\": { \"max_budget\": 9 }", "" },
        { gru, both, "\"where\": [\"num_heads = 1 OR hidden_size % 2 = 0\"], \"search\": { \"max_budget\": 9 }",
            "divisible by num_heads" },
        { gru, hidden, "", "" },
        { "\"program\": \"gru-attention\", \"data\": {}, \"fixed\": { \"num_heads\": 4 }", hidden, "",
            "/space/hidden_size: hidden_size must be divisible by num_heads" },
        { gru, heads, "", "64 by 7 is not: about 5" },
        { gru, heads, "", "Add \"64 % num_heads = 0\"" },
        { "\"program\": \"gru-attention\", \"data\": {}, \"fixed\": { \"hidden_size\": 28 }", heads, "",
            "only 2 config" },
        { gru, hidden, "\"search\": { \"min_budget\": 9, \"max_budget\": 9 }",
            "/search/min_budget: the only rung is 9" },
        { gru, hidden, "\"where\": [\"hidden_size < 32\"], \"search\": { \"max_budget\": 9 }",
            "/where: none of 2000 configurations" },
        { gru, hidden, "\"where\": [\"hidden_size < 32\"], \"search\": { \"max_budget\": 9 }",
            "/where/0: \"hidden_size < 32\" allowed none" },
        { command, rate, "\"where\": [\"rate < 0.0005\"], \"search\": { \"max_budget\": 9 }", "/where: only 0." },
        { command, rate, "\"where\": [\"abs(-9223372036854775807 - 1) > rate\"], \"search\": { \"max_budget\": 9 }",
            "an evaluation failed, and what fails does not hold: integer overflow" },
        { command, rate, "", "/space/rate: from 1e-05 to 0.1, drawn evenly" },
        { gru, hidden,
            "\"enqueue\": [{\"hidden_size\": 32}, {\"hidden_size\": 33}, {\"hidden_size\": 34}, {\"hidden_size\": "
            "35}], \"search\": { \"max_budget\": 9 }",
            "/enqueue: 4 configurations, but limits.trials is 3: the last 1 never start" },
        { gru, hidden, "\"search\": { \"sampler\": \"grid\", \"max_budget\": 9 }",
            "/limits/trials: 3 of the 33 points" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = warn(rows[i].trial, rows[i].space, rows[i].more);
        if (*rows[i].warning ? !strstr(text, rows[i].warning) : *text)
            TAP_FAIL("row %zu warns of \"%s\", not \"%s\"", i, text, rows[i].warning);
        free(text);
    }
}

TEST(a_metric_in_the_wrong_direction_is_pointed_out)
{
    struct campaign_spec spec = { .metric = "validation_accuracy", .goal = GOAL_MINIMIZE };
    struct problems warnings = { 0 };
    struct share share = { .feasible = 1 };
    static char fixed[] = "{}";
    spec.trial.fixed = fixed;
    spec.search = (struct search_spec){ .min_budget = 1, .max_budget = 9, .eta = 3 };
    struct expr *x = expr_open(&spec, NULL);
    CHECK(x != NULL);
    warnings_find(&spec, x, &share, &warnings);
    CHECK_INT(warnings.n, 1);
    CHECK_CONTAINS(warnings.items[0].text, "is maximize meant?");
    problems_deinit(&warnings);
    expr_close(x);
}

/* ---- plan ---- */

TEST(the_plan_counts_trials_and_epochs_of_each_rung)
{
    int status;
    char *text = plan(&(struct plan_options){ .path = "schemas/examples/valid/bohb-as-published.json" }, &status);
    CHECK_INT(status, 0);
    CHECK_CONTAINS(text, "bohb-as-published\n60 trials, sync-hyperband, eta 3\n");
    CHECK_CONTAINS(text, "      1     1           1        41              41              41\n"
                         "            2           3        13              26              39\n"
                         "            3           9         4              24              36\n"
                         "            4          27         2              36              54\n");
    CHECK_CONTAINS(text, "  total                          60             388             467\n");
    CHECK_CONTAINS(text, "All trials to the end: 1620 epochs, 4.2 times as many.\n");
    free(text);
}

TEST(the_plan_fits_a_terminal)
{
    struct plan_options options = { .epoch_seconds = 1234567, .n_workers = 4096, .n_trials = LIMIT_TRIALS };
    static const char *const paths[] = { "schemas/examples/valid/bohb-as-published.json",
        "schemas/examples/valid/command.json", "schemas/examples/valid/grid.json",
        "schemas/examples/valid/smallest.json" };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        int status;
        options.path = paths[i];
        char *text = plan(&options, &status);
        CHECK_INT(status, 0);
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
            if (strlen(line) > 80)
                TAP_FAIL("%zu columns: %s", strlen(line), line);
        free(text);
    }
}

TEST(the_plan_of_a_wrong_file_is_its_mistakes)
{
    int status;
    char *text = plan(&(struct plan_options){ .path = "schemas/examples/invalid/search.json" }, &status);
    CHECK_INT(status, 2);
    CHECK_CONTAINS(text, "search.json:5: /search/eta: 1: expected a whole number from 2 to 64\n");
    free(text);
}

TEST(the_plan_for_programs_is_json)
{
    int status;
    struct plan_options options = {
        .path = "schemas/examples/valid/command.json", .is_json = true, .epoch_seconds = 2, .n_workers = 5
    };
    char *text = plan(&options, &status);
    struct json_doc *doc = json_parse(text, strlen(text), NULL);
    CHECK(doc != NULL);
    json_value root = json_root(doc);
    CHECK_TEXT(json_text(json_get(root, "schema")), "rung.plan/1");
    CHECK(json_bool(json_get(root, "trials_assumed")));
    CHECK_NEAR(json_number(json_get(root, "trials")), 100, 0);
    CHECK_NEAR(json_number(json_get(root, "budget")), 600 + 25 * 19 + 6 * 75, 0);
    CHECK_NEAR(json_number(json_get(root, "work_seconds")), 2 * (600 + 25 * 19 + 6 * 75), 0);
    CHECK_INT(json_type(json_get(root, "checkpoint_bytes")), JSON_NULL);
    json_free(doc);
    free(text);
}

TEST(time_is_that_of_busy_workers_and_never_less_than_the_longest_trial)
{
    struct param x = { .name = "x", .type = PARAM_FLOAT, .low = 0, .high = 1 };
    struct campaign_spec spec = { .space = { 1, &x },
        .search = { .scheduler = SCHEDULER_HYPERBAND, .min_budget = 1, .max_budget = 9, .eta = 3, .n_trials = 9 } };
    struct plan_cost cost;
    spec.limits.n_trials = 9;
    plan_cost_of(&spec, 100, 10, 1, &cost);
    /* 9 to 1, 3 to 3, 1 to 9: 9 + 6 + 6 */
    CHECK_NEAR(cost.budget, 21, 0);
    CHECK_NEAR(cost.budget_from_zero, 27, 0);
    CHECK_NEAR(cost.budget_to_the_end, 81, 0);
    CHECK_NEAR(cost.work_seconds, 210, 0);
    CHECK_NEAR(cost.least_seconds, 210, 0);
    CHECK_NEAR(cost.most_seconds, 210, 0);
    plan_cost_of(&spec, 100, 10, 7, &cost);
    CHECK_NEAR(cost.least_seconds, 90, 0);
    CHECK_NEAR(cost.most_seconds, 120, 0);
    spec.limits.n_trials = 0;
    plan_cost_of(&spec, 27, 0, 1, &cost);
    CHECK(cost.is_assumed && cost.n_trials == 27 && cost.work_seconds == 0);
}

TAP_MAIN
