#include "tests/sim/agents.h"
#include "tests/sim/plan.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/sim/invariants.h"
#include "tests/sim/network.h"
#include "tests/sim/trace.h"

static void instant(struct world *w, int a)
{
    world_instant(w, &w->agents[a].mortal, w->dials.kill_agent);
}

/* ---- effects ---- */

static void do_send(struct world *w, int a, const struct session_effect *effect)
{
    struct parcel *p = parcel_new(&effect->message, w->drawn.frames);
    network_up(w, a, p);
    parcel_drop(p);
}

static void do_reconnect(struct world *w, int a, const struct session_effect *effect)
{
    w->agents[a].connection++;
    w->agents[a].connected_to = 0;
}

static void do_exit(struct world *w, int a, const struct session_effect *effect)
{
    agent_die(w, a, false, 100 + world_below(w, 2000));
    longjmp(w->death, 1);
}

static void (*const doers[EFFECT_N_KINDS])(struct world *w, int a, const struct session_effect *effect) = {
    [EFFECT_SEND] = do_send,
    [EFFECT_RECONNECT] = do_reconnect,
    [EFFECT_FETCH] = job_fetch,
    [EFFECT_START] = process_start,
    [EFFECT_TELL] = process_tell,
    [EFFECT_END_INPUT] = process_end_input,
    [EFFECT_KILL] = process_kill,
    [EFFECT_SAVE] = job_save,
    [EFFECT_SPOOL] = spool_write,
    [EFFECT_STRIP] = spool_strip,
    [EFFECT_DELIVER] = spool_deliver,
    [EFFECT_FORGET] = spool_forget,
    [EFFECT_UPLOAD] = job_upload,
    [EFFECT_EXIT] = do_exit,
};

static void do_effects(struct world *w, int a)
{
    const struct session_effects *effects = &w->agents[a].effects;
    bool wrote = false;
    for (size_t i = 0; i < effects->n; i++) {
        const struct session_effect *effect = &effects->list[i];
        w->counts.effects[effect->kind]++;
        if (!doers[effect->kind])
            continue; /* a line of the log; a directory to be removed */
        instant(w, a);
        doers[effect->kind](w, a, effect);
        wrote |= effect->kind == EFFECT_SPOOL || effect->kind == EFFECT_STRIP;
    }
    if (!wrote)
        return;
    instant(w, a);
    if (spool_sync(w, a))
        return;
    agent_die(w, a, false, 100);
    longjmp(w->death, 1);
}

/* ---- events ---- */

struct later *agent_later(struct agent *a, enum session_event_kind kind)
{
    a->later = mem_grow(a->later, a->n_later, &a->cap_later, sizeof *a->later);
    struct later *later = &a->later[a->n_later++];
    *later = (struct later){ .event = { .kind = kind } };
    return later;
}

static void step(struct world *w, int a, struct session_event *event)
{
    struct agent *g = &w->agents[a];
    event->now_ms = w->now_ms + g->mortal.clock_ms;
    session_effects_clear(&g->effects);
    w->counts.session[event->kind]++;
    w->n_events++;
    session_step(g->session, event, &g->effects);
    trace_agent(w, a, event);
    do_effects(w, a);
}

static void promise_spooled(struct world *w, int a, const struct session_event *event)
{
    if (event->kind == SESSION_SPOOLED && !event->is_failed)
        promises_add(&w->ledger.spooled, (struct promise){ .trial = (int64_t)event->key.trial,
                                             .rung = (int)event->key.rung,
                                             .lease = event->key.lease,
                                             .who = w->agents[a].key });
}

void agent_take(struct world *w, int a, struct session_event event)
{
    struct agent *g = &w->agents[a];
    if (!g->mortal.is_alive)
        return;
    step(w, a, &event);
    for (size_t i = 0; i < g->n_later; i++) {
        struct later later = g->later[i];
        instant(w, a);
        promise_spooled(w, a, &later.event);
        if (later.event.kind == SESSION_EXITED)
            later.event.exit = &later.exit;
        step(w, a, &later.event);
    }
    g->n_later = 0;
    invariants_agent(w, a);
}

void agent_take_message(struct world *w, int a, const struct parcel *p)
{
    if (p->peer != network_peer(w, a)) {
        w->counts.faults[FAULT_UNROUTABLE]++;
        return;
    }
    w->counts.to_agent[p->message.type % COUNTS_MESSAGES]++;
    agent_take(w, a, (struct session_event){ .kind = SESSION_MESSAGE, .message = &p->message });
}

static void watch_room(struct world *w, int a)
{
    struct agent *g = &w->agents[a];
    if (g->disk_is_full == g->was_told_full)
        return;
    g->was_told_full = g->disk_is_full;
    agent_take(w, a, (struct session_event){ .kind = SESSION_ROOM, .is_failed = g->disk_is_full, .reason = "full" });
}

static void watch_connection(struct world *w, int a)
{
    struct agent *g = &w->agents[a];
    const struct mortal *hub = &w->coordinator.mortal;
    if (!hub->is_alive || g->is_cut_up || g->is_cut_down || g->connected_to == hub->life)
        return;
    g->connected_to = hub->life;
    agent_take(w, a, (struct session_event){ .kind = SESSION_CONNECTED });
}

void agent_tick(struct world *w, int a)
{
    struct agent *g = &w->agents[a];
    world_put(w, ITEM_AGENT_TICK, a, 0, g->mortal.life, session_tick_ms(g->session), NULL);
    watch_room(w, a);
    watch_connection(w, a);
    agent_take(w, a, (struct session_event){ .kind = SESSION_TICK });
}

/* ---- life and death ---- */

void agent_start(struct world *w, int a)
{
    struct agent *g = &w->agents[a];
    char name[16];
    snprintf(name, sizeof name, "sim-%d", a);
    mortal_start(w, &g->mortal, w->dials.kill_agent);
    g->session_id = rng_u64(&w->rng) | 1;
    g->connection++;
    g->session = session_new(&(struct session_config){ .worker = g->key,
        .session = g->session_id,
        .name = name,
        .host = "sim",
        .version = "1",
        .work = "/w",
        .pid = 1 + (int64_t)(g->mortal.life % 4000000),
        .cores = 2,
        .memory_bytes = w->drawn.slots * SLOT_BYTES,
        .slots = w->drawn.slots,
        .commands = "*" });
    world_put(w, ITEM_AGENT_TICK, a, 0, g->mortal.life, world_below(w, 100), NULL);
    spool_recover(w, a);
}

void agent_die(struct world *w, int a, bool is_power_cut, int64_t away_ms)
{
    struct agent *g = &w->agents[a];
    if (!g->mortal.is_alive)
        return;
    bool is_unsynced = false;
    trace_note(w, is_power_cut ? "power cut of agent" : "death of agent", a);
    for (int i = 0; i < g->n_spool; i++)
        is_unsynced |= !g->spool[i].is_synced;
    w->counts.faults[FAULT_KILL_AGENT]++;
    w->counts.faults[FAULT_KILL_AGENT_UNSYNCED] += is_unsynced;
    w->counts.faults[FAULT_KILL_AGENT_UNSENT] += g->n_later > 0 && !is_unsynced;
    if (is_power_cut)
        spool_lose_power(w, a);
    w->counts.faults[FAULT_POWER_AGENT] += is_power_cut;
    session_effects_clear(&g->effects);
    session_free(g->session);
    g->session = NULL;
    memset(g->processes, 0, sizeof g->processes); /* they die with it */
    memset(g->files, 0, sizeof g->files);
    g->n_later = 0;
    g->mortal.is_alive = g->was_told_full = false;
    g->connected_to = 0;
    g->connection++;
    world_put(w, ITEM_AGENT_START, a, 0, g->mortal.life, away_ms, NULL);
}

void agent_deinit(struct world *w, int a)
{
    struct agent *g = &w->agents[a];
    session_effects_deinit(&g->effects);
    session_free(g->session);
    spool_deinit(g);
    free(g->later);
}
