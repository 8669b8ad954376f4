#include "tests/sim/faults/faults.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "tests/sim/agents.h"
#include "tests/sim/coordinator.h"
#include "tests/sim/person.h"

static int64_t some_time(struct world *w)
{
    return 100 + world_below(w, world_below(w, 4) ? 3000 : 60000);
}

static int some_agent(struct world *w)
{
    return (int)world_below(w, w->drawn.agents);
}

/* ---- what each does when it comes; it says when it ends ---- */

enum { HEAL_AGENT = 100, HEAL_ALL, HEAL_DISK, HEAL_WORK };

static void later(struct world *w, int which, int actor, int64_t ms)
{
    world_put(w, ITEM_FAULT, actor, which, 0, ms, NULL);
}

static void partition(struct world *w)
{
    int a = some_agent(w);
    w->agents[a].is_cut_up = w->agents[a].is_cut_down = true;
    w->counts.faults[FAULT_PARTITION]++;
    later(w, HEAL_AGENT, a, some_time(w));
}

static void oneway(struct world *w)
{
    int a = some_agent(w);
    *(world_below(w, 2) ? &w->agents[a].is_cut_up : &w->agents[a].is_cut_down) = true;
    w->counts.faults[FAULT_ONEWAY]++;
    later(w, HEAL_AGENT, a, some_time(w));
}

static void isolate(struct world *w)
{
    for (int a = 0; a < w->drawn.agents; a++)
        w->agents[a].is_cut_up = w->agents[a].is_cut_down = true;
    w->counts.faults[FAULT_ISOLATION]++;
    later(w, HEAL_ALL, 0, some_time(w));
}

static void fill_disk(struct world *w)
{
    w->coordinator.disk_is_full = true;
    w->counts.faults[FAULT_DISK_FULL]++;
    later(w, HEAL_DISK, 0, some_time(w));
}

static void fill_work(struct world *w)
{
    int a = some_agent(w);
    w->agents[a].disk_is_full = true;
    w->counts.faults[FAULT_WORK_FULL]++;
    later(w, HEAL_WORK, a, some_time(w));
}

/* A copy is taken now and then; the older it is when it comes back, the more is forgotten. */
static void restore(struct world *w)
{
    if (w->coordinator.has_backup && world_below(w, 3))
        coordinator_restore(w);
    else
        coordinator_back_up(w);
}

static void jump(struct world *w)
{
    w->wall_ms += world_below(w, 2 * 86400000LL) - 86400000LL;
    w->counts.faults[FAULT_CLOCK]++;
}

static void drain(struct world *w)
{
    int a = some_agent(w);
    w->counts.faults[FAULT_DRAIN] += w->agents[a].mortal.is_alive;
    if (world_below(w, 2))
        person_drain(w, a);
    else
        agent_take(w, a, (struct session_event){ .kind = SESSION_DRAIN });
}

static const struct {
    size_t dial; /* how often in 1,000 s */
    void (*happen)(struct world *w);
} kinds[] = {
    { offsetof(struct dials, partition), partition },
    { offsetof(struct dials, oneway), oneway },
    { offsetof(struct dials, isolation), isolate },
    { offsetof(struct dials, disk_full), fill_disk },
    { offsetof(struct dials, work_full), fill_work },
    { offsetof(struct dials, restore), restore },
    { offsetof(struct dials, clock), jump },
    { offsetof(struct dials, drain), drain },
    { offsetof(struct dials, liar), liar_speak },
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* ---- when ---- */

static int rate_of(const struct world *w, int which)
{
    return *(const int *)(const void *)((const char *)&w->dials + kinds[which].dial);
}

/* Exponential pauses: each moment is as likely as any other. */
static void put_next(struct world *w, int which)
{
    if (rate_of(w, which) > 0)
        later(w, which, 0, 1 + (int64_t)(-log(rng_open(&w->rng)) * 1000000 / rate_of(w, which)));
}

void faults_begin(struct world *w)
{
    for (int i = 0; i < N_KINDS; i++)
        put_next(w, i);
}

static void heal_agent(struct world *w, int a)
{
    w->agents[a].is_cut_up = w->agents[a].is_cut_down = false;
}

static void heal(struct world *w, int which, int actor)
{
    if (which == HEAL_AGENT)
        heal_agent(w, actor);
    for (int a = 0; which == HEAL_ALL && a < w->drawn.agents; a++)
        heal_agent(w, a);
    if (which == HEAL_DISK)
        w->coordinator.disk_is_full = false;
    if (which == HEAL_WORK)
        w->agents[actor].disk_is_full = false;
}

void faults_happen(struct world *w, int which)
{
    if (which >= HEAL_AGENT) {
        heal(w, which, w->item.actor);
        return;
    }
    if (rate_of(w, which) == 0)
        return; /* calm by now */
    put_next(w, which);
    kinds[which].happen(w);
}

void faults_heal(struct world *w)
{
    for (int i = 0; i < DIALS_N; i++)
        if (dial_list[i].is_fault)
            *dials_at(&w->dials, i) = 0;
    heal(w, HEAL_ALL, 0);
    heal(w, HEAL_DISK, 0);
    for (int a = 0; a < w->drawn.agents; a++)
        heal(w, HEAL_WORK, a);
}
