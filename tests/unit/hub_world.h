/* hub_world.h: the hub with a store in memory and one worker of two slots, for tests of the hub. */
#ifndef RUNG_TESTS_UNIT_HUB_WORLD_H
#define RUNG_TESTS_UNIT_HUB_WORLD_H

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/rng.h"
#include "coordinator/core/hub.h"
#include "tests/tap.h"

/* A store in memory: what the effects say, as the database would keep it. */
struct ledger {
    struct campaign_row campaign;
    struct trial_row trials[64];
    double x[64][2];
    int n_trials;
    struct event_row notes[512];
    int n_notes;
    struct worker_row workers[4];
    int n_workers;
    int counted[64][LIMIT_RUNGS];
    int n_counted, n_uncounted, n_grants;
    struct search_decision decisions[256];
    int n_decisions;
    struct steer_row steers[32];
    double steer_x[32][2];
    int n_steers;
};

struct world {
    struct hub *hub;
    struct effects fx;
    struct ledger l;
    int64_t now_ms;
    int64_t n_trials; /* of the campaign file */
};

static struct param params[] = {
    { .name = "a", .type = PARAM_FLOAT, .low = 0, .high = 1 },
    { .name = "b", .type = PARAM_INT, .low = 1, .high = 100, .step = 1 },
};

__attribute__((unused)) static struct campaign_spec *make_spec(int64_t n_trials)
{
    struct campaign_spec *spec = mem_zalloc(1, sizeof *spec);
    *spec = (struct campaign_spec){ .name = "test", .seed = 7, .metric = "loss" };
    spec->space.n_params = 2;
    spec->space.params = mem_alloc(sizeof params);
    memcpy(spec->space.params, params, sizeof params);
    spec->search = (struct search_spec){ .min_budget = 1, .max_budget = 9, .eta = 3, .n_trials = n_trials };
    spec->limits.n_trials = n_trials;
    return spec;
}

__attribute__((unused)) static void keep_trial(struct ledger *l, const struct trial_row *row)
{
    int i = (int)row->id - 1;
    CHECK(i >= 0 && i <= l->n_trials && i < 64);
    memcpy(l->x[i], row->x, sizeof l->x[i]);
    l->trials[i] = *row;
    l->trials[i].x = l->x[i];
    if (i == l->n_trials)
        l->n_trials++;
}

/* A retry takes back that a failure was counted. */
__attribute__((unused)) static void keep_steer(struct ledger *l, const struct steer_row *row)
{
    int i = l->n_steers++;
    CHECK(i < 32);
    l->steers[i] = *row;
    l->steers[i].text = "kept";
    if (row->x)
        l->steers[i].x = memcpy(l->steer_x[i], row->x, sizeof l->steer_x[i]);
    if (row->action == STEER_RETRY && l->trials[row->trial - 1].state == TRIAL_QUEUED)
        l->counted[row->trial - 1][l->trials[row->trial - 1].rung] = 0;
}

__attribute__((unused)) static void keep_save(struct ledger *l, const struct save *s)
{
    if (s->kind == SAVE_EVENT && s->as.event.kind <= EVENT_ABANDONED) {
        CHECK(l->n_notes < 512);
        l->notes[l->n_notes] = s->as.event;
        l->notes[l->n_notes++].text = "";
    }
    if (s->kind == SAVE_DECISION)
        l->decisions[l->n_decisions++] = s->as.decision.decision;
    if (s->kind == SAVE_STEER)
        keep_steer(l, &s->as.steer);
    if (s->kind != SAVE_RESULT)
        return;
    const struct result_row *r = &s->as.result;
    l->n_counted += r->is_counted;
    l->n_uncounted += !r->is_counted;
    if (r->is_counted && ++l->counted[r->trial - 1][r->rung] > 1)
        TAP_FAIL("trial %lld was counted twice at rung %d", (long long)r->trial, r->rung);
}

__attribute__((unused)) static void step(struct world *w, struct hub_event *e)
{
    e->now_ms = w->now_ms;
    e->wall_ms = w->now_ms;
    effects_clear(&w->fx);
    hub_step(w->hub, e, &w->fx);
    for (size_t i = 0; i < w->fx.n_campaigns; i++)
        w->l.campaign = w->fx.campaigns[i]->row;
    for (size_t i = 0; i < w->fx.n_workers; i++) {
        int k = (int)w->fx.workers[i].id - 1;
        w->l.workers[k] = w->fx.workers[i];
        w->l.workers[k].name = "w";
        w->l.workers[k].host = "h";
        w->l.workers[k].version = "0";
        w->l.workers[k].kernel = "";
        w->l.n_workers = k >= w->l.n_workers ? k + 1 : w->l.n_workers;
    }
    for (size_t i = 0; i < w->fx.n_trials; i++)
        keep_trial(&w->l, &w->fx.trials[i]->row);
    for (size_t i = 0; i < w->fx.n_saves; i++)
        keep_save(&w->l, &w->fx.saves[i]);
    for (size_t i = 0; i < w->fx.n_sends; i++)
        w->l.n_grants += w->fx.sends[i].kind == SEND_GRANT;
}

__attribute__((unused)) static const char *last_verdict(const struct world *w)
{
    for (size_t i = 0; i < w->fx.n_sends; i++)
        if (w->fx.sends[i].kind == SEND_RESULT_ACK)
            return w->fx.sends[i].text;
    return "none";
}

static const struct hub_settings settings = { .lease_ms = 30000, .heartbeat_ms = 1000 };

__attribute__((unused)) static void open_world(struct world *w, int64_t n_trials)
{
    *w = (struct world){ .hub = hub_new(&settings, 1), .now_ms = 1000, .n_trials = n_trials };
    hub_start(w->hub, 0, 0, w->now_ms);
    struct hub_event e = { .kind = HUB_SUBMIT };
    e.as.submit = (struct hub_submit){ .spec = make_spec(n_trials), .file = "{}" };
    step(w, &e);
}

__attribute__((unused)) static void close_world(struct world *w)
{
    effects_deinit(&w->fx);
    hub_free(w->hub);
}

__attribute__((unused)) static void hello(
    struct world *w, uint64_t key, uint64_t session, const struct lease_ref *held, int n_held)
{
    struct hub_event e = { .kind = HUB_HELLO, .peer = session, .session = session };
    e.as.hello = (struct hub_hello){
        .key = key, .name = "w", .host = "h", .version = "0", .kernel = "", .slots = 2, .held = held, .n_held = n_held
    };
    step(w, &e);
}

__attribute__((unused)) static void ask(struct world *w, uint64_t session, int n_free)
{
    struct hub_event e = { .kind = HUB_ASK, .peer = session, .session = session, .as.ask_free = n_free };
    step(w, &e);
}

__attribute__((unused)) static void beat(struct world *w, uint64_t session, const struct lease_ref *held, int n_held)
{
    struct hub_event e = { .kind = HUB_BEAT, .peer = session, .session = session };
    e.as.beat = (struct hub_beat){ held, n_held };
    step(w, &e);
}

__attribute__((unused)) static void tick(struct world *w, int64_t ms)
{
    struct hub_event e = { .kind = HUB_TICK };
    w->now_ms += ms;
    step(w, &e);
}

__attribute__((unused)) static void outcome_of(
    struct world *w, uint64_t key, const struct trial_row *t, uint64_t lease, int failure, double value)
{
    struct hub_event e = { .kind = failure < 0 ? HUB_RESULT : HUB_FAIL, .peer = 1, .session = 1 };
    e.as.outcome = (struct hub_outcome){ .trial = t->id,
        .rung = t->rung,
        .lease = lease,
        .key = key,
        .failure = failure,
        .text = "why",
        .budget = 1,
        .value = failure < 0 ? value : NAN,
        .checkpoint = "" };
    step(w, &e);
}

__attribute__((unused)) static void outcome(
    struct world *w, const struct trial_row *t, uint64_t lease, int failure, double value)
{
    outcome_of(w, 11, t, lease, failure, value);
}

/* Notes and what people steered, in the order of seq; nothing for a campaign without a search. */
__attribute__((unused)) static void replay(struct world *w)
{
    struct err e = { 0 };
    int steer = 0;
    for (int i = 0; i <= w->l.n_notes; i++) {
        for (; steer < w->l.n_steers && (i == w->l.n_notes || w->l.steers[steer].seq < w->l.notes[i].seq); steer++)
            CHECK_INT(hub_load_steer(w->hub, &w->l.steers[steer], &e), 0);
        if (i < w->l.n_notes && hub_campaign(w->hub, 0)->search)
            CHECK_INT(hub_load_note(w->hub, &w->l.notes[i], &e), 0);
    }
}

/* The hub again, from the ledger's rows. */
__attribute__((unused)) static void restart(struct world *w)
{
    struct err e = { 0 };
    uint64_t seq = hub_seq(w->hub);
    effects_clear(&w->fx);
    hub_free(w->hub);
    w->hub = hub_new(&settings, 2);
    struct campaign_row row = w->l.campaign;
    struct campaign_spec *spec = make_spec(w->n_trials);
    row.file = "{}";
    for (int i = 0; i < w->l.n_workers; i++)
        CHECK_INT(hub_load_worker(w->hub, &w->l.workers[i], &e), 0);
    CHECK_INT(hub_load_campaign(w->hub, &row, spec, (struct rules){ 0 }, &e), 0);
    for (int i = 0; i < w->l.n_steers; i++)
        CHECK_INT(hub_load_limits(w->hub, &w->l.steers[i], &e), 0);
    for (int i = 0; i < w->l.n_trials; i++)
        CHECK_INT(hub_load_trial(w->hub, &w->l.trials[i], &e), 0);
    replay(w);
    hub_start(w->hub, seq, w->l.n_trials, w->now_ms);
}

__attribute__((unused)) static const struct trial *a_running(const struct world *w, struct rng *r)
{
    size_t n = hub_n_running(w->hub);
    return n ? hub_running(w->hub, (size_t)rng_below(r, n)) : NULL;
}

__attribute__((unused)) static bool is_over(const struct world *w)
{
    return campaign_is_over(hub_campaign(w->hub, 0));
}

__attribute__((unused)) static double loss_of(const struct trial_row *t)
{
    return (t->x[0] - 0.3) * (t->x[0] - 0.3) + 1.0 / (t->rung + 1);
}

/* After a restart: the worker of hello(w, 11, 1) says that it holds all that runs, two trials at most. */
__attribute__((unused)) static void hello_again(struct world *w)
{
    struct lease_ref held[2];
    int n = 0;
    for (size_t k = 0; k < hub_n_running(w->hub) && n < 2; k++)
        held[n++] = (struct lease_ref){ hub_running(w->hub, k)->row.id, hub_running(w->hub, k)->row.lease, 0 };
    hello(w, 11, 1, held, n);
}

/* Runs the campaign to its end with two slots; restarts the hub after every `restart_every` results (0: never). */
__attribute__((unused)) static void run_to_the_end(struct world *w, uint64_t seed, int restart_every)
{
    struct rng r;
    rng_derive(&r, seed, 0, RNG_TEST, 0);
    hello(w, 11, 1, NULL, 0);
    ask(w, 1, 2);
    for (int i = 1; i < 2000 && !is_over(w); i++) {
        const struct trial *t = a_running(w, &r);
        CHECK(t != NULL);
        struct trial_row row = t->row;
        outcome(w, &row, row.lease, -1, loss_of(&row));
        CHECK_TEXT(last_verdict(w), "counted");
        if (restart_every && !is_over(w) && i % restart_every == 0) {
            restart(w);
            hello_again(w);
        }
        if (!is_over(w))
            ask(w, 1, 2 - (int)hub_n_running(w->hub));
    }
    CHECK(is_over(w));
}

#endif
