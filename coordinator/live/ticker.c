#include "coordinator/live/ticker.h"

#include <stdbool.h>

#include "coordinator/live/status.h"
#include "coordinator/text/view.h"

#define EVERY_MS 10000 /* between two lines that tell no more than how far it is */

/* "quickstart 0:42: " */
static void begin_line(struct str *out, json_value campaign)
{
    str_addf(out, "%s ", status_text(campaign, "name"));
    view_duration(out, status_int(campaign, "ran_ms"));
    str_add(out, ": ");
}

static bool tell_best(struct ticker *t, json_value campaign, struct str *out)
{
    json_value best = json_get(campaign, "best");
    int64_t trial = status_int(best, "trial"), budget = status_int(best, "budget");
    double value = status_number(best, "value");
    if (!status_has(campaign, "best") || (trial == t->best_trial && budget == t->best_budget && value == t->best_value))
        return false;
    begin_line(out, campaign);
    str_addf(out, "best %s ", status_text(campaign, "metric"));
    view_number(out, value);
    str_addf(out, ", trial %lld at budget %lld of %lld\n", (long long)trial, (long long)budget,
        (long long)status_int(campaign, "max_budget"));
    t->best_trial = trial;
    t->best_budget = budget;
    t->best_value = value;
    return true;
}

static bool tell_ended(struct ticker *t, json_value campaign, struct str *out)
{
    json_value trials = json_get(campaign, "trials");
    int64_t completed = status_int(trials, "completed");
    int64_t failed = status_int(trials, "failed") + status_int(trials, "set_aside");
    if (completed == t->n_completed && failed == t->n_failed)
        return false;
    begin_line(out, campaign);
    str_addf(out, "%lld trial%s completed", (long long)completed, completed == 1 ? "" : "s");
    if (failed)
        str_addf(out, ", %lld failed", (long long)failed);
    str_add_char(out, '\n');
    t->n_completed = completed;
    t->n_failed = failed;
    return true;
}

static bool tell_progress(const struct ticker *t, json_value campaign, int64_t now_ms, struct str *out)
{
    json_value trials = json_get(campaign, "trials");
    if (now_ms - t->said_ms < EVERY_MS || status_int(campaign, "results") == t->n_results)
        return false;
    begin_line(out, campaign);
    str_addf(out, "%lld", (long long)status_int(trials, "started"));
    if (status_int(trials, "limit") > 0)
        str_addf(out, " of %lld", (long long)status_int(trials, "limit"));
    str_addf(out, " trials started, %lld running, %lld results", (long long)status_int(trials, "running"),
        (long long)status_int(campaign, "results"));
    if (status_has(campaign, "eta_ms")) {
        str_add(out, ", about ");
        view_duration(out, status_int(campaign, "eta_ms"));
        str_add(out, " left");
    }
    str_add_char(out, '\n');
    return true;
}

/* Once when it begins, and once when it is over: how much is to be freed may change all the time. */
static void tell_trouble(struct ticker *t, json_value status, json_value campaign, struct str *out)
{
    bool has_trouble = status_has(status, "trouble");
    if (has_trouble == t->has_trouble)
        return;
    begin_line(out, campaign);
    str_addf(out, "%s\n", has_trouble ? status_text(status, "trouble") : "the disk has room again");
    t->has_trouble = has_trouble;
}

/* Once when it begins; that it goes on shows by itself. */
static void tell_once(bool *was_said, json_value campaign, const char *what, struct str *out)
{
    bool is_so = status_has(campaign, what);
    if (is_so && !*was_said) {
        begin_line(out, campaign);
        str_addf(out, "%s\n", status_text(campaign, what));
    }
    *was_said = is_so;
}

void ticker_tell(struct ticker *t, json_value status, json_value campaign, int64_t now_ms, struct str *out)
{
    tell_trouble(t, status, campaign, out);
    tell_once(&t->waits, campaign, "waits", out);
    tell_once(&t->has_warning, campaign, "warning", out);
    bool has_best = tell_best(t, campaign, out), has_ended = tell_ended(t, campaign, out);
    if (!has_best && !has_ended && !tell_progress(t, campaign, now_ms, out))
        return;
    t->said_ms = now_ms;
    t->n_results = status_int(campaign, "results");
}
