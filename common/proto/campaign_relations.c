/* campaign_relations.c: what only shows once all parts of the campaign file are read: one part against another. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/mem.h"
#include "common/domain/builtin.h"
#include "common/proto/campaign_reader.h"
#include "common/proto/config.h"

static void refuse_value(
    struct reader *r, const char *pointer, const char *found, const struct builtin_param *allowed, const char *program)
{
    struct str expected = { 0 };
    builtin_describe(allowed, &expected);
    problems_add(r->problems, pointer, "%s: expected %s, for %s", found, str_text(&expected), program);
    str_deinit(&expected);
}

static void check_number(
    struct reader *r, const char *pointer, double value, const struct builtin_param *allowed, const char *program)
{
    char found[32];
    snprintf(found, sizeof found, "%.15g", value);
    if (!builtin_allows(allowed, value))
        refuse_value(r, pointer, found, allowed, program);
}

/* One choice, or one member of `fixed`. */
static void check_value(
    struct reader *r, json_value v, const char *pointer, const struct builtin_param *allowed, const char *program)
{
    struct str found = { 0 };
    bool is_allowed = allowed->kind == BUILTIN_BOOL
                          ? json_type(v) == JSON_BOOL
                          : json_type(v) == JSON_NUMBER && builtin_allows(allowed, json_number(v));
    bool is_value = json_type(v) == JSON_NUMBER || json_type(v) == JSON_BOOL || json_type(v) == JSON_TEXT;
    if (is_allowed || !is_value) /* what is no value at all was said already */
        return;
    put_found(&found, v);
    refuse_value(r, pointer, str_text(&found), allowed, program);
    str_deinit(&found);
}

static void check_builtin_range(struct reader *r, const struct param *p, const char *pointer,
    const struct builtin_param *allowed, const char *program)
{
    struct pointer type = pointer_to(pointer, "type"), low = pointer_to(pointer, "low"),
                   high = pointer_to(pointer, "high");
    bool is_whole = p->type == PARAM_INT || (p->step >= 1 && p->step == floor(p->step) && p->low == floor(p->low));
    if (allowed->kind == BUILTIN_BOOL) {
        problems_add(r->problems, type.text, "a range: expected categorical with choices true and false");
        return;
    }
    if (allowed->kind == BUILTIN_INT && !is_whole) {
        problems_add(
            r->problems, type.text, "\"float\": expected \"int\", since %s is a whole number for %s", p->name, program);
        return;
    }
    check_number(r, low.text, p->low, allowed, program);
    check_number(r, high.text, p->high, allowed, program);
}

static void check_builtin_param(struct reader *r, json_value v, const struct param *p, const char *pointer,
    const struct builtin_param *allowed, const char *program)
{
    if (p->type != PARAM_CATEGORICAL) {
        check_builtin_range(r, p, pointer, allowed, program);
        return;
    }
    struct pointer choices = pointer_to(pointer, "choices");
    size_t i = 0;
    for (json_value c = json_first(json_get(v, "choices")); c; c = json_next(c)) {
        struct pointer at = pointer_at(choices.text, i++);
        check_value(r, c, at.text, allowed, program);
    }
}

/* A built-in program knows its parameters: names and ranges of `space` and `fixed`, and its metrics. */
static void check_builtin(struct reader *r, json_value root, bool is_space_good)
{
    const struct builtin *b = builtin_find(r->spec->trial.program);
    json_value space = json_get(root, "space"), fixed = json_get(json_get(root, "trial"), "fixed");
    if (!b)
        return;
    for (json_value m = json_first(space); m && is_space_good; m = json_next(m)) {
        struct pointer at = pointer_to("/space", json_key(m));
        const struct builtin_param *allowed = builtin_find_param(b, json_key(m));
        const struct param *p = &r->spec->space.params[space_find(&r->spec->space, json_key(m))];
        if (!allowed)
            read_unknown(r, at.text, "parameter", json_key(m), b->names, b->n_params);
        else
            check_builtin_param(r, m, p, at.text, allowed, b->program);
    }
    for (json_value m = fixed && json_type(fixed) == JSON_OBJECT ? json_first(fixed) : NULL; m; m = json_next(m)) {
        struct pointer at = pointer_to("/trial/fixed", json_key(m));
        const struct builtin_param *allowed = builtin_find_param(b, json_key(m));
        if (!allowed)
            read_unknown(r, at.text, "parameter", json_key(m), b->names, b->n_params);
        else
            check_value(r, m, at.text, allowed, b->program);
    }
}

static bool is_without_validation(json_value root)
{
    json_value validation = json_get(json_get(json_get(root, "trial"), "data"), "validation");
    return validation && json_type(validation) == JSON_TEXT && strcmp(json_text(validation), "none") == 0;
}

static void check_metric(struct reader *r, json_value root)
{
    const char *metric = r->spec->metric;
    if (!builtin_find(r->spec->trial.program) || !*metric)
        return;
    bool is_known = false;
    for (int i = 0; i < BUILTIN_N_METRICS; i++)
        is_known = is_known || strcmp(metric, builtin_metrics[i]) == 0;
    if (!is_known)
        read_unknown(r, "/objective/metric", "metric", metric, builtin_metrics, BUILTIN_N_METRICS);
    else if (is_without_validation(root) && str_starts(metric, "validation_"))
        problems_add(r->problems, "/objective/metric",
            "\"%s\" with nothing to validate on: expected \"train_loss\", since /trial/data/validation is \"none\"",
            metric);
}

/* Fixed parameters and those of the space share their names, and SQL does not tell upper case from lower. */
static void check_fixed(struct reader *r, json_value fixed)
{
    const struct space *space = &r->spec->space;
    if (!fixed || json_type(fixed) != JSON_OBJECT)
        return;
    for (json_value m = json_first(fixed); m; m = json_next(m)) {
        struct pointer at = pointer_to("/trial/fixed", json_key(m));
        for (int i = 0; i < space->n_params; i++)
            if (strcasecmp(space->params[i].name, json_key(m)) == 0)
                problems_add(
                    r->problems, at.text, "\"%.64s\" is in the space too: expected it in one of the two", json_key(m));
        for (json_value other = json_first(fixed); other != m; other = json_next(other))
            if (strcasecmp(json_key(other), json_key(m)) == 0)
                problems_add(r->problems, at.text, "differs from \"%.64s\" only in case: expected another name",
                    json_key(other));
    }
}

/* A grid is made of values one can count. */
static void check_grid(struct reader *r)
{
    const struct space *s = &r->spec->space;
    for (int i = 0; i < s->n_params && r->spec->search.sampler == SAMPLER_GRID; i++) {
        struct pointer at = pointer_to("/space", s->params[i].name);
        if (!isinf(param_cardinality(&s->params[i])))
            continue;
        if (s->params[i].is_log)
            problems_add(r->problems, at.text, "a continuous float: expected \"choices\", since the sampler is grid");
        else
            problems_add(r->problems, at.text,
                "a continuous float: expected a step, since the sampler is grid: add \"step\": %.3g",
                (s->params[i].high - s->params[i].low) / 10);
    }
}

static void check_search(struct reader *r)
{
    struct search_spec *search = &r->spec->search;
    if (search->max_budget > 0 && search->min_budget > search->max_budget)
        problems_add(r->problems, "/search/min_budget", "%lld is more than max_budget: expected at most %lld",
            (long long)search->min_budget, (long long)search->max_budget);
    if (search->min_budget == 0)
        search->min_budget = search_spec_default_min(search->max_budget);
    if (search->model == MODEL_BOHB && search->sampler != SAMPLER_TPE)
        problems_add(r->problems, "/search/model", "\"bohb\" with the sampler %s: expected the sampler tpe",
            sampler_names[search->sampler]);
    search->n_trials = r->spec->limits.n_trials ? r->spec->limits.n_trials : LIMIT_TRIALS;
}

static void read_enqueue(struct reader *r, json_value v)
{
    struct campaign_spec *spec = r->spec;
    size_t n = v && json_type(v) == JSON_ARRAY ? json_len(v) : 0, n_params = (size_t)spec->space.n_params;
    if (n == 0 || n > LIMIT_ENQUEUE)
        return;
    spec->enqueue = mem_zalloc(n * n_params, sizeof *spec->enqueue);
    for (json_value entry = json_first(v); entry; entry = json_next(entry)) {
        size_t i = (size_t)spec->n_enqueue++;
        struct pointer at = pointer_at("/enqueue", i);
        config_from_value(&spec->space, entry, at.text, spec->enqueue + i * n_params, r->problems);
    }
}

void check_relations(struct reader *r, json_value root)
{
    /* What refers to a parameter that is itself wrong would only repeat that. */
    r->is_space_good = r->spec->space.n_params > 0 && !problems_has_below(r->problems, "/space");
    check_builtin(r, root, r->is_space_good);
    check_metric(r, root);
    check_fixed(r, json_get(json_get(root, "trial"), "fixed"));
    check_search(r);
    if (!r->is_space_good)
        return;
    check_grid(r);
    if (!r->is_canonical) /* what a store has was let in by the rules of its time */
        check_command(r, root);
    read_enqueue(r, json_get(root, "enqueue"));
}
