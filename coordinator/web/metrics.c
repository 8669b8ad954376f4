#include "coordinator/web/metrics.h"

#include <math.h>

const double metrics_bounds[METRICS_BUCKETS] = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5 };

void metrics_note_turn(struct metrics *m, uint64_t n_frames, double seconds)
{
    int i = 0;
    while (i < METRICS_BUCKETS && seconds > metrics_bounds[i])
        i++;
    *(i < METRICS_BUCKETS ? &m->n_answers[i] : &m->n_slow) += n_frames;
    m->answer_seconds += seconds * (double)n_frames;
    m->n_frames += n_frames;
    m->n_turns++;
}

/* ---- the format ---- */

static void head(struct str *out, const char *name, const char *type, const char *help)
{
    str_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_label(struct str *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\\' || *text == '"')
            str_add_char(out, '\\');
        if (*text == '\n')
            str_add(out, "\\n");
        else
            str_add_char(out, *text);
    }
}

/* A sample with a label or two; NULL: none. */
static void put(struct str *out, const char *name, const char *key, const char *label, const char *state, double value)
{
    str_add(out, name);
    if (key) {
        str_addf(out, "{%s=\"", key);
        put_label(out, label);
        if (state)
            str_addf(out, "\",state=\"%s", state);
        str_add(out, "\"}");
    }
    str_addf(out, " %.17g\n", value);
}

static void put_one(struct str *out, const char *name, const char *type, const char *help, double value)
{
    head(out, name, type, help);
    put(out, name, NULL, NULL, NULL, value);
}

/* ---- campaigns ---- */

static double results_of(const struct campaign *c)
{
    return (double)c->n_results;
}

static double failed_of(const struct campaign *c)
{
    return (double)(c->n_results - c->n_reached);
}

static double spent_of(const struct campaign *c)
{
    return (double)c->budget_spent;
}

static double imports_of(const struct campaign *c)
{
    return (double)c->n_imports;
}

static double best_of(const struct campaign *c)
{
    return c->best ? c->best->row.value : NAN;
}

static double best_budget_of(const struct campaign *c)
{
    return c->best ? (double)c->best->row.reached : NAN;
}

static double ran_of(const struct campaign *c)
{
    return (double)c->row.ran_ms / 1000;
}

static void put_campaigns(const struct hub *h, struct str *out)
{
    /* clang-format off */
    static const struct { const char *name, *type, *help; double (*of)(const struct campaign *c); } rows[] = {
        { "rung_results_total",             "counter", "Counted results, failures included; since the start for campaigns that are not over.", results_of },
        { "rung_failed_results_total",      "counter", "Counted failures.",                                        failed_of },
        { "rung_budget_spent_total",        "counter", "Training behind the counted results, in the trial's unit.", spent_of },
        { "rung_imported_results_total",    "counter", "Results from elsewhere that the model was given.",          imports_of },
        { "rung_running_seconds_total",     "counter", "Time that the campaign could run.",                         ran_of },
        { "rung_best_value",                "gauge",   "The objective of the best trial.",                          best_of },
        { "rung_best_budget",               "gauge",   "The budget at which the best trial was judged.",            best_budget_of },
    };
    /* clang-format on */
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        head(out, rows[k].name, rows[k].type, rows[k].help);
        for (size_t i = 0; i < hub_n_campaigns(h); i++) {
            double value = rows[k].of(hub_campaign(h, i));
            if (!isnan(value))
                put(out, rows[k].name, "campaign", hub_campaign(h, i)->spec->name, NULL, value);
        }
    }
}

static void put_states(const struct hub *h, struct str *out)
{
    double n[CAMPAIGN_FAILED + 1] = { 0 };
    for (size_t i = 0; i < hub_n_campaigns(h); i++)
        n[hub_campaign(h, i)->row.state]++;
    head(out, "rung_campaigns", "gauge", "Campaigns by state.");
    for (int i = 0; i <= CAMPAIGN_FAILED; i++)
        put(out, "rung_campaigns", "state", campaign_state_names[i], NULL, n[i]);
    head(out, "rung_trials", "gauge", "Trials by campaign and state.");
    for (size_t i = 0; i < hub_n_campaigns(h); i++)
        for (int k = 0; k <= TRIAL_SET_ASIDE; k++)
            put(out, "rung_trials", "campaign", hub_campaign(h, i)->spec->name, trial_state_names[k],
                (double)hub_campaign(h, i)->n_states[k]);
}

/* ---- workers ---- */

static void put_workers(const struct hub *h, int64_t now_ms, struct str *out)
{
    const struct roster *r = hub_roster(h);
    double here = 0, gone = 0, aside = 0, slots = 0, busy = 0, oldest_ms = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct worker *w = r->workers[i];
        aside += w->is_here && w->is_aside;
        here += w->is_here && !w->is_aside;
        gone += !w->is_here;
        slots += w->is_here ? (double)w->row.slots : 0;
    }
    for (size_t i = 0; i < hub_n_running(h); i++) {
        oldest_ms = fmax(oldest_ms, (double)(now_ms - hub_running(h, i)->granted_ms));
        busy += hub_running(h, i)->n_slots;
    }
    head(out, "rung_workers", "gauge", "Workers by state.");
    put(out, "rung_workers", "state", "here", NULL, here);
    put(out, "rung_workers", "state", "gone", NULL, gone);
    put(out, "rung_workers", "state", "set_aside", NULL, aside);
    head(out, "rung_slots", "gauge",
        "Slots of the workers that are here; busy: those that leases take, also of workers that are not.");
    put(out, "rung_slots", "state", "busy", NULL, busy);
    put(out, "rung_slots", "state", "idle", NULL, fmax(0, slots - busy));
    put_one(out, "rung_oldest_lease_seconds", "gauge", "The age of the oldest lease that runs.", oldest_ms / 1000);
}

/* ---- the coordinator ---- */

static void put_answers(const struct metrics *m, struct str *out)
{
    uint64_t n = 0;
    head(out, "rung_answer_seconds", "histogram", "From a frame's arrival until its answer is durable and sent.");
    for (int i = 0; i < METRICS_BUCKETS; i++) {
        n += m->n_answers[i];
        str_addf(out, "rung_answer_seconds_bucket{le=\"%g\"} %llu\n", metrics_bounds[i], (unsigned long long)n);
    }
    n += m->n_slow;
    str_addf(out, "rung_answer_seconds_bucket{le=\"+Inf\"} %llu\n", (unsigned long long)n);
    put(out, "rung_answer_seconds_sum", NULL, NULL, NULL, m->answer_seconds);
    str_addf(out, "rung_answer_seconds_count %llu\n", (unsigned long long)n);
}

void metrics_put(const struct metrics *m, const struct hub *h, int64_t now_ms, struct str *out)
{
    head(out, "rung_build_info", "gauge", "The version that runs.");
    put(out, "rung_build_info", "version", RUNG_VERSION, NULL, 1);
    put_one(out, "rung_starts_total", "counter", "How often a coordinator has opened this store.", (double)hub_boot(h));
    put_one(out, "rung_events_total", "counter", "Durable events of this store.", (double)hub_seq(h));
    put_states(h, out);
    put_campaigns(h, out);
    put_workers(h, now_ms, out);
    put_answers(m, out);
    put_one(out, "rung_frames_total", "counter", "Frames taken since the start.", (double)m->n_frames);
    put_one(out, "rung_turns_total", "counter", "Turns in which frames were taken.", (double)m->n_turns);
    put_one(out, "rung_commits_total", "counter", "Transactions since the start.", (double)m->n_commits);
    head(out, "rung_store_bytes", "gauge", "Size of the store's database.");
    put(out, "rung_store_bytes", "file", "rung.db", NULL, (double)m->database_bytes);
    put(out, "rung_store_bytes", "file", "rung.db-wal", NULL, (double)m->wal_bytes);
}
