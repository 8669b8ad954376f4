#include "coordinator/core/hub.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/mutation.h"
#include "common/base/str.h"
#include "coordinator/core/hub_state.h"

struct hub *hub_new(const struct hub_settings *settings, uint64_t boot)
{
    struct hub *h = mem_zalloc(1, sizeof *h);
    h->settings = *settings;
    h->boot = boot;
    return h;
}

void hub_free(struct hub *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->n_campaigns; i++)
        campaign_free(h->campaigns[i]);
    free(h->campaigns);
    free(h->by_id);
    free(h->running);
    for (size_t i = 0; i < STEERS_KEPT; i++)
        free(h->steers[i].text);
    roster_deinit(&h->roster);
    free(h);
}

/* ---- looking ---- */

uint64_t hub_boot(const struct hub *h)
{
    return h->boot;
}

uint64_t hub_seq(const struct hub *h)
{
    return h->seq;
}

const struct hub_settings *hub_settings(const struct hub *h)
{
    return &h->settings;
}

size_t hub_n_campaigns(const struct hub *h)
{
    return h->n_campaigns;
}

const struct campaign *hub_campaign(const struct hub *h, size_t i)
{
    assert(i < h->n_campaigns);
    return h->campaigns[i];
}

const struct campaign *hub_campaign_of(const struct hub *h, int64_t id)
{
    for (size_t i = 0; i < h->n_campaigns; i++)
        if (h->campaigns[i]->row.id == id)
            return h->campaigns[i];
    return NULL;
}

size_t hub_place_of(const struct hub *h, const struct campaign *c)
{
    size_t i = 0;
    while (h->campaigns[i] != c)
        i++;
    return i;
}

const struct campaign *hub_find_campaign(const struct hub *h, const char *name)
{
    for (size_t i = 0; i < h->n_campaigns; i++)
        if (strcmp(h->campaigns[i]->spec->name, name) == 0)
            return h->campaigns[i];
    return NULL;
}

const struct trial *hub_find_trial(const struct hub *h, int64_t id)
{
    size_t low = 0, high = h->n_by_id;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (h->by_id[middle]->row.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < h->n_by_id && h->by_id[low]->row.id == id ? h->by_id[low] : NULL;
}

size_t hub_n_running(const struct hub *h)
{
    return h->n_running;
}

const struct trial *hub_running(const struct hub *h, size_t i)
{
    assert(i < h->n_running);
    return h->running[i];
}

const struct roster *hub_roster(const struct hub *h)
{
    return &h->roster;
}

/* ---- shared steps ---- */

void hub_index_trial(struct hub *h, struct trial *t)
{
    assert(h->n_by_id == 0 || h->by_id[h->n_by_id - 1]->row.id < t->row.id);
    h->by_id = mem_grow(h->by_id, h->n_by_id, &h->cap_by_id, sizeof *h->by_id);
    h->by_id[h->n_by_id++] = t;
    if (t->row.id > h->last_trial)
        h->last_trial = t->row.id;
}

struct event_row *hub_log(struct hub *h, const struct hub_event *e, struct effects *fx, enum event_kind kind,
    const struct campaign *c, const struct trial *t)
{
    struct event_row *row = &effects_save(fx, SAVE_EVENT)->as.event;
    *row = (struct event_row){
        .seq = ++h->seq,
        .wall_ms = e->wall_ms,
        .kind = kind,
        .campaign = c ? c->row.id : 0,
        .trial = t ? t->row.id : 0,
        .rung = -1,
        .value = NAN,
        .text = "",
    };
    return row;
}

/* ---- workers' messages ---- */

static const char grant_was_lost[] = "its agent never got it";

static struct lease_ref *find_ref(const struct lease_ref *refs, int n, const struct trial *t)
{
    for (int i = 0; i < n; i++)
        if (refs[i].trial == t->row.id && refs[i].lease == t->row.lease)
            return (struct lease_ref *)(uintptr_t)&refs[i];
    return NULL;
}

/* The trial that this reference holds by right of its present lease, or NULL. */
static struct trial *holder_of(const struct hub *h, const struct worker *w, const struct lease_ref *ref)
{
    struct trial *t = (struct trial *)(uintptr_t)hub_find_trial(h, ref->trial);
    bool is_held = t && t->row.state == TRIAL_RUNNING && t->row.lease == ref->lease && t->row.worker == w->row.id &&
                   t->campaign->row.state <= CAMPAIGN_PAUSED;
    return is_held ? t : NULL;
}

/* Renews the leases that w lists by right; returns the others in fresh references of the effects. */
static struct lease_ref *renew(struct hub *h, const struct hub_event *e, struct effects *fx, const struct worker *w,
    const struct lease_ref *held, int n_held, int *n_others)
{
    struct lease_ref *others = n_held ? effects_refs(fx, n_held) : NULL;
    *n_others = 0;
    for (int i = 0; i < n_held; i++) {
        struct trial *t = holder_of(h, w, &held[i]);
        if (!t) {
            others[(*n_others)++] = held[i];
            continue;
        }
        t->session = w->session;
        t->deadline_ms = (mutation(WALL_CLOCK) ? e->wall_ms : e->now_ms) + h->settings.lease_ms;
        t->n_unlisted = 0;
        if (held[i].step > t->step)
            t->step = held[i].step;
    }
    return others;
}

/* Leases of this worker that its HELLO does not list died with its last process; if this is that process, their GRANT
 * never arrived, which is nobody's fault. */
static void lose_unlisted(
    struct hub *h, const struct hub_event *e, struct effects *fx, const struct worker *w, bool is_same_process)
{
    const struct hub_hello *hello = &e->as.hello;
    for (size_t i = h->n_running; i-- > 0;) {
        struct trial *t = h->running[i];
        if (mutation(ADOPT_DEAD))
            break;
        if (t->row.worker == w->row.id && !find_ref(hello->held, hello->n_held, t))
            hub_lose(h, e, fx, t, is_same_process ? FAILURE_PREEMPTED : FAILURE_LOST,
                is_same_process ? grant_was_lost : "its agent started anew without it");
    }
}

static void save_worker(struct hub *h, struct effects *fx, struct worker *w)
{
    *effects_save_worker(fx) = w->row;
}

static void on_hello(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    const struct hub_hello *hello = &e->as.hello;
    struct worker *w = roster_by_key(&h->roster, hello->key);
    bool is_new = !w || !w->is_here || w->session != e->session;
    bool is_same_process = w && w->row.session == e->session;
    w = roster_hello(&h->roster, e);
    if (is_new)
        lose_unlisted(h, e, fx, w, is_same_process);
    if (!is_same_process)
        hub_worker_restarted(h, e, fx, w);
    int n_drop;
    struct lease_ref *drop = renew(h, e, fx, w, hello->held, hello->n_held, &n_drop);
    if (is_new) {
        save_worker(h, fx, w);
        hub_log(h, e, fx, EVENT_JOINED, NULL, NULL)->worker = w->row.id;
    }
    struct send *s = effects_send(fx, SEND_WELCOME, e->peer);
    s->refs = drop;
    s->n_refs = n_drop;
}

/* The worker of this session, and that it was heard; NULL, and it is asked who it is, when nobody knows it. */
static struct worker *heard(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    struct worker *w = roster_by_session(&h->roster, e->session);
    if (!w) {
        effects_send(fx, SEND_WHO, e->peer);
        return NULL;
    }
    w->peer = e->peer;
    w->heard_ms = e->now_ms;
    w->row.last_seen_ms = e->wall_ms;
    return w;
}

static void on_ask(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    struct worker *w = heard(h, e, fx);
    if (!w)
        return;
    if (w->free == 0)
        w->asked_ms = e->now_ms;
    roster_set_free(&h->roster, w, e->as.ask_free);
    w->was_told = false;
}

static void keep_load(const struct hub_event *e, struct effects *fx, struct worker *w)
{
    if (e->as.beat.load == 0 || (w->load_ms && e->now_ms - w->load_ms < LOAD_SAVE_MS))
        return;
    w->load_ms = e->now_ms;
    w->row.load = (double)e->as.beat.load / 100;
    *effects_save_worker(fx) = w->row;
}

static void on_beat(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    const struct hub_beat *beat = &e->as.beat;
    struct worker *w = heard(h, e, fx);
    if (!w)
        return;
    for (size_t i = h->n_running; i-- > 0;) {
        struct trial *t = h->running[i];
        if (t->row.worker == w->row.id && !find_ref(beat->held, beat->n_held, t) && ++t->n_unlisted > SILENT_BEATS)
            hub_lose(h, e, fx, t, FAILURE_PREEMPTED, grant_was_lost);
    }
    keep_load(e, fx, w);
    int n_cancel;
    struct lease_ref *cancel = renew(h, e, fx, w, beat->held, beat->n_held, &n_cancel);
    struct send *s = hub_answer_beat(fx, w);
    s->refs = cancel;
    s->n_refs = mutation(CANCEL_LOST) ? 0 : n_cancel;
}

static void on_bye(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    struct worker *w = roster_by_session(&h->roster, e->session);
    if (w)
        hub_worker_gone(h, e, fx, w, "it said goodbye");
}

static void on_progress(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    const struct hub_progress *p = &e->as.progress;
    struct worker *w = heard(h, e, fx);
    struct lease_ref ref = { p->trial, p->lease, p->step };
    struct trial *t = w ? holder_of(h, w, &ref) : NULL;
    if (!t)
        return;
    t->step = p->step;
    if (!isnan(p->value))
        t->live_value = p->value;
    hub_note_live(t, p->step, p->value);
}

/* ---- people's messages ---- */

static void on_submit(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    const struct hub_submit *submit = &e->as.submit;
    const struct campaign *known = hub_find_campaign(h, submit->spec->name);
    struct campaign *c = (struct campaign *)(uintptr_t)known;
    if (!c) {
        struct campaign_row row = {
            .id = h->n_campaigns ? h->campaigns[h->n_campaigns - 1]->row.id + 1 : 1,
            .spec = submit->spec,
            .file = submit->file,
            .state = CAMPAIGN_RUNNING,
            .created_ms = e->wall_ms,
        };
        c = campaign_new(&row, submit->spec, submit->rules);
        h->campaigns = mem_grow(h->campaigns, h->n_campaigns, &h->cap_campaigns, sizeof *h->campaigns);
        h->campaigns[h->n_campaigns++] = c;
        effects_change_campaign(fx, c);
        hub_log(h, e, fx, EVENT_SUBMITTED, c, NULL);
    }
    struct send *s = effects_send(fx, SEND_SUBMITTED, e->peer);
    s->request = e->request;
    s->campaign = c;
    s->is_new = !known;
}

/* ---- time ---- */

static void spend_time(struct hub *h, const struct hub_event *e, struct effects *fx, struct campaign *c, int64_t ms)
{
    if (c->row.state != CAMPAIGN_RUNNING)
        return;
    c->row.ran_ms += ms;
    if (c->row.ran_ms - c->saved_ran_ms >= RAN_SAVE_MS) {
        c->saved_ran_ms = c->row.ran_ms;
        effects_change_campaign(fx, c);
    }
    int64_t limit = c->spec->limits.wall_clock_ms;
    if (limit > 0 && c->row.ran_ms >= limit)
        hub_finish(h, e, fx, c, CAMPAIGN_DONE, "its wall_clock is used up");
}

static bool somebody_is_here(const struct hub *h)
{
    for (size_t i = 0; i < h->roster.n; i++)
        if (h->roster.workers[i]->is_here)
            return true;
    return false;
}

static void on_tick(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    int64_t ms = h->tick_ms ? e->now_ms - h->tick_ms : 0;
    h->tick_ms = e->now_ms;
    hub_expire(h, e, fx);
    hub_reconsider(h, e, fx);
    if (!somebody_is_here(h))
        return;
    for (size_t i = 0; i < h->n_campaigns; i++)
        spend_time(h, e, fx, h->campaigns[i], ms);
}

/* ---- the door ---- */

static void dispatch(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    switch (e->kind) {
    case HUB_TICK:
        on_tick(h, e, fx);
        break;
    case HUB_HELLO:
        on_hello(h, e, fx);
        break;
    case HUB_ASK:
        on_ask(h, e, fx);
        break;
    case HUB_BEAT:
        on_beat(h, e, fx);
        break;
    case HUB_BYE:
        on_bye(h, e, fx);
        break;
    case HUB_PROGRESS:
        on_progress(h, e, fx);
        break;
    case HUB_RESULT:
    case HUB_FAIL:
        hub_outcome(h, e, fx);
        break;
    case HUB_BLOB:
        effects_save(fx, SAVE_BLOB)->as.blob = e->as.blob;
        break;
    case HUB_BLOB_LOST:
        hub_lose_checkpoint(h, e, fx);
        break;
    case HUB_SUBMIT:
        on_submit(h, e, fx);
        break;
    case HUB_IMPORT:
        hub_import(h, e, fx);
        break;
    case HUB_STEER:
        hub_steer(h, e, fx);
        break;
    case HUB_DRAIN:
        hub_drain(h, e, fx);
        break;
    }
}

void hub_step(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    h->n_steps++;
    dispatch(h, e, fx);
    if (e->kind != HUB_PROGRESS)
        hub_assign(h, e, fx);
    hub_keep_quotas(h, e, fx);
    hub_remember_news(h, e, fx);
}
