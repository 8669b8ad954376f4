#include "coordinator/cli/check.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/base/units.h"
#include "common/expr/share.h"
#include "common/proto/campaign.h"
#include "common/proto/config.h"
#include "coordinator/cli/campaign_file.h"
#include "coordinator/cli/warnings.h"

/* Enough for a standard error below 0.4 % of the space, in some ten milliseconds. */
enum { SAMPLES = 20000, COLUMNS = 80 };

static const char *const type_names[] = {
    [PARAM_INT] = "int",
    [PARAM_FLOAT] = "float",
    [PARAM_CATEGORICAL] = "categorical",
};

/* ---- for people ---- */

/* Appends at most `columns` bytes of text, with an ellipsis when more was there. */
static void put_cut(struct str *out, const char *text, size_t columns)
{
    size_t len = strlen(text);
    str_add_utf8(out, text, len, len > columns ? columns - 3 : columns);
    if (len > columns)
        str_add(out, "...");
}

/* "32 to 256, steps of 16, logarithmic", "1, 2, 4 (ordered)". */
static void put_values(const struct param *p, struct str *out)
{
    if (p->type != PARAM_CATEGORICAL) {
        str_addf(out, "%.10g to %.10g", p->low, p->high);
        if (p->step > 0 && !(p->type == PARAM_INT && p->step == 1))
            str_addf(out, ", steps of %.10g", p->step);
        str_add(out, p->is_log ? ", logarithmic" : "");
        return;
    }
    for (int i = 0; i < p->n_choices; i++) {
        struct str one = { 0 };
        config_put_value(p, i, &one);
        str_addf(out, "%s%s", i == 0 ? "" : ", ", str_text(&one));
        str_deinit(&one);
        if (out->len > 2 * COLUMNS)
            break;
    }
    str_add(out, p->is_ordered ? " (ordered)" : "");
}

static void put_param(const struct param *p, int name_width, struct str *out)
{
    struct str values = { 0 }, line = { 0 };
    put_values(p, &values);
    if (p->when)
        str_addf(&values, ", when %s", p->when);
    str_addf(&line, "  %-*s  %-11s  ", name_width, p->name, type_names[p->type]);
    put_cut(&line, str_text(&values), line.len + 20 < COLUMNS ? COLUMNS - line.len : 20);
    str_addf(out, "%s\n", str_text(&line));
    str_deinit(&values);
    str_deinit(&line);
}

static void put_space(const struct space *space, struct str *out)
{
    int width = 0;
    for (int i = 0; i < space->n_params; i++)
        if ((int)strlen(space->params[i].name) > width)
            width = (int)strlen(space->params[i].name);
    for (int i = 0; i < space->n_params; i++)
        put_param(&space->params[i], width, out);
    double combinations = space_combinations(space);
    if (isinf(combinations))
        str_add(out, "Any number of configurations: a float is continuous.\n");
    else
        str_addf(out, combinations < 1e15 ? "%.0f configurations" : "%.3g configurations", combinations);
    if (!isinf(combinations))
        str_add(out, ", before when and where.\n");
}

static void put_share(const struct campaign_spec *spec, const struct share *share, struct str *out)
{
    if (spec->n_where == 0)
        return;
    str_addf(out, "\n%.1f %% of the space is allowed (give or take %.1f; %" PRIu64 " draws):\n", 100 * share->feasible,
        200 * share->standard_error, share->n_samples);
    for (int i = 0; i < spec->n_where; i++) {
        str_addf(out, "  %5.1f %% rejected by  ", 100 * share->rejected[i]);
        put_cut(out, spec->where[i], COLUMNS - 24);
        str_add(out, "\n");
    }
}

static void put_search(const struct campaign_spec *spec, struct str *out)
{
    int64_t rungs[LIMIT_RUNGS];
    int n = search_spec_rungs(&spec->search, rungs);
    str_addf(out, "\n%s, %s: rung%s", sampler_names[spec->search.sampler], scheduler_names[spec->search.scheduler],
        n == 1 ? "" : "s");
    for (int i = 0; i < n; i++)
        str_addf(out, "%s %" PRId64, i == 0 ? "" : ",", rungs[i]);
    if (spec->limits.n_trials)
        str_addf(out, "; %" PRId64 " trials", spec->limits.n_trials);
    if (spec->limits.wall_clock_ms) {
        str_add(out, spec->limits.n_trials ? " or " : "; ");
        units_put_duration(out, spec->limits.wall_clock_ms);
    }
    if (spec->n_enqueue)
        str_addf(out, "; %d configurations to try first", spec->n_enqueue);
    str_add(out, "\n");
}

static void put_summary(const struct campaign_spec *spec, const struct share *share, struct str *out)
{
    str_addf(out, "%s: %s %s of %.200s\n", spec->name, spec->goal == GOAL_MAXIMIZE ? "maximize" : "minimize",
        spec->metric, spec->trial.program ? spec->trial.program : spec->trial.command[0]);
    put_space(&spec->space, out);
    put_share(spec, share, out);
    put_search(spec, out);
}

/* ---- for programs ---- */

static void json_share(const struct campaign_spec *spec, const struct share *share, struct str *out)
{
    json_put_key(out, "feasible");
    json_open_object(out);
    json_add_number(out, "share", share->feasible);
    json_add_number(out, "standard_error", share->standard_error);
    json_add_int(out, "samples", (int64_t)share->n_samples);
    json_put_key(out, "where");
    json_open_array(out);
    for (int i = 0; i < spec->n_where; i++) {
        json_open_object(out);
        json_add_text(out, "expression", spec->where[i]);
        json_add_number(out, "rejected", share->rejected[i]);
        json_close_object(out);
    }
    json_close_array(out);
    json_close_object(out);
}

/* What is known of a file that is right: the campaign with its defaults, and what follows from it. */
static void json_summary(const struct campaign_spec *spec, const struct share *share, struct str *out)
{
    struct str canonical = { 0 };
    int64_t rungs[LIMIT_RUNGS];
    double combinations = space_combinations(&spec->space);
    campaign_canonical(spec, &canonical);
    json_add_raw(out, "campaign", str_text(&canonical));
    str_deinit(&canonical);
    json_put_key(out, "combinations");
    if (isinf(combinations))
        json_put_null(out);
    else
        json_put_number(out, combinations);
    json_share(spec, share, out);
    json_put_key(out, "rungs");
    json_open_array(out);
    for (int i = 0, n = search_spec_rungs(&spec->search, rungs); i < n; i++)
        json_put_int(out, rungs[i]);
    json_close_array(out);
}

static void put_json(
    const struct campaign_file *f, const struct share *share, const struct problems *warnings, struct str *out)
{
    json_open_object(out);
    json_add_text(out, "schema", "rung.check/1");
    campaign_file_add_json(f, out);
    problems_add_json("warnings", warnings, out);
    if (f->is_right)
        json_summary(&f->spec, share, out);
    json_close_object(out);
    str_add(out, "\n");
}

int cli_check(const struct check_options *options, FILE *out, struct err *e)
{
    struct campaign_file f;
    struct problems warnings = { 0 };
    struct share share = { 0 };
    struct str text = { 0 };
    if (campaign_file_read(&f, options->path, options->check_data, e) < 0) {
        campaign_file_deinit(&f);
        return -1;
    }
    if (f.is_right) {
        expr_feasible_share(f.expr, &f.spec, SAMPLES, &share);
        warnings_find(&f.spec, f.expr, &share, &warnings);
        campaign_locate(&warnings, str_text(&f.text), f.text.len);
    }
    if (options->is_json) {
        put_json(&f, &share, &warnings, &text);
    } else {
        problems_print(&f.problems, f.name, &text);
        problems_print_warnings(&warnings, f.name, &text);
        if (f.is_right)
            put_summary(&f.spec, &share, &text);
    }
    fputs(str_text(&text), out);
    int status = f.is_right ? 0 : 2;
    problems_deinit(&warnings);
    str_deinit(&text);
    campaign_file_deinit(&f);
    return status;
}
