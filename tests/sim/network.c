#include "tests/sim/network.h"

/* ---- flights ---- */

static void fly_once(struct world *w, struct item item, struct parcel *p, int64_t *last_ms)
{
    int64_t delay_ms = world_below(w, 3);
    if (w->dials.delay > 0 && world_chance(w, 1000)) {
        delay_ms += world_below(w, w->dials.delay);
        w->counts.faults[FAULT_DELAY]++;
    }
    item.at_ms = w->now_ms + delay_ms;
    if (item.at_ms < *last_ms && world_chance(w, w->dials.reorder))
        w->counts.faults[FAULT_REORDER]++;
    else if (item.at_ms < *last_ms)
        item.at_ms = *last_ms;
    else
        *last_ms = item.at_ms;
    item.load = parcel_share(p);
    agenda_put(&w->agenda, item);
}

static void fly(struct world *w, struct item item, struct parcel *p, int64_t *last_ms, bool is_cut)
{
    if (is_cut) {
        w->counts.faults[FAULT_CUT]++;
        return;
    }
    if (world_chance(w, w->dials.loss)) {
        w->counts.faults[FAULT_LOSS]++;
        return;
    }
    fly_once(w, item, p, last_ms);
    if (world_chance(w, w->dials.duplicate)) {
        w->counts.faults[FAULT_DUPLICATE]++;
        fly_once(w, item, p, last_ms);
    }
}

/* ---- ends ---- */

uint64_t network_peer(const struct world *w, int agent)
{
    return (uint64_t)(agent + 1) << 32 | w->agents[agent].connection;
}

void network_up(struct world *w, int agent, struct parcel *p)
{
    struct agent *a = &w->agents[agent];
    p->peer = network_peer(w, agent);
    fly(w, (struct item){ .kind = ITEM_TO_HUB, .actor = agent }, p, &a->last_up_ms, a->is_cut_up);
}

void network_up_from(struct world *w, uint64_t peer, struct parcel *p)
{
    int64_t last_ms = 0;
    p->peer = peer;
    fly(w, (struct item){ .kind = ITEM_TO_HUB, .actor = -1 }, p, &last_ms, false);
}

void network_down(struct world *w, struct parcel *p)
{
    int agent = (int)(p->peer >> 32) - 1;
    int64_t last_ms = 0;
    if (p->peer == CLIENT_PEER) {
        fly(w, (struct item){ .kind = ITEM_TO_CLIENT }, p, &last_ms, false);
        return;
    }
    if (agent < 0 || agent >= w->drawn.agents)
        return; /* nobody: a liar's own */
    struct agent *a = &w->agents[agent];
    if (p->peer != network_peer(w, agent) || !a->mortal.is_alive) {
        w->counts.faults[FAULT_UNROUTABLE]++;
        return;
    }
    fly(w, (struct item){ .kind = ITEM_TO_AGENT, .actor = agent, .life = a->mortal.life }, p, &a->last_down_ms,
        a->is_cut_down);
}
