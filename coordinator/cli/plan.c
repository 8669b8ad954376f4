#include "coordinator/cli/plan.h"

#include <inttypes.h>
#include <math.h>

#include "common/base/units.h"
#include "coordinator/cli/campaign_file.h"
#include "coordinator/cli/plan_cost.h"

enum { ASSUMED_TRIALS = 100 };

/* "45 s", "12 min", "3.5 h", "2.1 days". */
static void put_time(struct str *out, double seconds)
{
    if (seconds < 90)
        str_addf(out, "%.0f s", ceil(seconds));
    else if (seconds < 90 * 60)
        str_addf(out, "%.0f min", seconds / 60);
    else if (seconds < 48 * 3600)
        str_addf(out, "%.1f h", seconds / 3600);
    else
        str_addf(out, "%.1f days", seconds / 86400);
}

static void put_size(struct str *out, double bytes)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
    int unit = 0;
    for (; bytes >= 1000 && unit < 5; unit++)
        bytes /= 1000;
    str_addf(out, "%.*f %s", bytes < 10 && unit > 0 ? 1 : 0, bytes, units[unit]);
}

static void put_head(const struct campaign_spec *spec, const struct plan_cost *cost, struct str *out)
{
    str_addf(out, "%s\n%" PRId64 " trials", spec->name, cost->n_trials);
    if (cost->is_all)
        str_add(out, " (the space has no more)");
    else if (cost->is_assumed)
        str_add(out, " (assumed: limits names none)");
    str_addf(out, ", %s, eta %d\n", scheduler_names[spec->search.scheduler], spec->search.eta);
}

static void put_bracket(const struct plan_bracket *bracket, int number, struct str *out)
{
    for (int k = 0; k < bracket->n_rungs; k++) {
        int64_t before = k > 0 ? bracket->budgets[k - 1] : 0;
        double trials = (double)bracket->counts[k];
        if (k == 0)
            str_addf(out, "%7d", number);
        else
            str_add(out, "       ");
        str_addf(out, "  %4d  %10" PRId64 "  %8" PRId64 "  %14.0f  %14.0f\n", k + 1, bracket->budgets[k],
            bracket->counts[k], trials * (double)(bracket->budgets[k] - before), trials * (double)bracket->budgets[k]);
    }
}

static void put_table(const struct campaign_spec *spec, const struct plan_cost *cost, struct str *out)
{
    const char *unit = spec->trial.program ? "epochs" : "budget";
    str_addf(out, "\nbracket  rung  %10s    trials  %6s trained   if begun at 0\n", unit, unit);
    for (int b = 0; b < cost->n_brackets; b++)
        put_bracket(&cost->brackets[b], b + 1, out);
    str_addf(out, "  total  %4s  %10s  %8" PRId64 "  %14.0f  %14.0f\n", "", "", cost->n_trials, cost->budget,
        cost->budget_from_zero);
}

static void put_comparison(const struct campaign_spec *spec, const struct plan_cost *cost, struct str *out)
{
    double saved = cost->budget_from_zero - cost->budget;
    if (cost->budget_to_the_end == cost->budget)
        return;
    str_addf(out, "\nAll trials to the end: %.0f %s, %.1f times as many.\n", cost->budget_to_the_end,
        spec->trial.program ? "epochs" : "units of budget", cost->budget_to_the_end / cost->budget);
    if (saved > 0)
        str_addf(out, "Going on from checkpoints saves %.0f %% against beginning each rung at 0.\n",
            100 * saved / cost->budget_from_zero);
}

static void put_times(
    const struct campaign_spec *spec, const struct plan_cost *cost, const struct plan_options *o, struct str *out)
{
    int n_workers = o->n_workers > 0 ? o->n_workers : 1;
    if (cost->work_seconds <= 0) {
        str_add(out, "How long it takes: --epoch-seconds S --workers N, where S is what a unit of budget takes.\n");
        return;
    }
    str_addf(out, "At %.3g s each on %d slot%s: ", o->epoch_seconds, n_workers, n_workers == 1 ? "" : "s");
    put_time(out, cost->least_seconds);
    if (cost->most_seconds > 1.05 * cost->least_seconds) {
        str_add(out, " to ");
        put_time(out, cost->most_seconds);
    } else if (cost->most_seconds == 0) {
        str_add(out, " or more, as rungs wait");
    }
    str_add(out, ".\n");
    double limit = (double)spec->limits.wall_clock_ms / 1000;
    if (limit > 0 && cost->least_seconds > limit) {
        str_add(out, "More than limits.wall_clock, ");
        units_put_duration(out, spec->limits.wall_clock_ms);
        str_add(out, ": not all trials would start.\n");
    }
}

static void put_storage(const struct plan_cost *cost, struct str *out)
{
    if (cost->checkpoint_bytes <= 0)
        return;
    str_add(out, "Checkpoints: about ");
    put_size(out, cost->checkpoint_bytes);
    str_add(out, " for the largest model, at most ");
    put_size(out, cost->checkpoint_bytes * (double)cost->n_trials);
    str_add(out, " for all.\n");
}

static void put_memory(const struct largest *l, struct str *out)
{
    if (l->bytes == 0)
        return;
    str_add(out, "Memory: about ");
    largest_put_bytes(l->bytes, out);
    str_add(out, " for the largest trial:\n  ");
    largest_put_size(l, out);
    str_add(out, "\n");
}

static void put_text(
    const struct campaign_file *f, const struct plan_cost *cost, const struct plan_options *o, struct str *out)
{
    const struct campaign_spec *spec = &f->spec;
    put_head(spec, cost, out);
    put_table(spec, cost, out);
    put_comparison(spec, cost, out);
    put_times(spec, cost, o, out);
    put_storage(cost, out);
    put_memory(&f->largest, out);
}

static void json_bracket(const struct plan_bracket *bracket, struct str *out)
{
    json_open_array(out);
    for (int k = 0; k < bracket->n_rungs; k++) {
        json_open_object(out);
        json_add_int(out, "budget", bracket->budgets[k]);
        json_add_int(out, "trials", bracket->counts[k]);
        json_close_object(out);
    }
    json_close_array(out);
}

static void add_or_null(struct str *out, const char *key, double value)
{
    json_put_key(out, key);
    if (value > 0)
        json_put_number(out, value);
    else
        json_put_null(out);
}

static void add_cost_json(const struct campaign_spec *spec, const struct plan_cost *cost, struct str *out)
{
    json_add_text(out, "name", spec->name);
    json_add_int(out, "trials", cost->n_trials);
    json_add_bool(out, "trials_assumed", cost->is_assumed);
    json_put_key(out, "brackets");
    json_open_array(out);
    for (int b = 0; b < cost->n_brackets; b++)
        json_bracket(&cost->brackets[b], out);
    json_close_array(out);
    json_add_number(out, "budget", cost->budget);
    json_add_number(out, "budget_without_resume", cost->budget_from_zero);
    json_add_number(out, "budget_all_to_the_end", cost->budget_to_the_end);
    add_or_null(out, "work_seconds", cost->work_seconds);
    add_or_null(out, "least_seconds", cost->least_seconds);
    add_or_null(out, "most_seconds", cost->most_seconds);
    add_or_null(out, "checkpoint_bytes", cost->checkpoint_bytes);
}

static void add_memory_json(const struct largest *l, struct str *out)
{
    struct str size = { 0 };
    add_or_null(out, "memory_bytes", ceil(l->bytes));
    if (l->bytes > 0)
        largest_put_size(l, &size);
    json_add_text(out, "memory_of", l->bytes > 0 ? str_text(&size) : NULL);
    str_deinit(&size);
}

static void put_json(const struct campaign_file *f, const struct plan_cost *cost, struct str *out)
{
    json_open_object(out);
    json_add_text(out, "schema", "rung.plan/1");
    campaign_file_add_json(f, out);
    if (f->is_right) {
        add_cost_json(&f->spec, cost, out);
        add_memory_json(&f->largest, out);
    }
    json_close_object(out);
    str_add(out, "\n");
}

int cli_plan(const struct plan_options *options, FILE *out, struct err *e)
{
    struct campaign_file f;
    struct plan_cost cost = { 0 };
    struct str text = { 0 };
    if (campaign_file_read(&f, options->path, options->check_data, e) < 0) {
        campaign_file_deinit(&f);
        return -1;
    }
    int64_t n_trials = options->n_trials > 0 ? options->n_trials : ASSUMED_TRIALS;
    if (f.is_right)
        plan_cost_of(&f.spec, n_trials, options->epoch_seconds, options->n_workers > 0 ? options->n_workers : 1, &cost);
    if (options->is_json)
        put_json(&f, &cost, &text);
    else if (f.is_right)
        put_text(&f, &cost, options, &text);
    else
        problems_print(&f.problems, f.name, &text);
    fputs(str_text(&text), out);
    str_deinit(&text);
    int status = f.is_right ? 0 : 2;
    campaign_file_deinit(&f);
    return status;
}
