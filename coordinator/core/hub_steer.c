/* What people ask of a campaign: each request is one durable event, once, whoever repeats it; refused whole or done
 * whole. extend, enqueue and retry bring a campaign that is over back to life. */
#include "coordinator/core/hub_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"

struct steering {
    struct hub *h;
    const struct hub_event *e;
    const struct hub_steer *ask;
    struct effects *fx;
    struct campaign *c;
    struct steer_row row; /* what will be kept; the event and its number are filled in when it is */
};

/* ---- what is kept ---- */

static const struct steered *find_repeated(const struct hub *h, uint64_t request, int64_t campaign)
{
    for (size_t i = 0; i < STEERS_KEPT && i < h->n_steers; i++)
        if (h->steers[i].request == request && h->steers[i].campaign == campaign)
            return &h->steers[i];
    return NULL;
}

void hub_remember_steer(struct hub *h, uint64_t request, int64_t campaign, const char *text)
{
    if (find_repeated(h, request, campaign))
        return; /* one of the rows of a request that was about several trials */
    struct steered *s = &h->steers[h->n_steers++ % STEERS_KEPT];
    free(s->text);
    *s = (struct steered){ request, campaign, mem_strdup(text) };
}

static void keep_row(struct steering *s, uint64_t seq, const char *text)
{
    s->row.seq = seq;
    s->row.text = text;
    effects_save(s->fx, SAVE_STEER)->as.steer = s->row;
}

/* One row about the whole campaign, and its event. */
static void keep(struct steering *s, const char *text)
{
    struct event_row *event = hub_log(s->h, s->e, s->fx, EVENT_CAMPAIGN, s->c, NULL);
    event->text = effects_text(s->fx, "%s by %s: %s", steer_action_names[s->row.action], s->row.who, text);
    keep_row(s, event->seq, text);
}

static void answer(struct steering *s, const char *text)
{
    struct send *send = effects_send(s->fx, SEND_DONE, s->e->peer);
    send->request = s->e->request;
    send->campaign = s->c;
    send->text = text;
}

static const char *name_of(const struct steering *s)
{
    return s->c->spec->name;
}

/* ---- back to life ---- */

static int check_alive(const struct steering *s, struct err *err)
{
    const struct campaign *c = s->c;
    int64_t limit = s->row.wall_clock_ms > 0 ? s->row.wall_clock_ms : c->spec->limits.wall_clock_ms;
    if (campaign_is_over(c) && limit > 0 && c->row.ran_ms >= limit)
        return err_set(err, ERR_STATE,
            "campaign %s is over because its wall_clock is used up: give it more with rung extend %s --wall-clock +1h",
            name_of(s), name_of(s));
    return 0;
}

/* A stopped trial was on its way, or paused at a rung: the search knows. */
static void revive_trial(struct steering *s, struct trial *t)
{
    int rung;
    if (search_is_under_way(s->c->search, t->row.number, &rung)) {
        campaign_move_trial(s->c, t, TRIAL_QUEUED);
        t->row.rung = rung;
    } else {
        campaign_move_trial(s->c, t, TRIAL_PAUSED);
    }
    effects_change_trial(s->fx, t);
}

static void revive(struct steering *s)
{
    struct campaign *c = s->c;
    if (!campaign_is_over(c))
        return;
    for (size_t i = 0; i < c->n_trials; i++)
        if (c->trials[i]->row.state == TRIAL_STOPPED)
            revive_trial(s, c->trials[i]);
    c->row.state = CAMPAIGN_RUNNING;
    c->row.ended_ms = 0;
    effects_change_campaign(s->fx, c);
}

/* ---- pause, resume, stop ---- */

static int pause_or_resume(struct steering *s, struct err *err)
{
    struct campaign *c = s->c;
    enum campaign_state next = s->row.action == STEER_PAUSE ? CAMPAIGN_PAUSED : CAMPAIGN_RUNNING;
    if (campaign_is_over(c))
        return err_set(err, ERR_STATE,
            "campaign %s is over (%s): rung extend, rung enqueue and rung retry bring it back to life", name_of(s),
            campaign_state_names[c->row.state]);
    if (c->row.state != next) {
        c->row.state = next;
        effects_change_campaign(s->fx, c);
        keep(s, campaign_state_names[next]);
    }
    answer(s, "");
    return 0;
}

static int stop(struct steering *s, struct err *err)
{
    if (!campaign_is_over(s->c)) {
        keep(s, "stopped");
        hub_finish(s->h, s->e, s->fx, s->c, CAMPAIGN_STOPPED, effects_text(s->fx, "stopped by %s", s->row.who));
    }
    answer(s, "");
    return 0;
}

/* ---- extend ---- */

/* The new value of a limit; 0: not asked. */
static int new_limit(
    const struct hub_limit *ask, int64_t now, int64_t most, const char *what, int64_t *out, struct err *err)
{
    *out = 0;
    if (ask->value == 0)
        return 0;
    if (now == 0)
        return err_set(err, ERR_STATE, "this campaign has no %s to extend", what);
    int64_t value = ask->is_more ? now + ask->value : ask->value;
    if (value <= now)
        return err_set(
            err, ERR_STATE, "%s is %lld already: extend takes a greater one, or +N for N more", what, (long long)now);
    if (value > most)
        return err_set(err, ERR_LIMIT, "%s would be %lld: at most %lld", what, (long long)value, (long long)most);
    *out = value;
    return 0;
}

static int find_limits(struct steering *s, struct err *err)
{
    const struct campaign_spec *spec = s->c->spec;
    const struct hub_steer *ask = s->ask;
    struct search_spec trial = spec->search;
    if (new_limit(&ask->n_trials, spec->limits.n_trials, LIMIT_TRIALS, "limits.trials", &s->row.n_trials, err) < 0 ||
        new_limit(&ask->max_budget, spec->search.max_budget, LIMIT_BUDGET, "search.max_budget", &s->row.max_budget,
            err) < 0 ||
        new_limit(&ask->wall_clock_ms, spec->limits.wall_clock_ms, LIMIT_TIMEOUT_DAYS * INT64_C(86400000),
            "limits.wall_clock (in ms)", &s->row.wall_clock_ms, err) < 0)
        return -1;
    if (s->row.n_trials + s->row.max_budget + s->row.wall_clock_ms == 0)
        return err_set(err, ERR_INVALID, "extend what? trials, max_budget or wall_clock is expected");
    if (s->row.max_budget > 0 && spec->search.scheduler == SCHEDULER_SYNC_HYPERBAND)
        return err_set(err, ERR_STATE,
            "the brackets of sync-hyperband are made for one max_budget: begin another campaign with the new one");
    if (s->row.max_budget > 0 && !search_spec_extend(&trial, s->row.max_budget))
        return err_set(err, ERR_LIMIT, "a ladder to %lld would have more than %d rungs", (long long)s->row.max_budget,
            LIMIT_RUNGS);
    return check_alive(s, err);
}

static void tell_limit(struct str *text, const char *what, int64_t before, int64_t after, int64_t unit)
{
    if (after > 0)
        str_addf(text, "%s%s %lld to %lld", text->len ? ", " : "", what, (long long)(before / unit),
            (long long)(after / unit));
}

/* The top of the ladder is no longer the end: who reached it waits there for what is above. */
static void reopen_completed(struct steering *s)
{
    struct campaign *c = s->c;
    for (size_t i = 0; i < c->n_trials; i++) {
        struct trial *t = c->trials[i];
        if (t->row.state != TRIAL_COMPLETED)
            continue;
        campaign_move_trial(c, t, TRIAL_PAUSED);
        effects_change_trial(s->fx, t);
    }
}

static int extend(struct steering *s, struct err *err)
{
    struct campaign *c = s->c;
    struct str text = { 0 };
    if (find_limits(s, err) < 0)
        return -1;
    tell_limit(&text, "trials", c->spec->limits.n_trials, s->row.n_trials, 1);
    tell_limit(&text, "max_budget", c->spec->search.max_budget, s->row.max_budget, 1);
    tell_limit(&text, "wall_clock seconds", c->spec->limits.wall_clock_ms, s->row.wall_clock_ms, 1000);
    const char *kept = effects_text(s->fx, "%s", str_text(&text));
    str_deinit(&text);
    bool is_extended = campaign_spec_extend(c->spec, s->row.n_trials, s->row.max_budget, s->row.wall_clock_ms);
    assert(is_extended);
    (void)is_extended;
    search_note_extended(c->search, s->row.n_trials, s->row.max_budget);
    revive(s);
    if (s->row.max_budget > 0)
        reopen_completed(s);
    effects_change_campaign(s->fx, c);
    keep(s, kept);
    answer(s, kept);
    return 0;
}

/* ---- enqueue ---- */

static uint32_t trial_with(const struct campaign *c, const double *x)
{
    for (size_t i = 0; i < c->n_trials; i++)
        if (config_equal(&c->spec->space, c->trials[i]->row.x, x))
            return c->trials[i]->row.number;
    return 0;
}

static int enqueue(struct steering *s, struct err *err)
{
    struct campaign *c = s->c;
    int64_t limit = c->spec->limits.n_trials;
    int64_t needed = (int64_t)search_n_started(c->search) + search_n_waiting(c->search) + 1;
    if (search_has_tried(c->search, s->ask->x))
        return err_set(err, ERR_EXISTS, "trial %u of %s has this configuration", trial_with(c, s->ask->x), name_of(s));
    if (search_is_waiting(c->search, s->ask->x))
        return err_set(err, ERR_EXISTS, "this configuration waits already to be the next new trial of %s", name_of(s));
    if (check_alive(s, err) < 0)
        return -1;
    s->row.x = s->ask->x;
    s->row.n_x = c->spec->space.n_params;
    s->row.n_trials = limit > 0 && needed > limit ? needed : 0;
    const char *text = "it is the next new trial";
    if (s->row.n_trials > 0)
        text = effects_text(s->fx, "it is the next new trial: limits.trials %lld to %lld", (long long)limit,
            (long long)s->row.n_trials);
    campaign_spec_extend(c->spec, s->row.n_trials, 0, 0);
    search_note_extended(c->search, s->row.n_trials, 0);
    search_note_enqueued(c->search, s->row.x);
    revive(s);
    keep(s, text);
    answer(s, text);
    return 0;
}

/* ---- retry ---- */

static bool is_broken(const struct trial *t)
{
    return t->row.state == TRIAL_FAILED || t->row.state == TRIAL_SET_ASIDE;
}

static struct trial *find_trial(const struct steering *s, int64_t number, struct err *err)
{
    if (number >= 1 && (size_t)number <= s->c->n_trials)
        return s->c->trials[number - 1];
    err_set(err, ERR_NOT_FOUND, "campaign %s has no trial %lld: its trials are 1 to %zu", name_of(s), (long long)number,
        s->c->n_trials);
    return NULL;
}

static int check_retry(const struct steering *s, const struct trial *t, struct err *err)
{
    if (!is_broken(t))
        return err_set(err, ERR_STATE, "trial %u of %s is %s: only one that failed or was set aside can be retried",
            t->row.number, name_of(s), trial_state_names[t->row.state]);
    if (!search_may_retry(s->c->search, t->row.number))
        return err_set(err, ERR_STATE,
            "trial %u of %s cannot be retried: sync-hyperband has closed its rung and chosen who goes on",
            t->row.number, name_of(s));
    return 0;
}

static void retry_trial(struct steering *s, struct trial *t)
{
    struct campaign *c = s->c;
    int rung;
    c->n_results -= search_has_failed(c->search, t->row.number);
    search_note_retried(c->search, t->row.number);
    search_is_under_way(c->search, t->row.number, &rung);
    campaign_move_trial(c, t, TRIAL_QUEUED);
    t->row.rung = rung;
    trial_forget_breaks(t);
    effects_change_trial(s->fx, t);
    struct event_row *event = hub_log(s->h, s->e, s->fx, EVENT_REQUEUED, c, t);
    event->rung = rung;
    event->text = effects_text(s->fx, "retry: asked for by %s", s->row.who);
    s->row.trial = t->row.id;
    keep_row(s, event->seq, "");
}

/* All that broke and may be retried. */
static int retry_all(struct steering *s, struct str *names, struct err *err)
{
    struct campaign *c = s->c;
    int n = 0;
    for (size_t i = 0; i < c->n_trials; i++) {
        struct trial *t = c->trials[i];
        if (!is_broken(t) || !search_may_retry(c->search, t->row.number))
            continue;
        retry_trial(s, t);
        str_addf(names, "%s%u", n++ ? ", " : "", t->row.number);
    }
    return n ? n : err_set(err, ERR_STATE, "no trial of %s failed or was set aside", name_of(s));
}

static int retry_named(struct steering *s, struct str *names, struct err *err)
{
    const struct hub_steer *ask = s->ask;
    for (int i = 0; i < ask->n_numbers; i++) {
        const struct trial *t = find_trial(s, ask->numbers[i], err);
        if (!t || check_retry(s, t, err) < 0)
            return -1;
    }
    for (int i = 0; i < ask->n_numbers; i++) {
        struct trial *t = s->c->trials[ask->numbers[i] - 1];
        if (!is_broken(t))
            continue; /* named twice */
        retry_trial(s, t);
        str_addf(names, "%s%u", i ? ", " : "", t->row.number);
    }
    return 0;
}

static int retry(struct steering *s, struct err *err)
{
    struct str names = { 0 };
    if (check_alive(s, err) < 0)
        return -1;
    int done = s->ask->n_numbers > 0 ? retry_named(s, &names, err) : retry_all(s, &names, err);
    if (done >= 0) {
        const char *text = effects_text(s->fx, "again from their last checkpoints: trials %s", str_text(&names));
        revive(s);
        answer(s, text);
        hub_remember_steer(s->h, s->e->request, s->c->row.id, text);
    }
    str_deinit(&names);
    return done < 0 ? -1 : 0;
}

/* ---- note ---- */

static int note(struct steering *s, struct err *err)
{
    const struct trial *t = find_trial(s, s->ask->n_numbers == 1 ? s->ask->numbers[0] : 0, err);
    if (!t)
        return -1;
    struct event_row *event = hub_log(s->h, s->e, s->fx, EVENT_CAMPAIGN, s->c, t);
    event->text = effects_text(s->fx, "note by %s: %s", s->row.who, s->ask->text);
    s->row.trial = t->row.id;
    keep_row(s, event->seq, effects_text(s->fx, "%s", s->ask->text));
    answer(s, "");
    return 0;
}

/* ---- the door ---- */

static int (*const doers[STEER_N_ACTIONS])(struct steering *, struct err *) = {
    [STEER_PAUSE] = pause_or_resume,
    [STEER_RESUME] = pause_or_resume,
    [STEER_STOP] = stop,
    [STEER_EXTEND] = extend,
    [STEER_ENQUEUE] = enqueue,
    [STEER_RETRY] = retry,
    [STEER_NOTE] = note,
};

bool hub_needs_search(const struct hub *h, const struct hub_event *e)
{
    if (e->kind != HUB_STEER)
        return false;
    enum steer_action action = e->as.steer.action;
    return (action == STEER_EXTEND || action == STEER_ENQUEUE || action == STEER_RETRY) &&
           !hub_campaign_of(h, e->as.steer.campaign)->search;
}

void hub_steer(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    const struct hub_steer *ask = &e->as.steer;
    struct steering s = {
        .h = h, .e = e, .ask = ask, .fx = fx, .c = (struct campaign *)(uintptr_t)hub_campaign_of(h, ask->campaign)
    };
    s.row = (struct steer_row){
        .wall_ms = e->wall_ms, .who = ask->who, .request = e->request, .campaign = ask->campaign, .action = ask->action
    };
    const struct steered *repeated = e->request ? find_repeated(h, e->request, ask->campaign) : NULL;
    struct err err = { 0 };
    uint64_t before = h->seq;
    if (repeated) {
        answer(&s, effects_text(fx, "%s", repeated->text));
        return;
    }
    if (doers[ask->action](&s, &err) < 0) {
        struct send *refusal = effects_send(fx, SEND_REFUSED, e->peer);
        refusal->request = e->request;
        refusal->code = err.code;
        refusal->text = effects_text(fx, "%s", err.text);
    } else if (h->seq > before && ask->action != STEER_RETRY) {
        hub_remember_steer(h, e->request, ask->campaign, fx->sends[fx->n_sends - 1].text);
    }
}
