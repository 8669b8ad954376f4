#include "tests/sim/world.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/agents.h"
#include "tests/sim/coordinator.h"
#include "tests/sim/faults/faults.h"
#include "tests/sim/invariants.h"
#include "tests/sim/person.h"
#include "tests/sim/real_store.h"

/* Once the faults have stopped, all must be over after so much: many times what any run has taken. */
#define CALM_MS 3600000
#define CALM_EVENTS 3000000

struct world *world_now;

/* ---- chance, time ---- */

bool world_chance(struct world *w, int bp)
{
    return bp > 0 && rng_u64(&w->rng) < (uint64_t)bp * (UINT64_MAX / 10000);
}

int64_t world_below(struct world *w, int64_t n)
{
    return (int64_t)rng_below(&w->rng, (uint64_t)n);
}

int64_t world_wall_ms(const struct world *w)
{
    return INT64_C(1700000000000) + w->now_ms + w->wall_ms;
}

void world_put(struct world *w, enum item_kind kind, int actor, int slot, uint64_t life, int64_t after_ms, void *load)
{
    agenda_put(&w->agenda,
        (struct item){
            .at_ms = w->now_ms + after_ms, .kind = kind, .actor = actor, .slot = slot, .life = life, .load = load });
}

void world_fail(struct world *w, const char *invariant, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    snprintf(w->broken, sizeof w->broken, "%s", invariant);
    vsnprintf(w->why, sizeof w->why, format, args);
    va_end(args);
    longjmp(w->failure, 1);
}

/* What the cores assert is an invariant like the others, and does not end the simulator. */
void __assert_fail(const char *what, const char *file, unsigned line, const char *function)
{
    if (world_now)
        world_fail(world_now, "an assertion of the core", "%s:%u: %s: %s", file, line, function, what);
    fprintf(stderr, "%s:%u: %s: assertion %s\n", file, line, function, what);
    abort();
}

/* ---- death ---- */

static int64_t draw_instants(struct world *w, int per_100000)
{
    return per_100000 > 0 ? 1 + (int64_t)(-log(rng_open(&w->rng)) * 100000 / per_100000) : INT64_MAX;
}

void mortal_start(struct world *w, struct mortal *m, int per_100000)
{
    m->is_alive = true;
    m->life++;
    m->kill_in = draw_instants(w, per_100000);
    m->clock_ms = 1 + world_below(w, 1000000000);
}

void world_instant(struct world *w, struct mortal *m, int per_100000)
{
    if (per_100000 == 0 || --m->kill_in > 0)
        return;
    bool is_power_cut = world_chance(w, w->dials.power), is_gone = world_chance(w, w->dials.gone);
    if (m == &w->coordinator.mortal)
        coordinator_die(w, is_power_cut);
    for (int a = 0; a < w->drawn.agents; a++) {
        if (m != &w->agents[a].mortal)
            continue;
        w->counts.faults[FAULT_GONE] += is_gone;
        agent_die(w, a, is_power_cut, is_gone ? 5000 + world_below(w, 120000) : 100 + world_below(w, 3000));
    }
    longjmp(w->death, 1);
}

/* ---- what happens ---- */

static bool is_for_the_dead(const struct world *w, const struct item *i)
{
    const struct mortal *hub = &w->coordinator.mortal;
    const struct mortal *agent = &w->agents[i->actor >= 0 ? i->actor : 0].mortal;
    switch (i->kind) {
    case ITEM_HUB_TICK:
    case ITEM_HUB_TURN:
        return !hub->is_alive || hub->life != i->life;
    case ITEM_TO_AGENT:
    case ITEM_AGENT_TICK:
    case ITEM_JOB:
        return !agent->is_alive || agent->life != i->life;
    case ITEM_PROCESS:
        return !agent->is_alive || !w->agents[i->actor].processes[i->slot].is_alive ||
               w->agents[i->actor].processes[i->slot].life != i->life;
    case ITEM_HUB_START:
    case ITEM_AGENT_START:
    case ITEM_TO_HUB:
    case ITEM_TO_CLIENT:
    case ITEM_CLIENT:
    case ITEM_FAULT:
    case ITEM_N_KINDS:
        break;
    }
    return false;
}

static void happen(struct world *w, struct item *i)
{
    struct job *job = i->load;
    switch (i->kind) {
    case ITEM_TO_HUB:
        coordinator_take(w, i->load);
        break;
    case ITEM_TO_AGENT:
        agent_take_message(w, i->actor, i->load);
        break;
    case ITEM_TO_CLIENT:
        person_take(w, i->load);
        break;
    case ITEM_HUB_TICK:
        coordinator_tick(w);
        break;
    case ITEM_HUB_TURN:
        coordinator_end_turn(w);
        break;
    case ITEM_HUB_START:
        coordinator_start(w);
        break;
    case ITEM_AGENT_TICK:
        agent_tick(w, i->actor);
        break;
    case ITEM_AGENT_START:
        agent_start(w, i->actor);
        break;
    case ITEM_PROCESS:
        process_go_on(w, i->actor, i->slot);
        break;
    case ITEM_JOB:
        i->load = NULL;
        agent_finish_job(w, i->actor, job);
        break;
    case ITEM_CLIENT:
        person_act(w);
        break;
    case ITEM_FAULT:
        faults_happen(w, i->slot);
        break;
    case ITEM_N_KINDS:
        break;
    }
}

static void let_go(struct item *i)
{
    if (i->kind == ITEM_JOB)
        free(i->load);
    else
        parcel_drop(i->load);
    i->load = NULL;
}

static void take_next(struct world *w)
{
    if (!agenda_take(&w->agenda, &w->item))
        world_fail(w, "the world goes on", "nothing is going to happen any more");
    w->now_ms = w->item.at_ms;
    if (!is_for_the_dead(w, &w->item) && _setjmp(w->death) == 0)
        happen(w, &w->item);
    let_go(&w->item);
}

/* ---- from the beginning to the end ---- */

static void begin(struct world *w)
{
    w->coordinator.mortal.life = 0;
    world_put(w, ITEM_HUB_START, 0, 0, 0, 0, NULL);
    for (int a = 0; a < w->drawn.agents; a++) {
        w->agents[a].key = 1000 + (uint64_t)a;
        world_put(w, ITEM_AGENT_START, a, 0, 0, world_below(w, 2000), NULL);
    }
    world_put(w, ITEM_CLIENT, 0, 0, 0, world_below(w, 100), NULL);
    faults_begin(w);
}

static bool is_over(const struct world *w)
{
    if (!w->is_calm || !w->coordinator.mortal.is_alive || !person_is_content(w) || hub_n_running(w->coordinator.hub))
        return false;
    for (int a = 0; a < w->drawn.agents; a++) {
        if (!w->agents[a].mortal.is_alive)
            return false;
        for (int i = 0; i < w->agents[a].n_spool; i++)
            if (!w->agents[a].spool[i].is_forgotten)
                return false;
    }
    return true;
}

static void calm_down(struct world *w)
{
    w->is_calm = true;
    w->calm_since_ms = w->now_ms;
    faults_heal(w);
}

static void check_patience(struct world *w, uint64_t max_events)
{
    if (w->is_calm && (w->now_ms - w->calm_since_ms > CALM_MS || w->n_events > max_events + CALM_EVENTS))
        world_fail(w, "every campaign finishes", "not so %" PRId64 " s after the last fault",
            (w->now_ms - w->calm_since_ms) / 1000);
}

int world_run(struct world *w, uint64_t seed, const struct dials *dials, uint64_t max_events)
{
    w->seed = seed;
    w->drawn = *dials;
    if (w->drawn.sqlite) /* older copies of its file, and rules that are C, it does not have */
        w->drawn.restore = w->drawn.where = 0;
    w->dials = w->drawn;
    rng_derive(&w->rng, seed, 0, RNG_TEST, 2);
    world_now = w;
    if (_setjmp(w->failure) == 0) {
        begin(w);
        while (!is_over(w)) {
            if (!w->is_calm && (w->n_events >= max_events || person_is_content(w)))
                calm_down(w);
            take_next(w);
            check_patience(w, max_events);
        }
        invariants_end(w);
    }
    world_now = NULL;
    real_deinit(w);
    return *w->broken ? -1 : 0;
}

void world_deinit(struct world *w)
{
    struct item item;
    while (agenda_take(&w->agenda, &item))
        let_go(&item);
    agenda_deinit(&w->agenda);
    coordinator_deinit(w);
    for (int a = 0; a < SIM_AGENTS; a++)
        agent_deinit(w, a);
    blobs_deinit(&w->blobs);
    ledger_deinit(&w->ledger);
    free(w->digests.trials);
}
