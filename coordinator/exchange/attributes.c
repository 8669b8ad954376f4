/* What stands beside a trial in other tools. */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "common/proto/json.h"
#include "coordinator/exchange/takeout.h"

struct giver {
    takeout_take_attribute *take;
    void *context;
    struct str json; /* of the value */
};

static void give(struct giver *g, const char *key)
{
    g->take(g->context, key, str_text(&g->json));
    str_clear(&g->json);
}

static void give_text(struct giver *g, const char *key, const char *text)
{
    if (!text || !*text)
        return;
    json_put_text(&g->json, text);
    give(g, key);
}

static void give_int(struct giver *g, const char *key, int64_t value)
{
    json_put_int(&g->json, value);
    give(g, key);
}

static void give_measures(struct giver *g, const struct takeout *t, const struct takeout_trial *trial)
{
    for (size_t i = 0; i < trial->n_measures; i++) {
        const struct takeout_measure *m = &t->measures[trial->measures + i];
        char key[LIMIT_NAME + 16];
        snprintf(key, sizeof key, "metric:%s", t->metrics[m->metric]);
        json_put_number(&g->json, m->value);
        give(g, key);
    }
}

void takeout_attributes(
    const struct takeout *t, const struct takeout_trial *trial, takeout_take_attribute *take, void *context)
{
    struct giver g = { .take = take, .context = context };
    give_measures(&g, t, trial);
    give_int(&g, "rung:attempts", trial->row.n_attempts);
    give_int(&g, "rung:bracket", trial->row.bracket);
    give_int(&g, "rung:budget", trial->row.reached);
    if (trial->failure != FAILURE_NONE)
        give_text(&g, "rung:failure", failure_kind_names[trial->failure]);
    if (trial->origin != SEARCH_NO_ORIGIN)
        give_text(&g, "rung:origin", search_origin_name(trial->origin));
    give_text(&g, "rung:reason", trial->reason);
    json_put_number(&g.json, trial->seconds);
    give(&g, "rung:seconds");
    give_text(&g, "rung:state", trial_state_names[trial->row.state]);
    give_int(&g, "rung:trial", trial->row.number);
    give_text(&g, "rung:worker", takeout_worker_name(t, trial->worker));
    str_deinit(&g.json);
}

const char *takeout_optuna_state(const struct takeout_trial *trial)
{
    switch (trial->row.state) {
    case TRIAL_QUEUED:
        return isnan(trial->row.value) ? "WAITING" : "PRUNED";
    case TRIAL_RUNNING:
        return "RUNNING";
    case TRIAL_PAUSED:
    case TRIAL_STOPPED:
        return "PRUNED";
    case TRIAL_COMPLETED:
        return "COMPLETE";
    case TRIAL_FAILED:
    case TRIAL_SET_ASIDE:
        break;
    }
    return "FAIL";
}

/* What was stopped before it ever ran began and ended when it was proposed, as a finished trial has both times. */
void takeout_times(const struct takeout_trial *trial, int64_t *started_ms, int64_t *completed_ms)
{
    const char *state = takeout_optuna_state(trial);
    bool is_waiting = *state == 'W', is_running = *state == 'R';
    *started_ms = is_waiting ? 0 : trial->started_ms ? trial->started_ms : trial->proposed_ms;
    *completed_ms = is_waiting || is_running ? 0 : trial->ended_ms ? trial->ended_ms : *started_ms;
}

void takeout_add_time(struct str *out, int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm at;
    char text[64] = "1970-01-01 00:00:00";
    if (gmtime_r(&seconds, &at))
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &at);
    str_addf(out, "%s.%06d", text, (int)(wall_ms % 1000) * 1000);
}
