#include "coordinator/cli/final_campaign.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/proto/json.h"
#include "worker/train/data/spec.h"

#define OBJECTIVE "train_loss"
#define REPEAT "repeat"

/* ---- what a built-in program is told about its data ---- */

static int check_test_set(json_value data, struct err *e)
{
    struct data_spec spec;
    if (data_spec_parse(&spec, data, "/trial/data", e) < 0)
        return -1;
    if (data_spec_has_test(&spec))
        return 0;
    return err_set(e, ERR_INVALID,
        "the data have no test set, so nothing could judge a final model: name one in trial.data of a new campaign");
}

/* The same data, nothing to validate on, the test set measured. Members stay sorted by name, as the reader keeps them.
 */
static char *final_data(json_value data)
{
    struct str text = { 0 };
    bool has_evaluate = false;
    json_open_object(&text);
    for (json_value m = json_first(data); m; m = json_next(m)) {
        bool is_ours = strcmp(json_key(m), "evaluate") == 0 || strcmp(json_key(m), "validation") == 0;
        if (!has_evaluate && strcmp(json_key(m), "evaluate") >= 0) {
            json_add_text(&text, "evaluate", "test");
            has_evaluate = true;
        }
        if (is_ours)
            continue;
        json_put_key(&text, json_key(m));
        json_print(&text, m);
    }
    json_add_text(&text, "validation", "none");
    json_close_object(&text);
    return str_take(&text);
}

static int set_builtin(struct campaign_spec *spec, struct err *e)
{
    struct json_doc *doc = json_parse(spec->trial.data, strlen(spec->trial.data), e);
    if (!doc)
        return -1;
    int status = check_test_set(json_root(doc), e);
    if (status == 0) {
        free(spec->trial.data);
        spec->trial.data = final_data(json_root(doc));
        str_copy(spec->metric, sizeof spec->metric, OBJECTIVE);
        spec->goal = GOAL_MINIMIZE;
    }
    json_free(doc);
    return status;
}

/* ---- the whole ---- */

static bool has_name(const struct campaign_spec *spec, const char *name)
{
    struct json_doc *doc = json_parse(spec->trial.fixed, strlen(spec->trial.fixed), NULL);
    bool is_there = doc && json_get(json_root(doc), name);
    for (int i = 0; i < spec->space.n_params; i++) /* SQL does not tell upper case from lower */
        is_there = is_there || strcasecmp(spec->space.params[i].name, name) == 0;
    json_free(doc);
    return is_there;
}

static int check_goal(const struct campaign_spec *spec, const struct final_goal *goal, struct err *e)
{
    if (has_name(spec, REPEAT) || spec->space.n_params == LIMIT_PARAMS)
        return err_set(e, ERR_INVALID, "it has %s, and the final campaign needs one more: \"" REPEAT "\"",
            has_name(spec, REPEAT) ? "a parameter \"" REPEAT "\"" : "as many parameters as there can be");
    if (strlen(goal->name) > LIMIT_NAME)
        return err_set(e, ERR_USAGE, "\"%s\" is too long for a campaign: --name gives it another name", goal->name);
    if ((int64_t)goal->n_configs * goal->n_seeds > LIMIT_ENQUEUE)
        return err_set(e, ERR_USAGE, "%d configurations, %d times each: at most %d trainings", goal->n_configs,
            goal->n_seeds, LIMIT_ENQUEUE);
    return 0;
}

/* All configurations once, then all once more: what is there early says something about each. */
static void set_enqueue(struct campaign_spec *spec, const struct final_goal *goal)
{
    size_t n = (size_t)spec->space.n_params - 1; /* of goal->configs */
    free(spec->enqueue);
    spec->n_enqueue = goal->n_configs * goal->n_seeds;
    spec->enqueue = mem_alloc((size_t)spec->n_enqueue * (n + 1) * sizeof *spec->enqueue);
    for (int i = 0; i < spec->n_enqueue; i++) {
        double *row = spec->enqueue + (size_t)i * (n + 1);
        memcpy(row, goal->configs + (size_t)(i % goal->n_configs) * n, n * sizeof *row);
        row[n] = 1 + i / goal->n_configs;
    }
}

static void add_repeat(struct campaign_spec *spec, int n_seeds)
{
    struct space *s = &spec->space;
    struct param *params = mem_zalloc((size_t)s->n_params + 1, sizeof *params);
    memcpy(params, s->params, (size_t)s->n_params * sizeof *params);
    params[s->n_params] = (struct param){ .name = REPEAT, .type = PARAM_INT, .low = 1, .high = n_seeds, .step = 1 };
    free(s->params);
    s->params = params;
    s->n_params++;
}

int final_campaign_make(struct campaign_spec *spec, const struct final_goal *goal, struct err *e)
{
    if (check_goal(spec, goal, e) < 0 || (spec->trial.program && set_builtin(spec, e) < 0))
        return -1;
    str_copy(spec->name, sizeof spec->name, goal->name);
    add_repeat(spec, goal->n_seeds);
    set_enqueue(spec, goal);
    int64_t epochs = goal->epochs ? goal->epochs : spec->search.max_budget;
    spec->search = (struct search_spec){ .sampler = SAMPLER_RANDOM,
        .scheduler = SCHEDULER_NONE,
        .min_budget = search_spec_default_min(epochs),
        .max_budget = epochs,
        .eta = spec->search.eta,
        .n_trials = spec->n_enqueue };
    spec->limits.n_trials = spec->n_enqueue;
    spec->limits.wall_clock_ms = 0;
    spec->limits.trial_timeout_ms = 0; /* it was meant for a step of the search, and this is a whole training */
    return 0;
}

bool final_campaign_read(const struct campaign_spec *spec, int *n_configs, int *n_seeds)
{
    const struct param *last = &spec->space.params[spec->space.n_params - 1];
    int n = spec->n_enqueue, m = strcmp(last->name, REPEAT) == 0 ? (int)last->high : 0;
    if (n == 0 || m == 0 || n % m != 0 || spec->limits.n_trials != n || spec->search.scheduler != SCHEDULER_NONE)
        return false;
    *n_configs = n / m;
    *n_seeds = m;
    return true;
}
