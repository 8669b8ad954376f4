#include "coordinator/bridge/status.h"

#include <math.h>
#include <string.h>

#include "common/proto/config.h"
#include "common/proto/json.h"
#include "coordinator/core/fit.h"

#define RUNNING_MAX 256 /* running trials and workers that one status names */
#define CURVES_MAX 64   /* of them, with their curve and configuration */
#define NEWS_MAX 10     /* last events */

struct rung_counts {
    int64_t reached[LIMIT_RUNGS], promoted[LIMIT_RUNGS];
};

/* Trials that reached each rung of the first n brackets, and those of them that were sent on from it: one pass. */
static void count_rungs(const struct campaign *c, int n, struct rung_counts counts[LIMIT_RUNGS])
{
    memset(counts, 0, (size_t)n * sizeof *counts);
    for (size_t i = 0; i < c->n_trials; i++) {
        const struct trial *t = c->trials[i];
        if (t->row.bracket >= n)
            continue;
        struct rung_counts *out = &counts[t->row.bracket];
        bool is_under_way = t->row.state == TRIAL_QUEUED || t->row.state == TRIAL_RUNNING;
        bool is_broken = t->row.state == TRIAL_FAILED || t->row.state == TRIAL_SET_ASIDE;
        int reached = is_under_way ? t->row.rung - 1 : t->row.rung;
        int sent = is_under_way || is_broken ? reached + 1 : reached;
        for (int k = 0; k <= reached; k++)
            out->reached[k]++;
        for (int k = 0; k < sent; k++)
            out->promoted[k]++;
    }
}

int64_t status_eta_ms(const struct campaign *c)
{
    const struct search_spec *search = &c->spec->search;
    double expected = 0, by_clock = INFINITY, by_work = INFINITY;
    for (int b = 0; search->n_trials > 0 && b < search_n_planned_brackets(search); b++) {
        int64_t budgets[LIMIT_RUNGS], counts[LIMIT_RUNGS], before = 0;
        int n = search_bracket_rungs(search, b, budgets);
        search_expected_counts(search, b, counts);
        for (int k = 0; k < n; before = budgets[k++])
            expected += (double)counts[k] * (double)(budgets[k] - before);
    }
    if (expected > 0 && c->budget_spent > 0 && c->n_results >= 3)
        by_work = fmax(expected - (double)c->budget_spent, 0) / (double)c->budget_spent * (double)c->row.ran_ms;
    if (c->spec->limits.wall_clock_ms > 0)
        by_clock = (double)(c->spec->limits.wall_clock_ms - c->row.ran_ms);
    double eta = fmin(by_work, by_clock);
    return isinf(eta) ? -1 : (int64_t)eta;
}

static void put_trials(const struct campaign *c, struct str *out)
{
    json_put_key(out, "trials");
    json_open_object(out);
    json_add_int(out, "limit", c->spec->limits.n_trials);
    json_add_int(out, "started", (int64_t)c->n_trials);
    for (int state = 0; state <= TRIAL_SET_ASIDE; state++)
        json_add_int(out, trial_state_names[state], (int64_t)c->n_states[state]);
    json_close_object(out);
}

static void put_rungs(const struct campaign *c, struct str *out)
{
    json_put_key(out, "rungs");
    json_open_array(out);
    struct rung_counts counts[LIMIT_RUNGS];
    int n_brackets = search_n_brackets(&c->spec->search), n_planned = search_n_planned_brackets(&c->spec->search);
    count_rungs(c, n_brackets, counts);
    for (int b = 0; b < n_brackets; b++) {
        int64_t budgets[LIMIT_RUNGS];
        int n = search_bracket_rungs(&c->spec->search, b, budgets);
        if (b >= n_planned && counts[b].reached[0] == 0)
            continue;
        for (int k = 0; k < n; k++) {
            json_open_object(out);
            json_add_int(out, "bracket", b);
            json_add_int(out, "rung", k);
            json_add_int(out, "budget", budgets[k]);
            json_add_int(out, "reached", counts[b].reached[k]);
            json_add_int(out, "promoted", counts[b].promoted[k]);
            json_close_object(out);
        }
    }
    json_close_array(out);
}

static void put_best(const struct campaign *c, struct str *out)
{
    const struct trial *t = c->best;
    json_put_key(out, "best");
    if (!t) {
        json_put_null(out);
        return;
    }
    struct str config = { 0 };
    config_to_json(&c->spec->space, t->row.x, &config);
    json_open_object(out);
    json_add_int(out, "trial", t->row.number);
    json_add_number(out, "value", t->row.value);
    json_add_int(out, "budget", t->row.reached);
    json_add_bool(out, "is_final", t->row.reached >= c->spec->search.max_budget);
    json_add_raw(out, "config", str_text(&config));
    json_add_raw(out, "metrics", c->best_metrics ? c->best_metrics : "{}");
    json_close_object(out);
    str_deinit(&config);
}

/* Why nothing of it runs although workers are here, or null. */
static void put_waits(const struct hub *h, const struct campaign *c, struct str *out)
{
    struct str why = { 0 };
    if (c->row.state == CAMPAIGN_RUNNING)
        fit_explain(c, hub_roster(h), &why);
    json_add_text(out, "waits", why.len ? why.text : NULL);
    str_deinit(&why);
}

/* What a person should know of the rungs, or null; of a campaign that is over, its events say it. */
static void put_warning(const struct campaign *c, struct str *out)
{
    struct search_agreement low;
    struct str words = { 0 };
    if (c->search && search_has_low_agreement(c->search, &low))
        search_agreement_words(&low, &words);
    json_add_text(out, "warning", words.len ? words.text : NULL);
    str_deinit(&words);
}

void status_put_campaign(const struct hub *h, const struct campaign *c, struct str *out)
{
    int64_t eta = campaign_is_over(c) ? 0 : status_eta_ms(c);
    json_open_object(out);
    json_add_text(out, "name", c->spec->name);
    json_add_text(out, "state", campaign_state_names[c->row.state]);
    json_add_text(out, "metric", c->spec->metric);
    json_add_text(out, "goal", c->spec->goal == GOAL_MINIMIZE ? "minimize" : "maximize");
    json_add_int(out, "max_budget", c->spec->search.max_budget);
    put_trials(c, out);
    json_add_int(out, "results", c->n_results);
    json_add_int(out, "budget_spent", c->budget_spent);
    put_rungs(c, out);
    put_best(c, out);
    json_add_int(out, "ran_ms", c->row.ran_ms);
    json_add_int(out, "wall_clock_ms", c->spec->limits.wall_clock_ms);
    json_put_key(out, "eta_ms");
    if (eta < 0)
        json_put_null(out);
    else
        json_put_int(out, eta);
    put_waits(h, c, out);
    put_warning(c, out);
    json_close_object(out);
}

/* [[step, value], ...], with 6 digits: to be drawn. */
static void put_curve(const struct live_curve *c, struct str *out)
{
    struct str points = { 0 };
    str_add_char(&points, '[');
    for (int i = 0; c && i < c->n; i++)
        str_addf(&points, "%s[%lld,%.6g]", i ? "," : "", (long long)c->steps[i], c->values[i]);
    str_add_char(&points, ']');
    json_add_raw(out, "curve", str_text(&points));
    str_deinit(&points);
}

static void put_configuration(const struct trial *t, struct str *out)
{
    struct str config = { 0 };
    config_to_json(&t->campaign->spec->space, t->row.x, &config);
    json_add_raw(out, "config", str_text(&config));
    str_deinit(&config);
}

static void put_running(const struct hub *h, const struct trial *t, bool is_full, int64_t now_ms, struct str *out)
{
    const struct worker *w = roster_by_id(hub_roster(h), t->row.worker);
    json_open_object(out);
    json_add_text(out, "campaign", t->campaign->spec->name);
    json_add_int(out, "trial", t->row.number);
    json_add_text(out, "worker", w ? w->row.name : "");
    json_add_int(out, "rung", t->row.rung);
    json_add_int(out, "budget_from", t->row.budget);
    json_add_int(out, "budget_to", campaign_rung_budget(t->campaign, t->row.bracket, t->row.rung));
    json_add_int(out, "step", t->step);
    json_put_key(out, "value");
    if (isnan(t->live_value))
        json_put_null(out);
    else
        json_put_number(out, t->live_value);
    json_add_number(out, "seconds", (double)(now_ms - t->granted_ms) / 1000);
    if (is_full) {
        put_curve(t->live, out);
        put_configuration(t, out);
    }
    json_close_object(out);
}

static void put_worker(const struct worker *w, int64_t now_ms, struct str *out)
{
    json_open_object(out);
    json_add_text(out, "name", w->row.name);
    json_add_text(out, "host", w->row.host);
    json_add_int(out, "slots", w->row.slots);
    json_add_int(out, "busy", w->n_running);
    json_add_text(out, "state", w->row.state);
    if (now_ms >= 0)
        json_add_number(out, "silent", (double)(now_ms - w->heard_ms) / 1000);
    if (w->is_aside || w->is_leaving)
        json_add_text(out, "why", w->row.why);
    else
        json_add_raw(out, "why", "null");
    json_close_object(out);
}

void status_put_workers(const struct hub *h, int64_t now_ms, struct str *out)
{
    json_open_array(out);
    for (size_t i = 0, n = 0; i < hub_roster(h)->n && n < RUNNING_MAX; i++) {
        if (!hub_roster(h)->workers[i]->is_here)
            continue;
        put_worker(hub_roster(h)->workers[i], now_ms, out);
        n++;
    }
    json_close_array(out);
}

/* ---- events ---- */

/* "trial 7 at budget 3: 0.25", or "" for one that is no news. */
static void add_words(const struct hub_news *news, const struct trial *t, const struct worker *w, struct str *out)
{
    static const char *const words[EVENT_N_KINDS] = { [EVENT_STARTED] = "started",
        [EVENT_PROMOTED] = "promoted",
        [EVENT_FAILED] = "failed",
        [EVENT_ABANDONED] = "stopped",
        [EVENT_SUBMITTED] = "submitted",
        [EVENT_REQUEUED] = "goes back to the queue",
        [EVENT_JOINED] = "joined",
        [EVENT_LEFT] = "left" };
    if (t)
        str_addf(out, "trial %lld", (long long)t->row.number);
    else if (w)
        str_addf(out, "worker %s", w->row.name);
    else
        str_add(out, "campaign");
    if (words[news->kind])
        str_addf(out, " %s", words[news->kind]);
    if (t && news->kind == EVENT_STARTED)
        str_addf(out, " in bracket %d", news->rung);
    else if (t && news->rung >= 0 && news->rung < campaign_n_rungs(t->campaign, t->row.bracket))
        str_addf(out, " %s budget %lld", news->kind == EVENT_PROMOTED ? "to" : "at",
            (long long)campaign_rung_budget(t->campaign, t->row.bracket, news->rung));
    if (!isnan(news->value))
        str_addf(out, ": %.5g", news->value);
    if (*news->text)
        str_addf(out, "%s%s", words[news->kind] || t ? ": " : " ", news->text);
}

static void put_event(const struct hub *h, const struct hub_news *news, int64_t now_ms, struct str *out)
{
    const struct campaign *c = hub_campaign_of(h, news->campaign);
    const struct trial *t = hub_find_trial(h, news->trial);
    struct str words = { 0 };
    add_words(news, t, t ? NULL : roster_by_id(hub_roster(h), news->worker), &words);
    json_open_object(out);
    json_add_int(out, "seq", (int64_t)news->seq);
    json_add_text(out, "kind", event_kind_names[news->kind]);
    json_add_text(out, "campaign", c ? c->spec->name : NULL);
    json_put_key(out, "trial");
    if (t)
        json_put_int(out, t->row.number);
    else
        json_put_null(out);
    json_add_number(out, "seconds", (double)(now_ms - news->now_ms) / 1000);
    json_add_text(out, "text", str_text(&words));
    json_close_object(out);
    str_deinit(&words);
}

/* Those of the campaign and of no campaign, such as workers that come; the newest first. */
static void put_events(const struct hub *h, const char *name, int64_t now_ms, struct str *out)
{
    json_put_key(out, "events");
    json_open_array(out);
    for (size_t i = 0, n = 0; i < hub_n_news(h) && n < NEWS_MAX; i++) {
        const struct hub_news *news = hub_news(h, i);
        const struct campaign *c = hub_campaign_of(h, news->campaign);
        if (name && news->campaign && (!c || strcmp(c->spec->name, name) != 0))
            continue;
        put_event(h, news, now_ms, out);
        n++;
    }
    json_close_array(out);
}

void status_put(const struct hub *h, const char *name, const char *trouble, int64_t now_ms, struct str *out)
{
    json_open_object(out);
    json_add_text(out, "schema", "rung.status/1");
    json_add_int(out, "boot", (int64_t)hub_boot(h));
    json_add_int(out, "seq", (int64_t)hub_seq(h));
    json_put_key(out, "trouble");
    if (trouble)
        json_put_text(out, trouble);
    else
        json_put_null(out);
    json_put_key(out, "campaigns");
    json_open_array(out);
    for (size_t i = 0; i < hub_n_campaigns(h); i++) {
        const struct campaign *c = hub_campaign(h, i);
        if (name ? strcmp(c->spec->name, name) == 0 : !campaign_is_over(c))
            status_put_campaign(h, c, out);
    }
    json_close_array(out);
    json_put_key(out, "running");
    json_open_array(out);
    for (size_t i = 0, n = 0; i < hub_n_running(h) && n < RUNNING_MAX; i++) {
        const struct trial *t = hub_running(h, i);
        if (name && strcmp(t->campaign->spec->name, name) != 0)
            continue;
        put_running(h, t, n < CURVES_MAX, now_ms, out);
        n++;
    }
    json_close_array(out);
    json_put_key(out, "workers");
    status_put_workers(h, now_ms, out);
    put_events(h, name, now_ms, out);
    json_close_object(out);
}
