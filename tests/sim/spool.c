/* spool.c: what a worker's disk has: records that are written, synced, sent, and in the end forgotten. As
 * worker/outcomes.c and worker/spool: what is forgotten is so durably only with the next fsync. */
#include "tests/sim/agents.h"

#include "common/base/mutation.h"
#include "tests/sim/invariants.h"
#include "tests/sim/network.h"

static bool is_key(const struct spooled *s, struct outcome_key key)
{
    return s->key.trial == key.trial && s->key.rung == key.rung && s->key.lease == key.lease;
}

static struct spooled *find(struct agent *g, struct outcome_key key)
{
    for (int i = g->n_spool; i-- > 0;)
        if (!g->spool[i].is_forgotten && is_key(&g->spool[i], key))
            return &g->spool[i];
    return NULL;
}

static void drop(struct agent *g, int i)
{
    parcel_drop(g->spool[i].parcel);
    g->spool[i] = g->spool[--g->n_spool];
}

static void say_spooled(struct agent *g, struct outcome_key key, bool is_failed)
{
    struct later *later = agent_later(g, SESSION_SPOOLED);
    later->event.key = key;
    later->event.is_failed = is_failed;
    later->event.reason = "no space left on device";
}

static void write(struct world *w, int a, struct outcome_key key, const struct message *m)
{
    struct agent *g = &w->agents[a];
    if (w->agents[a].disk_is_full || world_chance(w, w->dials.spool_full)) {
        w->counts.faults[FAULT_SPOOL_FULL]++;
        say_spooled(g, key, true);
        return;
    }
    if (g->n_spool == SIM_SPOOL)
        world_fail(w, "bounded memory", "worker %d has %d records in its spool", a, g->n_spool);
    struct spooled *former = find(g, key);
    g->spool[g->n_spool++] = (struct spooled){ .key = key, .parcel = parcel_new(m, w->drawn.frames) };
    if (former) { /* the new one is on disk before the old one is forgotten */
        world_instant(w, &g->mortal, w->dials.kill_agent);
        g->spool[g->n_spool - 1].is_synced = true;
        former->is_forgotten = true;
    }
    say_spooled(g, key, false);
}

void spool_write(struct world *w, int a, const struct session_effect *effect)
{
    write(w, a, effect->key, &effect->message);
}

void spool_strip(struct world *w, int a, const struct session_effect *effect)
{
    struct spooled *s = find(&w->agents[a], effect->key);
    if (!s)
        world_fail(w, "the spool has what the session has", "worker %d strips what it does not have", a);
    struct message m = s->parcel->message;
    if (m.type == MESSAGE_RESULT) {
        m.as.result.checkpoint = NULL;
        m.as.result.checkpoint_bytes = 0;
    } else {
        m.as.fail.checkpoint = NULL;
        m.as.fail.checkpoint_bytes = m.as.fail.budget = 0;
    }
    write(w, a, effect->key, &m);
}

bool spool_sync(struct world *w, int a)
{
    struct agent *g = &w->agents[a];
    if (world_chance(w, w->dials.spool_sync)) {
        w->counts.faults[FAULT_SPOOL_SYNC]++;
        return false;
    }
    if (mutation(SPOOL_LIES))
        return true;
    for (int i = g->n_spool; i-- > 0;) {
        g->spool[i].is_synced = true;
        if (g->spool[i].is_forgotten)
            drop(g, i);
    }
    return true;
}

void spool_deliver(struct world *w, int a, const struct session_effect *effect)
{
    struct agent *g = &w->agents[a];
    struct spooled *s = find(g, effect->key);
    if (!s)
        world_fail(w, "the spool has what the session has", "worker %d delivers what it does not have", a);
    if (world_chance(w, w->dials.spool_rot)) { /* what it said is lost, as nobody else has it */
        w->counts.faults[FAULT_SPOOL_ROT]++;
        s->is_damaged = true;
        ledger_release(w, effect->key);
        agent_later(g, SESSION_DAMAGED)->event.key = effect->key;
        return;
    }
    struct message m = s->parcel->message;
    if (m.type == MESSAGE_RESULT)
        m.as.result.session = g->session_id;
    else
        m.as.fail.session = g->session_id;
    if (!s->is_synced && !mutation(SPOOL_LIES))
        world_fail(w, "durable before it is sent", "worker %d sends an outcome that was not synced", a);
    struct parcel *p = parcel_new(&m, w->drawn.frames);
    network_up(w, a, p);
    parcel_drop(p);
    if (mutation(SEND_FORGETS))
        s->is_forgotten = true;
}

void spool_forget(struct world *w, int a, const struct session_effect *effect)
{
    struct spooled *s = find(&w->agents[a], effect->key);
    if (s)
        s->is_forgotten = true;
    if (!s || !s->is_damaged)
        invariants_forgotten(w, a, effect->key);
}

void spool_lose_power(struct world *w, int a)
{
    struct agent *g = &w->agents[a];
    for (int i = g->n_spool; i-- > 0;) {
        if (!g->spool[i].is_synced) {
            drop(g, i);
        } else if (g->spool[i].is_forgotten && !g->spool[i].is_damaged && world_below(w, 2) &&
                   !find(g, g->spool[i].key)) {
            g->spool[i].is_forgotten = false;
            w->counts.faults[FAULT_SPOOL_BACK]++;
        }
    }
}

void spool_recover(struct world *w, int a)
{
    struct agent *g = &w->agents[a];
    for (int i = 0; i < g->n_spool; i++)
        if (find(g, g->spool[i].key) != &g->spool[i]) /* the newest of a key counts */
            g->spool[i].is_forgotten = true;
    for (int i = g->n_spool; i-- > 0;)
        if (g->spool[i].is_forgotten || mutation(SPOOL_FORGETS))
            drop(g, i);
    for (int i = 0; i < g->n_spool; i++) {
        const struct message *m = &g->spool[i].parcel->message;
        bool is_result = m->type == MESSAGE_RESULT;
        g->spool[i].is_synced = true;
        agent_take(w, a,
            (struct session_event){ .kind = SESSION_RECOVERED,
                .key = g->spool[i].key,
                .hash = is_result ? m->as.result.checkpoint : m->as.fail.checkpoint,
                .bytes = is_result ? m->as.result.checkpoint_bytes : m->as.fail.checkpoint_bytes });
    }
}

void spool_deinit(struct agent *a)
{
    for (int i = 0; i < a->n_spool; i++)
        parcel_drop(a->spool[i].parcel);
    a->n_spool = 0;
}
