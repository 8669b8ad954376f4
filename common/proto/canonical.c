/* canonical.c: a campaign as JSON text with every default explicit, and what differs between two of them. */
#include <assert.h>
#include <string.h>

#include "common/base/units.h"
#include "common/proto/campaign.h"
#include "common/proto/campaign_reader.h"
#include "common/proto/config.h"

static void put_trial(const struct trial_spec *trial, struct str *s)
{
    json_put_key(s, "trial");
    json_open_object(s);
    if (trial->program)
        json_add_text(s, "program", trial->program);
    if (trial->command) {
        json_put_key(s, "command");
        json_open_array(s);
        for (int i = 0; i < trial->n_command; i++)
            json_put_text(s, trial->command[i]);
        json_close_array(s);
    }
    if (trial->data)
        json_add_raw(s, "data", trial->data);
    if (trial->n_files) {
        json_put_key(s, "files");
        json_open_array(s);
        for (int i = 0; i < trial->n_files; i++)
            json_put_text(s, trial->files[i]);
        json_close_array(s);
    }
    if (trial->cores > 1)
        json_add_int(s, "cores", trial->cores);
    if (trial->blobs)
        json_add_raw(s, "blobs", trial->blobs);
    json_add_raw(s, "fixed", trial->fixed ? trial->fixed : "{}");
    json_add_text(s, "directory", trial->directory ? trial->directory : "/");
    json_close_object(s);
}

static void put_range(const struct param *p, struct str *s)
{
    json_add_text(s, "type", p->type == PARAM_INT ? "int" : "float");
    json_add_number(s, "low", p->low);
    json_add_number(s, "high", p->high);
    if (p->step > 0)
        json_add_number(s, "step", p->step);
    json_add_bool(s, "log", p->is_log);
}

static void put_choices(const struct param *p, struct str *s)
{
    json_add_text(s, "type", "categorical");
    json_put_key(s, "choices");
    json_open_array(s);
    for (int i = 0; i < p->n_choices; i++)
        config_put_value(p, i, s);
    json_close_array(s);
    json_add_bool(s, "ordered", p->is_ordered);
}

static void put_space(const struct space *space, struct str *s)
{
    json_put_key(s, "space");
    json_open_object(s);
    for (int i = 0; i < space->n_params; i++) {
        const struct param *p = &space->params[i];
        json_put_key(s, p->name);
        json_open_object(s);
        if (p->type == PARAM_CATEGORICAL)
            put_choices(p, s);
        else
            put_range(p, s);
        if (p->when)
            json_add_text(s, "when", p->when);
        json_close_object(s);
    }
    json_close_object(s);
}

static void put_lists(const struct campaign_spec *spec, struct str *s)
{
    json_put_key(s, "where");
    json_open_array(s);
    for (int i = 0; i < spec->n_where; i++)
        json_put_text(s, spec->where[i]);
    json_close_array(s);
    json_put_key(s, "enqueue");
    json_open_array(s);
    for (int i = 0; i < spec->n_enqueue; i++) {
        struct str config = { 0 };
        config_to_json(&spec->space, spec->enqueue + (size_t)i * (size_t)spec->space.n_params, &config);
        json_put_raw(s, str_text(&config));
        str_deinit(&config);
    }
    json_close_array(s);
}

static void put_search(const struct search_spec *search, struct str *s)
{
    json_put_key(s, "search");
    json_open_object(s);
    json_add_text(s, "sampler", sampler_names[search->sampler]);
    json_add_text(s, "scheduler", scheduler_names[search->scheduler]);
    json_add_int(s, "min_budget", search->min_budget);
    json_add_int(s, "max_budget", search->max_budget);
    json_add_int(s, "eta", search->eta);
    json_add_text(s, "model", search->model == MODEL_BOHB ? "bohb" : "default");
    json_close_object(s);
}

static void put_duration(struct str *s, const char *key, int64_t ms)
{
    struct str text = { 0 };
    if (ms == 0)
        return;
    units_put_duration(&text, ms);
    json_add_text(s, key, str_text(&text));
    str_deinit(&text);
}

static void put_bytes(struct str *s, const char *key, int64_t bytes)
{
    struct str text = { 0 };
    if (bytes == 0)
        return;
    units_put_bytes(&text, bytes);
    json_add_text(s, key, str_text(&text));
    str_deinit(&text);
}

static void put_limits(const struct limits_spec *limits, struct str *s)
{
    json_put_key(s, "limits");
    json_open_object(s);
    if (limits->n_trials)
        json_add_int(s, "trials", limits->n_trials);
    put_duration(s, "wall_clock", limits->wall_clock_ms);
    put_duration(s, "trial_timeout", limits->trial_timeout_ms);
    put_duration(s, "progress_timeout", limits->progress_timeout_ms);
    put_bytes(s, "trial_memory", limits->trial_memory_bytes);
    put_bytes(s, "checkpoints", limits->checkpoints_bytes);
    json_close_object(s);
}

void campaign_canonical(const struct campaign_spec *spec, struct str *out)
{
    struct str s = { 0 };
    json_open_object(&s);
    json_add_text(&s, "name", spec->name);
    json_add_id(&s, "seed", spec->seed);
    if (spec->weight > 1)
        json_add_int(&s, "weight", spec->weight);
    json_put_key(&s, "objective");
    json_open_object(&s);
    json_add_text(&s, "metric", spec->metric);
    json_add_text(&s, "goal", spec->goal == GOAL_MAXIMIZE ? "maximize" : "minimize");
    json_close_object(&s);
    put_trial(&spec->trial, &s);
    put_space(&spec->space, &s);
    put_lists(spec, &s);
    put_search(&spec->search, &s);
    put_limits(&spec->limits, &s);
    json_close_object(&s);
    str_add_bytes(out, str_text(&s), s.len);
    str_deinit(&s);
}

/* ---- differences ---- */

static void diff_values(json_value a, json_value b, const char *pointer, struct problems *out);

static void add_difference(json_value a, json_value b, const char *pointer, struct problems *out)
{
    struct str was = { 0 }, is = { 0 };
    if (a)
        put_found(&was, a);
    if (b)
        put_found(&is, b);
    problems_add(out, pointer, "was %s, is %s", a ? str_text(&was) : "absent", b ? str_text(&is) : "absent");
    str_deinit(&was);
    str_deinit(&is);
}

static void diff_objects(json_value a, json_value b, const char *pointer, struct problems *out)
{
    for (json_value m = json_first(a); m; m = json_next(m)) {
        struct pointer at = pointer_to(pointer, json_key(m));
        diff_values(m, json_get(b, json_key(m)), at.text, out);
    }
    for (json_value m = json_first(b); m; m = json_next(m))
        if (!json_get(a, json_key(m))) {
            struct pointer at = pointer_to(pointer, json_key(m));
            add_difference(NULL, m, at.text, out);
        }
}

static void diff_arrays(json_value a, json_value b, const char *pointer, struct problems *out)
{
    json_value x = json_first(a), y = json_first(b);
    for (size_t i = 0; x || y; i++) {
        struct pointer at = pointer_at(pointer, i);
        diff_values(x, y, at.text, out);
        x = x ? json_next(x) : NULL;
        y = y ? json_next(y) : NULL;
    }
}

static void diff_values(json_value a, json_value b, const char *pointer, struct problems *out)
{
    if (!a || !b || json_type(a) != json_type(b)) {
        add_difference(a, b, pointer, out);
        return;
    }
    if (json_type(a) == JSON_OBJECT) {
        diff_objects(a, b, pointer, out);
        return;
    }
    if (json_type(a) == JSON_ARRAY) {
        diff_arrays(a, b, pointer, out);
        return;
    }
    struct str x = { 0 }, y = { 0 };
    json_print(&x, a);
    json_print(&y, b);
    if (strcmp(str_text(&x), str_text(&y)) != 0)
        add_difference(a, b, pointer, out);
    str_deinit(&x);
    str_deinit(&y);
}

/* The order of the parameters is part of what makes a campaign repeat. */
static void diff_order(const struct space *a, const struct space *b, struct problems *out)
{
    if (a->n_params != b->n_params)
        return;
    for (int i = 0; i < a->n_params; i++)
        if (space_find(b, a->params[i].name) < 0)
            return;
    for (int i = 0; i < a->n_params; i++)
        if (strcmp(a->params[i].name, b->params[i].name) != 0) {
            problems_add(out, "/space", "the order of the parameters: parameter %d was %s, is %s", i + 1,
                a->params[i].name, b->params[i].name);
            return;
        }
}

static struct json_doc *canonical_doc(const struct campaign_spec *spec, const char *directory, bool has_blobs)
{
    struct campaign_spec copy = *spec; /* borrows; only the directory and the blobs differ */
    struct str directory_text = { 0 }, text = { 0 };
    str_add(&directory_text, directory);
    copy.trial.directory = directory_text.text;
    copy.trial.blobs = has_blobs ? copy.trial.blobs : NULL;
    campaign_canonical(&copy, &text);
    struct json_doc *doc = json_parse(str_text(&text), text.len, NULL);
    str_deinit(&directory_text);
    str_deinit(&text);
    assert(doc); /* campaign_parse lets no campaign in whose canonical text is not one */
    return doc;
}

size_t campaign_diff(const struct campaign_spec *a, const struct campaign_spec *b, struct problems *differences)
{
    size_t before = problems_count(differences);
    bool is_command = a->trial.command && b->trial.command;
    bool has_blobs = a->trial.blobs && b->trial.blobs; /* one that is older says nothing about its files */
    struct json_doc *x = canonical_doc(a, is_command ? a->trial.directory : "/", has_blobs);
    struct json_doc *y = canonical_doc(b, is_command ? b->trial.directory : "/", has_blobs);
    diff_order(&a->space, &b->space, differences);
    diff_values(json_root(x), json_root(y), "", differences);
    json_free(x);
    json_free(y);
    return problems_count(differences) - before;
}
